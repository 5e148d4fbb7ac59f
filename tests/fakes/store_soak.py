"""Writers and folds that are killed at random, readers who never stop: what must hold all the time.

Used for seconds by the tests, for minutes by `tests/benchmarks/soak_evidence_store.py`.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ulid import ULID

from alloynb.evidence.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"}

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

# Folds over and over, until it is killed in the middle of one.
FOLDER = """
import sys
from pathlib import Path
from alloynb.evidence.errors import StoreBusy
from alloynb.evidence.warehouse import Warehouse
store = Warehouse(Path(sys.argv[1]))
while True:
    try:
        store.fold(wait_s=5.0)
    except StoreBusy:
        pass
"""


@dataclass
class Soaked:
    """What came of it.

    Attributes:
        killed: writers that were ended with SIGKILL.
        killed_folds: processes that were ended with SIGKILL while they folded.
        reads: queries of each reader, each of which saw a whole state that had lost nothing.
        acknowledged: facts that writers said they had written.
        lost: runs with a fact that was acknowledged and is missing.
        doubled: facts that are seen twice.
    """

    killed: int = 0
    killed_folds: int = 0
    reads: list[int] = field(default_factory=list)
    reader_exit_codes: list[int] = field(default_factory=list)
    acknowledged: int = 0
    stored: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    problems: tuple[str, ...] = ()


def soak(
    folder: Path,
    seconds: float,
    *,
    writers: int = 4,
    readers: int = 2,
    seed: int = 7,
    tell: Callable[[str], None] = lambda text: None,
) -> Soaked:
    """Kill writers and folds for a while, and hold what is stored against what was acknowledged."""
    store = Warehouse(folder / ".alloy")
    store.fold()
    chance, soaked = random.Random(seed), Soaked()
    ended: list[tuple[str, Path]] = []
    with contextlib.ExitStack() as at_the_end:
        reading = [_start(READER, str(store.path), str(seconds)) for _ in range(readers)]
        writing = [_start_writer(store, folder, number) for number in range(writers)]
        folding = [_start(FOLDER, str(store.layout.root))]
        at_the_end.callback(lambda: [_end(each) for each in (*reading, *folding)])
        at_the_end.callback(lambda: [_end(process) for _, process, _ in writing])
        until, number, told = time.monotonic() + seconds, writers, time.monotonic()
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.1, 0.6))
            run, victim, acknowledged = writing.pop(chance.randrange(len(writing)))
            _end(victim)
            soaked.killed += 1
            ended.append((run, acknowledged))
            writing.append(_start_writer(store, folder, number))
            number += 1
            if chance.random() < 0.4:
                _end(folding.pop())
                soaked.killed_folds += 1
                folding.append(_start(FOLDER, str(store.layout.root)))
            if time.monotonic() - told > 30:
                told = time.monotonic()
                tell(f"{soaked.killed} writers and {soaked.killed_folds} folds killed")
        _end(folding.pop())
        for run, victim, acknowledged in writing:
            _end(victim)
            ended.append((run, acknowledged))
        said = [reader.communicate(timeout=300)[0] for reader in reading]
    soaked.reader_exit_codes = [reader.returncode for reader in reading]
    soaked.reads = [int(each.split()[-1]) if each.strip() else 0 for each in said]
    _compare(store, ended, soaked)
    store.fold()
    _compare(store, ended, soaked)
    soaked.problems = store.verify().problems
    return soaked


def _compare(store: Warehouse, ended: list[tuple[str, Path]], soaked: Soaked) -> None:
    found = store.query("SELECT run_id, max(seq), count(DISTINCT fact_id) FROM facts GROUP BY run_id").rows
    stored = {str(run): (int(last), int(count)) for run, last, count in found}
    soaked.acknowledged = 0
    for run, file in ended:
        lines = [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
        told = int(lines[-1]) if lines else 0
        soaked.acknowledged += told
        last, count = stored.get(run, (0, 0))
        if last not in {told, told + 1} or count != last:  # killed between writing and saying so
            soaked.lost.append(f"{run}: {told} acknowledged, {count} stored, the last is {last}")
    [(soaked.stored, distinct)] = store.query("SELECT count(*), count(DISTINCT fact_id) FROM facts").rows
    soaked.doubled += soaked.stored - distinct


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _start_writer(store: Warehouse, folder: Path, number: int) -> tuple[str, subprocess.Popen[str], Path]:
    run = f"run_{ULID()}"
    acknowledged = folder / f"{run}.acknowledged"
    file = store.layout.runs / run / "journal" / "0001.jsonl"
    if number % 3 == 0:
        file = store.layout.open / f"{run}.jsonl"
    with acknowledged.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, run, str(file)], cwd=ROOT, env=ENVIRONMENT, stdout=out, text=True
        )
    return run, process, acknowledged
