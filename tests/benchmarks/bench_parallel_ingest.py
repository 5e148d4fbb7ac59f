"""Does ingest keep up with 100 parallel runs? `bench_parallel_ingest.py [RUNS] [SECONDS] [RATE]`.

RUNS processes, each with one run's journal open at a time, write RATE facts a second through Foundry's own journal,
with its rules of what is made durable; a run takes 10 to 20 s and is followed by the next. One process folds every
five seconds, one analyst asks for `runs`, `gate_results` and `facts` over and over. All on one machine, at once.

Printed beside the floor, never asserted: another machine, another number. Ends with 1 if a fact that was acknowledged
is missing at the end, or was missing in an answer whose question was asked after it was acknowledged.
"""

from __future__ import annotations

import bisect
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLD_EVERY_S = 5.0
ASK_EVERY_S = 0.25
RUN_TAKES_S = (10.0, 20.0)
DETAILS = "collected 212 items; 212 passed in 11.02s. " * 8
QUESTIONS = {
    "runs": "SELECT status, count(*) FROM runs GROUP BY status",
    "gate_results": "SELECT gate, status, count(*), avg(duration_ms) FROM gate_results GROUP BY ALL",
    "facts": "SELECT run_id, max(seq) FROM facts GROUP BY run_id",
}


def steps_of_a_run() -> Iterator[tuple[str, dict[str, Any]]]:
    """Kinds and columns of facts as an engine writes them, without end: of twenty, four are gates that finished."""
    yield "run_started", {"event_type": "validation_requested"}
    number = 0
    while True:
        number += 1
        block = {"block": f"block_{number % 8}", "block_kind": "observer", "span_id": f"s{number}"}
        yield "event", {"event_id": f"evt_{number}", "event_type": f"type_{number % 20}", "delivered": True}
        yield "block_started", block
        for gate in ("lint", "tests"):
            named = {
                "gate": gate,
                "phase": "preflight",
                "required": True,
                "payload": {"gate_attempt": number},
            }
            yield "gate_started", named
            said = {"gate_attempt": number, "details": DETAILS}
            yield "gate_finished", {**named, "status": "passed", "duration_ms": 15.0, "payload": said}
        for line in range(3):
            emitted = {
                "event_type": "line_printed",
                "payload": {"text": "something that happened", "line": line},
            }
            yield "event", {"event_id": f"evt_{number}_{line}", **emitted}
        yield "block_finished", {**block, "status": "completed", "duration_ms": 40.0}


def write_runs(alloy_dir: Path, number: int, rate: float, begin: float, end: float, said: Path) -> None:
    """Write one run after the other at `rate` facts a second; tell when each fact was acknowledged.

    Args:
        begin, end: on the monotonic clock, which all processes of a machine share.
    """
    from ulid import ULID

    from alloynb.evidence.warehouse import utc_now
    from foundry_kernel.events.journal import RunIdentity, RunJournal

    chance = random.Random(number)
    acknowledged: dict[str, list[float]] = {}
    late: list[float] = []
    due = begin + chance.uniform(0, 1 / rate)
    life = chance.uniform(0, RUN_TAKES_S[1])  # so that the first ones do not all end together
    while due < end:
        run = f"run_{ULID()}"
        told = acknowledged[run] = []
        run_ends, life = min(end, due + life), chance.uniform(*RUN_TAKES_S)
        identity = RunIdentity(run, "shop", revision="a" * 40, runner_id=f"runner_{number % 4}")
        with RunJournal(alloy_dir / "runs" / run / "journal", identity, utc_now) as journal:
            steps = steps_of_a_run()
            while due < run_ends:
                time.sleep(max(0.0, due - time.monotonic()))
                kind, columns = next(steps)
                journal.add(kind, **columns)
                told.append(time.monotonic())
                late.append(told[-1] - due)
                due += 1 / rate
            journal.add("run_finished", status="completed", duration_ms=1000 * len(told) / rate)
            told.append(time.monotonic())
    said.write_text(json.dumps({"acknowledged": acknowledged, "late": late, "cpu_s": time.process_time()}))


