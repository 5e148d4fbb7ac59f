"""Many writers that are killed, many readers, folds in between: nothing lost, nothing twice, nothing torn."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ulid import ULID

from alloynb.evidence.warehouse import Warehouse

ROOT = Path(__file__).parents[3]
SECONDS = 6.0

# Writes facts of very different sizes and acknowledges each, after it was written, on its standard output.
WRITER = """
import sys, time
from pathlib import Path
from runtime_artifacts.journal import JournalWriter
from tests.fakes.evidence_store import run_fact
run, file = sys.argv[1], Path(sys.argv[2])
with JournalWriter(file) as journal:
    for seq in range(1, 100_000):
        text = "é" * (10_000 if seq % 7 == 0 else 40)
        journal.append(run_fact(run, seq, "event", event_type=f"t{seq}", payload={"text": text, "seq": seq}))
        print(seq, flush=True)
        time.sleep(0.002)
"""

# Reads over and over with one connection to the file that was published when it began, and with new ones.
READER = """
import sys, time
import duckdb
path, until = sys.argv[1], time.monotonic() + float(sys.argv[2])
least, failed = 0, 0
question = '''
    SELECT count(*), count(DISTINCT fact_id),
           count(*) FILTER (
               event_type IS NULL OR (payload->>'seq')::BIGINT <> seq OR length(payload->>'text') NOT IN (40, 10000)
           )
    FROM facts
'''
kept = duckdb.connect(path, read_only=True)
turn = 0
while time.monotonic() < until:
    turn += 1
    try:
        if turn % 2:
            rows = kept.execute(question).fetchall()
        else:
            with duckdb.connect(":memory:") as fresh:
                fresh.execute(f"ATTACH '{path}' AS evidence (READ_ONLY)")
                fresh.execute("USE evidence")
                rows = fresh.execute(question).fetchall()
    except duckdb.IOException as error:
        failed += 1
        assert failed < 3, error
        continue
    [(count, distinct, torn)] = rows
    assert count == distinct, f"{count - distinct} doubled"
    assert torn == 0, f"{torn} torn"
    assert count >= least, f"{least - count} lost"
    least = count
print(turn)
"""


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_torn_while_writers_are_killed(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    store.fold()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"}
    chance = random.Random(7)

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def start_writer(number: int) -> tuple[str, subprocess.Popen[str], Path]:
        run = f"run_{ULID()}"
        acknowledged = tmp_path / f"{run}.acknowledged"
        file = store.layout.runs / run / "journal" / "0001.jsonl"
        if number % 3 == 0:
            file = store.layout.open / f"{run}.jsonl"
        with acknowledged.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", WRITER, run, str(file)],
                cwd=ROOT,
                env=environment,
                stdout=out,
                text=True,
            )
        return run, process, acknowledged

    with contextlib.ExitStack() as at_the_end:
        readers = [start(READER, str(store.path), str(SECONDS)) for _ in range(2)]
        writers = [start_writer(number) for number in range(4)]
        for reader in readers:
            at_the_end.callback(end, reader)
        at_the_end.callback(lambda: [end(process) for _, process, _ in writers])
        ended: list[tuple[str, Path]] = []
        until = time.monotonic() + SECONDS
        number = len(writers)
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.1, 0.6))
            run, victim, acknowledged = writers.pop(chance.randrange(len(writers)))
            end(victim)
            ended.append((run, acknowledged))
            writers.append(start_writer(number))
            number += 1
            store.fold(wait_s=0)
        for run, victim, acknowledged in writers:
            end(victim)
            ended.append((run, acknowledged))
        turns = [int(reader.communicate(timeout=120)[0].split()[-1]) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert min(turns) > 0
    for _ in range(2):
        stored = dict(store.query("SELECT run_id, max(seq) FROM facts GROUP BY run_id").rows)
        counted = dict(store.query("SELECT run_id, count(DISTINCT fact_id) FROM facts GROUP BY run_id").rows)
        for run, file in ended:
            lines = [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
            told = int(lines[-1]) if lines else 0
            assert stored.get(run, 0) in {told, told + 1}, run  # killed between writing and saying so
            assert counted.get(run, 0) == stored.get(run, 0), run
        assert store.query("SELECT count(*) = count(DISTINCT fact_id) FROM facts").rows == ((True,),)
        store.fold()
    found = store.verify()
    assert found.problems == ()
    assert (found.live, found.orphans, found.refused) == ((), (), 0)
