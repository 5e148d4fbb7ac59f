"""From a look to accepted records, by script and by key: what `alloynb discover` and `alloynb review` promise."""

from __future__ import annotations

import json
import os
import pty
import select
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.review_hypotheses import (
    ReviewHypotheses,
    UnknownHypothesis,
    edit_hypothesis,
    open_hypotheses,
    review_hypotheses,
)
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.errors import AlloyError
from alloynb.faces.cli.command_line import main
from alloynb.faces.cli.review_screen import ReviewScreen
from alloynb.intent.authority import Principal
from alloynb.intent.errors import MissingAuthority
from tests.alloynb.archaeology.signals.layered import layered

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def governed(tmp_path: Path) -> Workspace:
    for name, text in layered().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    initialize_workspace(InitializeWorkspace(tmp_path, "shop"))
    return open_workspace(tmp_path, principal=Principal("ana"), clock=lambda: NOW)


def look(workspace: Workspace):
    return discover_intent(workspace, DiscoverIntent())


def test_hypotheses_are_kept_as_files_and_never_as_records(governed: Workspace) -> None:
    found = look(governed)

    assert len(list((governed.alloy_dir / "hypotheses").glob("*.yaml"))) == len(found.hypotheses) > 0
    assert governed.intent.load_all() == ()


def test_a_second_look_changes_no_file(governed: Workspace) -> None:
    look(governed)
    before = {file: file.read_bytes() for file in (governed.alloy_dir / "hypotheses").iterdir()}

    assert not look(governed).gone
    assert {file: file.read_bytes() for file in (governed.alloy_dir / "hypotheses").iterdir()} == before


def test_what_is_not_seen_any_more_goes_unless_a_person_edited_it(governed: Workspace) -> None:
    look(governed)
    first, *others = open_hypotheses(governed)
    edit_hypothesis(governed, first.id, {**first.intent, "title": "Mine"})
    for file in (governed.root / "shop").rglob("*.py"):
        file.write_text("")

    found = look(governed)

    assert {each.id for each in others} <= set(found.gone)
    assert [each.title for each in open_hypotheses(governed) if each.edited] == ["Mine"]


def test_accepting_writes_a_record_with_both_steps_in_its_ledger(governed: Workspace) -> None:
    look(governed)
    first = open_hypotheses(governed)[0]

    (done,) = review_hypotheses(governed, ReviewHypotheses(accept=(first.slug,), why="read on Friday"))

    assert done.outcome == "accepted"
    (record,) = governed.intent.load_all()
    assert (record.status, record.owner) == ("accepted", "ana")
    assert first.hypothesis_id in {source.ref for source in record.sources}
    steps = [entry.to_status for entry in governed.ledger.history(record.id).entries]
    assert steps == ["hypothesized", "accepted"]
    assert first.id not in {each.id for each in open_hypotheses(governed)}


def test_neither_accepted_nor_rejected_hypotheses_are_raised_again(governed: Workspace) -> None:
    look(governed)
    first, second, *_ = open_hypotheses(governed)
    review_hypotheses(governed, ReviewHypotheses((first.id,), (second.id,), "decided"))

    found = look(governed)

    assert not {first.hypothesis_id, second.hypothesis_id} & {each.hypothesis_id for each in found.hypotheses}
    assert {first.title, second.title} <= {title for title, _ in found.repeats}
    kept = (governed.alloy_dir / "hypotheses" / f"{second.slug}.yaml").read_text()
    assert "why: decided" in kept
    assert "by: ana" in kept


def test_a_machine_may_look_and_never_decides(governed: Workspace) -> None:
    machine = open_workspace(governed.root, principal=Principal("cron", "machine"), clock=lambda: NOW)
    look(machine)

    with pytest.raises(MissingAuthority):
        review_hypotheses(machine, ReviewHypotheses(accept=(open_hypotheses(machine)[0].id,), why="because"))

    assert machine.intent.load_all() == ()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (ReviewHypotheses(accept=("nothing",), why="x"), UnknownHypothesis),
        (ReviewHypotheses(accept=("imports-in-shop",)), AlloyError),
        (ReviewHypotheses(("imports-in-shop",), ("imports-in-shop",), "x"), AlloyError),
    ],
)
def test_decisions_that_cannot_be_meant_change_nothing(governed: Workspace, command, error) -> None:
    look(governed)
    before = len(open_hypotheses(governed))

    with pytest.raises(error):
        review_hypotheses(governed, command)

    assert len(open_hypotheses(governed)) == before


def test_an_edit_that_is_no_record_is_refused(governed: Workspace) -> None:
    look(governed)
    first = open_hypotheses(governed)[0]

    with pytest.raises(AlloyError, match="capabilty"):
        edit_hypothesis(governed, first.id, {**first.intent, "capabilty": "misspelt"})