def fold_over_and_over(alloy_dir: Path, end: float, said: Path) -> None:
    """Fold every few seconds; tell what each fold found waiting and how long it took."""
    from alloynb.evidence.warehouse import Warehouse

    store, folds = Warehouse(alloy_dir), []
    due = time.monotonic() + FOLD_EVERY_S
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        begun = time.monotonic()
        folded = store.fold()
        folds.append((folded.journals, folded.facts, time.monotonic() - begun))
        due = max(due + FOLD_EVERY_S, time.monotonic())
    said.write_text(json.dumps({"folds": folds, "cpu_s": time.process_time()}))


def ask_over_and_over(alloy_dir: Path, end: float, said: Path) -> None:
    """Ask the three questions in turn; tell when each was asked and answered, and what was seen of each run."""
    from alloynb.evidence.warehouse import Warehouse

    store, asked, seen = Warehouse(alloy_dir), [], []
    while time.monotonic() < end:
        for name, sql in QUESTIONS.items():
            begun = time.monotonic()
            answer = store.query(sql)
            answered = time.monotonic()
            asked.append((name, begun, answered - begun))
            if name == "facts":
                seen.append((begun, answered, dict(answer.rows)))
        time.sleep(ASK_EVERY_S)
    said.write_text(json.dumps({"asked": asked, "seen": seen, "cpu_s": time.process_time()}))


def lags(acknowledged: dict[str, list[float]], seen: list[Any]) -> tuple[list[tuple[float, float]], int]:
    """When each fact was acknowledged with how long after that the analyst had it; and how many an answer had missed.

    A fact that was acknowledged after the last question was asked counts for nothing.
    """
    found, missed = [], 0
    for run, told in acknowledged.items():
        first_without = 0
        for begun, answered, last_seq_of in seen:
            last = last_seq_of.get(run, 0)
            missed += max(0, bisect.bisect_left(told, begun) - last)
            found += [(at, answered - at) for at in told[first_without:last]]
            first_without = max(first_without, last)
    return sorted(found), missed


