"""From a repository that nobody governs to a report: in a folder of any name, with a home that cannot be written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.alloy_shop import BOUNDARY, DRY_RUNS, RECORDS, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow


def unwritable_home(tmp: Path) -> str:
    """A home in which nothing can be made, not even by the superuser."""
    home = tmp / "home"
    home.mkdir(mode=0o555)
    return os.devnull if os.access(home, os.W_OK) else str(home)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop in a folder with spaces and letters of several alphabets, that ran once."""
    tmp = tmp_path_factory.mktemp("first")
    built = govern(
        open_shop(tmp / "mon épicerie (été) 東京" / "the shop"), "vendor-boundary", "dry-runs-are-safe"
    )
    jupyter = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    nowhere: dict[str, str | None] = {"HOME": unwritable_home(tmp), **dict.fromkeys(jupyter)}
    nowhere |= dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"))
    nowhere["TMPDIR"] = str(
        tmp / "temporary"
    )  # IPython makes a folder there when home is none, and leaves it
    (tmp / "temporary").mkdir()
    return Shop(built.root, nowhere)


@pytest.fixture(scope="module")
def first(shop: Shop) -> Said:
    return shop.alloynb("run", "--json")


def test_the_first_run_proves_every_record_and_leaves_what_it_promises(shop: Shop, first: Said) -> None:
    assert first.exit_code == 0, first
    told = first.data
    assert {each["record_id"]: each["verdict"] for each in told["records"]} == {
        BOUNDARY: "satisfied",
        DRY_RUNS: "satisfied",
    }
    assert told["holds"] is True
    assert told["deduplicated"] is False
    assert told["revision"] == shop.git("rev-parse", "HEAD")
    assert {gate["name"]: gate["status"] for gate in told["gates"]} == {
        "readme": "passed",
        "vendor-boundary.imports": "passed",
    }
    assert [folder.name for folder in shop.runs] == [told["provenance"]["run_id"]]
    assert all(Path(place).exists() for place in told["places"].values()), told["places"]
    assert told["unread"] == []
    assert {event["block"] for event in told["steps"]} >= {
        "resolve_gates",
        "run_preflight",
        "route_validation",
    }


def test_the_executed_notebook_is_a_notebook_without_errors(first: Said) -> None:
    notebook = json.loads(Path(first.data["places"]["notebook"]).read_text(encoding="utf-8"))
    assert not [
        output
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
    ]


def test_only_what_was_accepted_and_is_now_used_changed_in_the_working_tree(shop: Shop, first: Said) -> None:
    assert first.exit_code == 0
    changed = shop.git("-c", "core.quotePath=false", "status", "--porcelain", "--untracked-files=all")
    assert {line.split(maxsplit=1)[1] for line in changed.splitlines()} == {
        f".alloy/{folder}/{slug}.{ending}"
        for folder, ending in (("intent", "yaml"), ("ledger/intent", "jsonl"))
        for slug in ("vendor-boundary", "dry-runs-are-safe")
    }


def test_the_same_run_is_not_run_twice(shop: Shop, first: Said) -> None:
    again = shop.alloynb("run", "--json")
    assert again.exit_code == 0
    assert again.data["deduplicated"] is True
    assert again.data["provenance"] == first.data["provenance"]
    assert len(shop.runs) == 1
    said = shop.alloynb("run")
    assert said.exit_code == 0
    assert "already run" in said.out
    assert "nothing is run twice" in said.err
    assert len(shop.runs) == 1


def test_running_again_without_a_reason_is_refused(shop: Shop, first: Said) -> None:
    before = shop.tree()
    refused = shop.alloynb("run", "--again")
    assert refused.exit_code == 3
    assert "--why" in refused.err
    assert "Traceback" not in refused.err
    assert shop.tree() == before
    assert first.exit_code == 0


def test_running_again_with_a_reason_runs_and_records_the_override(
    shop: Shop, first: Said, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "again")
    again = other.alloynb("run", "--again", "--why", "the network was down", "--json")
    assert again.exit_code == 0, again
    assert again.data["deduplicated"] is False
    assert again.data["provenance"]["run_id"] != first.data["provenance"]["run_id"]
    assert len(other.runs) == 2
    request = other.alloynb("request", "show", again.data["provenance"]["request_id"], "--json").data[
        "request"
    ]
    override = request["content"]["override"]
    assert (override["by"], override["why"]) == ("ada", "the network was down")
    assert override["of_request"] == first.data["provenance"]["request_id"]
    told = other.alloynb("evidence", "sql", "SELECT run_id FROM runs ORDER BY run_id", "--json").data["rows"]
    assert [row["run_id"] for row in told] == [folder.name for folder in other.runs]