def test_hiding_the_configuration_keeps_nothing(governed: Workspace) -> None:
    found = discover_intent(governed, DiscoverIntent(config_hidden=True))

    assert found.hypotheses
    assert not (governed.alloy_dir / "hypotheses").exists()


def test_a_folder_outside_the_workspace_is_looked_at_and_left_alone(
    governed: Workspace, tmp_path_factory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "AGENTS.md").write_text("You must never delete tests.\n")

    found = discover_intent(governed, DiscoverIntent(other))

    assert found.hypotheses
    assert not found.kept_ids
    assert [file.name for file in other.iterdir()] == ["AGENTS.md"]


def test_a_part_of_the_repository_is_only_shown(governed: Workspace) -> None:
    look(governed)
    before = open_hypotheses(governed)

    found = discover_intent(governed, DiscoverIntent(governed.root / "shop" / "cli"))

    assert (found.kept_ids, found.gone) == ((), ())
    assert open_hypotheses(governed) == before


def test_a_lower_limit_takes_nothing_away(governed: Workspace) -> None:
    look(governed)
    before = open_hypotheses(governed)

    found = discover_intent(governed, DiscoverIntent(limit=1))

    assert (len(found.hypotheses), found.gone) == (1, ())
    assert open_hypotheses(governed) == before


def test_the_command_line_answers_programs(governed: Workspace) -> None:
    ran = CliRunner().invoke(main, ["discover", "--json", "-C", str(governed.root)])
    told = json.loads(ran.stdout)

    assert ran.exit_code == 0
    assert told["success"]
    first = told["data"]["hypotheses"][0]
    assert {
        "hypothesis_id",
        "confidence",
        "observed",
        "possible_intent",
        "questions",
        "suggested_next_action",
    } <= set(first)

    names = told["data"]["kept_ids"]
    decided = ["review", "--accept", names[0], "--reject", names[1], "--why", "tried", "--json"]
    ran = CliRunner().invoke(main, [*decided, "-C", str(governed.root)])

    assert [each["outcome"] for each in json.loads(ran.stdout)["data"]] == ["accepted", "rejected"]


def test_the_command_line_shows_places_and_questions(governed: Workspace) -> None:
    ran = CliRunner().invoke(main, ["discover", "--dry", "-C", str(governed.root)])

    assert "shop/cli/main.py:2" in ran.stdout
    assert "? Would you refuse" in ran.stdout
    assert not (governed.alloy_dir / "hypotheses").exists()


def test_one_key_each_and_undo(governed: Workspace) -> None:
    look(governed)
    cards = open_hypotheses(governed)
    screen = ReviewScreen(cards, lambda _card: "not meant", lambda _card: None)

    for key in ("a", "r", "u", "j", "k", "?"):
        screen.press(key)

    assert screen.decided == {cards[0].id: ("accept", "reviewed and accepted")}
    assert "observed" in screen.card()
    screen.press("x")
    assert screen.left
    assert not screen.decided


def test_a_rejection_without_a_reason_is_none(governed: Workspace) -> None:
    look(governed)
    screen = ReviewScreen(open_hypotheses(governed), lambda _card: " ", lambda _card: None)

    assert "reason" in screen.press("r")
    assert not screen.decided


def test_a_person_at_a_terminal_decides_with_single_keys(governed: Workspace) -> None:
    look(governed)
    first, second, *_ = open_hypotheses(governed)
    child, terminal = pty.fork()
    if child == 0:  # the process at the terminal
        os.chdir(governed.root)
        os.environ["TERM"] = "dumb"
        os.execv(
            sys.executable,
            [sys.executable, "-c", "from alloynb.faces.cli.command_line import main; main()", "review"],
        )
    said = _until(terminal, "q write and leave")
    os.write(terminal, b"a")
    said += _until(terminal, "2 of")
    os.write(terminal, b"r")
    said += _until(terminal, "Why is this not intended")
    os.write(terminal, b"only happened\n")
    said += _until(terminal, "3 of")
    os.write(terminal, b"q")
    said += _until(terminal, "is rejected")
    _, status = os.waitpid(child, 0)
    os.close(terminal)

    assert os.waitstatus_to_exitcode(status) == 0
    assert first.title[:40] in said
    assert [record.status for record in governed.intent.load_all()] == ["accepted"]
    assert "only happened" in (governed.alloy_dir / "hypotheses" / f"{second.slug}.yaml").read_text()


def _until(terminal: int, wanted: str, limit_s: float = 30.0) -> str:
    """Read from a terminal until something was said."""
    said = ""
    ends = time.monotonic() + limit_s
    while wanted not in said:
        ready, _, _ = select.select([terminal], [], [], max(0.0, ends - time.monotonic()))
        assert ready, f"never said {wanted!r}: {said}"
        try:
            said += os.read(terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the other end is closed
            break
    return said