def main(runs: int, seconds: float, rate: float) -> int:
    """Let all of them work together, then compare what was stored with what was acknowledged."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    import foundry_kernel.events.journal  # noqa: F401  before the fork, so that no writer has to
    from alloynb.evidence.warehouse import Warehouse

    with tempfile.TemporaryDirectory() as folder:
        store, files = Warehouse(Path(folder) / ".alloy"), Path(folder)
        context = multiprocessing.get_context("fork")
        begin = time.monotonic() + 3.0
        end = begin + seconds
        works: list[tuple[Callable[..., None], tuple[Any, ...], Path]] = []
        for number in range(runs):
            said = files / f"writer-{number}.json"
            works.append((write_runs, (store.layout.root, number, rate, begin, end), said))
        works.append((fold_over_and_over, (store.layout.root, end), files / "folder.json"))
        works.append((ask_over_and_over, (store.layout.root, end), files / "analyst.json"))
        processes = [context.Process(target=act, args=(*given, said)) for act, given, said in works]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        if any(process.exitcode for process in processes):
            return 1
        told = [json.loads(file.read_text()) for *_, file in works]
        writers, folds, analyst = told[:-2], told[-2], told[-1]
        acknowledged = {run: times for each in writers for run, times in each["acknowledged"].items()}
        total = sum(map(len, acknowledged.values()))
        _tell_of_the_writers(writers, runs, rate, seconds, total, len(acknowledged))
        missed = _tell_of_the_analyst(analyst, acknowledged)
        _tell_of_the_folds(folds["folds"])
        cpu = (sum(each["cpu_s"] for each in writers), folds["cpu_s"], analyst["cpu_s"])
        print("processor time, s: {:.0f} writers, {:.0f} folding, {:.0f} analyst".format(*cpu))
        begun = time.monotonic()
        last = store.fold()
        print(
            f"after the end: {last.journals} journals ({last.facts:,} facts), which were open or waiting, "
            f"folded in {time.monotonic() - begun:.1f} s"
        )
        stored = dict(store.query(QUESTIONS["facts"]).rows)
        [(count,)] = store.query("SELECT count(*) FROM facts").rows
        lost = sum(len(times) - stored.get(run, 0) for run, times in acknowledged.items())
        print(f"{count:,} facts stored; acknowledged and not stored: {lost}")
        _tell_of_the_floor(store, files)
    return 1 if lost or missed or count != total else 0


def _tell_of_the_writers(
    writers: list[Any], runs: int, rate: float, seconds: float, total: int, begun: int
) -> None:
    late = [each for writer in writers for each in writer["late"]]
    print(
        f"{runs} processes, each writing one run at a time at {rate:g} facts/s, {seconds:g} s, {begun} runs; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    )
    print(
        f"acknowledged: {total:,} facts, {total / seconds:,.0f}/s of {runs * rate:,.0f}/s asked for; "
        f"later than due: median {statistics.median(late) * 1000:.0f} ms, most {max(late):.2f} s"
    )


def _tell_of_the_analyst(analyst: Any, acknowledged: dict[str, list[float]]) -> int:
    found, missed = lags(acknowledged, analyst["seen"])
    for name, part in (("", found), *_thirds(found)):
        waited = [lag for _, lag in part]
        print(
            f"seen by a query {name or '(all)':<13} median {statistics.median(waited):.2f} s, most {max(waited):.2f} s"
        )
    print(f"acknowledged before a question and not in its answer: {missed}")
    for name in QUESTIONS:
        times = [(begun, took) for asked, begun, took in analyst["asked"] if asked == name]
        parts = ", ".join(
            f"{statistics.median([took for _, took in part]) * 1000:.0f}" for _, part in _thirds(times)
        )
        print(f"{name:<12} asked {len(times)} times, median ms by thirds of the time: {parts}")
    return missed


def _tell_of_the_folds(folds: list[Any]) -> None:
    print(f"{'fold':>4} {'journals':>9} {'facts':>8} {'s':>6}   (what waited when it began)")
    for number, (journals, facts, took) in enumerate(folds, start=1):
        print(f"{number:>4} {journals:>9} {facts:>8,} {took:>6.1f}")


def _tell_of_the_floor(store: Any, folder: Path) -> None:
    """One process appending ready lines to one file; DuckDB counting in one Parquet file of the same facts."""
    import duckdb

    lines = [line for file in store.layout.journals() for line in file.read_bytes().splitlines(keepends=True)]
    begun = time.monotonic()
    descriptor = os.open(folder / "floor.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for line in lines:
        os.write(descriptor, line)
    appended_s = time.monotonic() - begun
    synced = 500
    begun = time.monotonic()
    for line in lines[:synced]:
        os.write(descriptor, line)
        os.fdatasync(descriptor)
    synced_s = time.monotonic() - begun
    os.close(descriptor)
    print(
        f"floor, one process: {len(lines) / appended_s:,.0f} lines/s appended, "
        f"{synced / synced_s:,.0f}/s made durable each"
    )
    parquet = folder / "floor.parquet"
    store.export("facts", parquet)

    def raw() -> None:
        with duckdb.connect(":memory:") as connection:
            connection.execute(QUESTIONS["facts"].replace("FROM facts", f"FROM '{parquet}'")).fetchall()

    times = []
    for act in (raw, lambda: store.query(QUESTIONS["facts"])):
        begun = time.monotonic()
        act()
        times.append(1000 * (time.monotonic() - begun))
    print(
        f"the `facts` question, nothing else at work: {times[0]:.0f} ms raw Parquet, {times[1]:.0f} ms the store"
    )


def _thirds(timed: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    third = max(1, len(timed) // 3)
    yield "(first third)", timed[:third]
    yield "(second third)", timed[third : 2 * third] or timed
    yield "(last third)", timed[2 * third :] or timed


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:]]
    count, length, facts_a_second = given + [100, 45, 20][len(given) :]
    raise SystemExit(main(int(count), length, facts_a_second))