def test_every_command_works_from_a_folder_below_and_from_a_folder_beside(
    shop: Shop, first: Said, tmp_path: Path
) -> None:
    assert first.exit_code == 0
    below = shop.root / "shop" / "checkout"
    assert shop.alloynb("report", here=below).out.startswith("\n✔ 2 of 2 capabilities hold")
    for arguments in (("intent", "list"), ("drift",), ("evidence", "path"), ("request", "list")):
        inside = shop.alloynb(*arguments, "--json", here=below)
        beside = shop.alloynb(*arguments, "--json", "-C", str(shop.root), here=tmp_path)
        assert (inside.exit_code, inside.data) == (0, beside.data), arguments
    assert shop.alloynb("run", "--json", here=below).data["deduplicated"] is True
    assert shop.foundry("history", here=below).exit_code == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("init",), {"root", "project", "created"}),
        (("intent", "show", "vendor-boundary"), {"record", "file", "history", "disagreements"}),
        (("intent", "check"), {"records", "problems"}),
        (("brief", "preview"), {"schema", "id", "digest", "content"}),
        (("brief", "compile"), {"schema", "id", "digest", "content"}),
        (("drift",), {"tree", "revision", "checked", "findings", "resolved_now", "could_not_check", "notes"}),
        (("check", f"{BOUNDARY}#imports"), {"evidence_id", "holds", "findings", "notes", "sarif_file"}),
        (("report",), {"records", "gates", "findings", "provenance", "places", "counts", "holds"}),
        (("evidence", "path"), {"path"}),
        (("evidence", "sql", "FROM intent_satisfaction"), {"columns", "rows"}),
        (("evidence", "verify"), {"facts", "problems"}),
    ],
)
def test_every_command_answers_programs_with_one_envelope(
    shop: Shop, first: Said, command: tuple[str, ...], keys: set[str]
) -> None:
    said = shop.alloynb(*command, "--json")
    assert (said.exit_code, said.err) == (0, ""), said
    assert keys <= set(said.data)
    assert first.exit_code == 0


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("intent", "list"), {"id": BOUNDARY, "status": "active"}),
        (("brief", "list"), {}),
        (("request", "list"), {"state": "completed", "attempts": 1}),
        (("evidence", "views"), {"name": "intent_satisfaction"}),
        (("doctor",), {"name": "Foundry", "fine": True}),
    ],
)
def test_commands_that_list_answer_with_a_list(
    shop: Shop, first: Said, command: tuple[str, ...], expected: dict[str, Any]
) -> None:
    said = shop.alloynb(*command, "--json")
    assert said.exit_code == 0, said
    assert any(expected.items() <= row.items() for row in said.data), said.data
    assert first.exit_code == 0


def test_beginning_to_govern_twice_changes_nothing(shop: Shop) -> None:
    before = shop.tree()
    said = shop.alloynb("init", "--json")
    assert said.data["created"] == []
    assert shop.tree() == before


def test_a_draft_is_a_hypothesis_until_it_says_everything(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop")
    assert shop.alloynb("init").exit_code == 0
    half = shop.alloynb("intent", "new", "half", "--capability", "Something holds", "--json")
    assert half.data["status"] == "hypothesized"
    too_early = shop.accept("half")
    assert too_early.exit_code == 3
    whole = shop.draft("vendor-boundary", RECORDS["vendor-boundary"])
    assert whole.data["status"] == "proposed"
    nothing = shop.alloynb("run", "--json")
    assert nothing.exit_code == 2, "nothing was accepted yet"
    assert nothing.error["next_step"] or "accept" in nothing.error["message"]
    assert not (shop.alloy / "shelf").exists()
    accepted = shop.accept("vendor-boundary")
    assert [each["status"] for each in accepted.data] == ["accepted"]
    history = shop.alloynb("intent", "show", "vendor-boundary", "--json").data["history"]
    assert [(entry["to_status"], entry["who"], entry["why"]) for entry in history] == [
        ("proposed", "ada", "drafted by hand"),
        ("accepted", "ada", "we rely on it"),
    ]


def test_a_line_leads_to_what_governs_it_and_to_how_its_evidence_stands(shop: Shop, first: Said) -> None:
    said = shop.alloynb("intent", "why", "shop/checkout/cart.py:3", "--json")
    assert (first.exit_code, said.exit_code) == (0, 0), said
    (governing,) = [each for each in said.data["governing"] if each["id"] == BOUNDARY]
    assert governing["status"] == "active"
    assert [each["status"] for each in governing["evidence"]] == ["passing"]
