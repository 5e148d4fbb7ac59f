"""While a run is writing, anybody may open the store with DuckDB; afterwards the same facts are told by commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.alloy_shop import DRY_RUNS, Shop, govern, open_shop

pytestmark = pytest.mark.slow

# Waits when the repository's folder beside `.alloy` holds `hold`, until the run's own folder holds `go`.
WAITS = 'while [ -e "$FOUNDRY_RUN_DIR/../../../hold" ] && ! [ -e "$FOUNDRY_RUN_DIR/go" ]; do sleep 0.05; done'
ANY_DUCKDB_TOOL = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
answers = [connection.execute(statement).fetchall() for statement in sys.argv[2:]]
print(json.dumps(answers, default=str))
"""


def until(holds: Callable[[], object], *, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def ask_with_duckdb(store: Path, *statements: str) -> list[Any]:
    """Ask with plain DuckDB in a process that knows nothing of us."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ANY_DUCKDB_TOOL, str(store), *statements],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose first run is over."""
    gates = {".hone-gates.json": json.dumps({"gates": [{"name": "waits", "command": WAITS}]})}
    shop = govern(open_shop(tmp_path_factory.mktemp("store") / "shop", gates), "dry-runs-are-safe")
    first = shop.alloynb("run", "--json")
    assert first.exit_code == 0, first
    return shop


@pytest.fixture
def running(shop: Shop) -> Iterator[tuple[Shop, Path, subprocess.Popen[str]]]:
    """The shop with its second run, which waits in a gate, and the folder of that run."""
    (shop.root / "hold").touch()
    process = shop.begin("run", "--again", "--why", "look at it while it runs", "--json")
    try:
        until(lambda: len(shop.runs) == 2)
        folder = shop.runs[1]
        journal = folder / "journal" / "0001.jsonl"
        until(lambda: journal.is_file() and '"gate_started"' in journal.read_text(encoding="utf-8"))
        yield shop, folder, process
    finally:
        (shop.root / "hold").unlink()
        process.communicate(timeout=60)


def test_any_duckdb_tool_reads_the_store_while_a_run_is_writing(
    running: tuple[Shop, Path, subprocess.Popen[str]],
) -> None:
    shop, folder, process = running
    store = Path(shop.alloynb("evidence", "path").out.strip())
    satisfaction, hot, before = ask_with_duckdb(
        store,
        "SELECT COLUMNS(*)::VARCHAR FROM (SELECT record_id, status, * FROM intent_satisfaction)",
        f"SELECT event_type FROM events WHERE run_id = '{folder.name}' ORDER BY occurred_at",
        f"SELECT count(*) FROM events WHERE run_id = '{shop.runs[0].name}'",
    )
    assert [row[:2] for row in satisfaction] == [[DRY_RUNS, "satisfied"]]
    assert ["validation_requested"] in hot, "events of the run that is running"
    assert ["validation_completed"] not in hot
    assert before[0][0] > 0
    assert process.poll() is None, "it is running still"
    by_us = shop.alloynb(
        "evidence", "sql", f"SELECT event_type FROM events WHERE run_id = '{folder.name}'", "--json"
    )
    assert len(by_us.data["rows"]) == len(hot)
    assert shop.alloynb("evidence", "verify").exit_code == 0
    assert shop.alloynb("drift").exit_code == 0, "we may write as well"


def test_every_view_says_what_it_is_for_and_answers(shop: Shop) -> None:
    views = shop.alloynb("evidence", "views", "--json").data
    assert {"intent_satisfaction", "events", "runs", "gate_results", "findings"} <= {
        each["name"] for each in views
    }
    assert all(each["comment"] for each in views)
    store = Path(shop.alloynb("evidence", "path", "--json").data["path"])
    names = [each["name"] for each in views if each["kind"] == "view"]
    assert len(names) > 20
    assert {each["kind"] for each in views} == {"view", "macro"}
    # As text, because the Python client asks for another library to give times with a zone as objects.
    ask_with_duckdb(store, *(f"SELECT COLUMNS(*)::VARCHAR FROM {name} LIMIT 3" for name in names))


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_view_is_exported_whole_in_each_format(shop: Shop, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"gates of all runs.{ending}"
    said = shop.alloynb("evidence", "export", "gate_results", str(file), "--json")
    assert said.exit_code == 0, said
    read = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}[ending]
    store = Path(shop.alloynb("evidence", "path").out.strip())
    of_file, of_view = ask_with_duckdb(
        store,
        f"SELECT run_id, gate, status FROM {read}('{file}') ORDER BY ALL",
        "SELECT run_id, gate, status FROM gate_results ORDER BY ALL",
    )
    assert of_file == of_view
    assert len(of_file) == said.data["rows"] >= 1
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("statement", "exit_code", "said"),
    [
        ("SELEC 1", 2, "SELEC"),
        ("FROM no_such_view", 2, "no_such_view"),
        ("DROP VIEW runs", 3, "only"),
        ("INSERT INTO facts SELECT * FROM facts", 3, "only"),
        ("SELECT * FROM read_text('/etc/hostname')", 2, ""),
        ("COPY (SELECT 1) TO 'out.csv'", 3, "only"),
        ("SELECT 1; SELECT 2", 2, ""),
    ],
)
def test_a_statement_that_is_wrong_or_writes_is_refused_and_nothing_changes(
    shop: Shop, statement: str, exit_code: int, said: str
) -> None:
    before = shop.tree()
    answer = shop.alloynb("evidence", "sql", statement, "--json")
    assert answer.exit_code == exit_code, answer
    assert said in answer.error["message"]
    assert shop.tree() == before


def test_the_store_is_disposable(shop: Shop) -> None:
    store = Path(shop.alloynb("evidence", "path", "--json").data["path"])
    asked = ("evidence", "sql", "SELECT run_id, status FROM runs ORDER BY run_id", "--json")
    before = shop.alloynb(*asked).data["rows"]
    store.unlink()
    assert shop.alloynb(*asked).data["rows"] == before
    assert shop.alloynb("evidence", "rebuild").exit_code == 0
    assert shop.alloynb(*asked).data["rows"] == before
    assert shop.alloynb("evidence", "verify").exit_code == 0
