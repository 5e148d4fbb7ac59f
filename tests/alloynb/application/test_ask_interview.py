"""Interviews in a governed repository: begun, stopped, resumed, saved; in scripts and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from alloynb.application.ask_interview import (
    BeginInterview,
    SaveDraft,
    UnfitAnswers,
    UnknownInterview,
    answer_all,
    answer_interview,
    asked_from,
    back_in_interview,
    begin_interview,
    discard_interview,
    save_interview,
    unfinished_interviews,
    word_draft,
)
from alloynb.application.check_draft import CheckDrafts, check_drafts
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.interview_context import NothingToAskAbout
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.elicitation.interview import state_of
from alloynb.elicitation.kept_interview import UnreadableInterview
from alloynb.faces.cli.command_line import main
from alloynb.intent.authority import Principal
from tests.alloynb.archaeology.signals.layered import layered
from tests.alloynb.elicitation.test_interviews import SCAR

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def governed(tmp_path: Path) -> Workspace:
    for name, text in layered().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    initialize_workspace(InitializeWorkspace(tmp_path, "shop"))
    return open_workspace(tmp_path, principal=Principal("ana"), clock=lambda: NOW)


def call(workspace: Workspace, *arguments: str) -> Any:
    done = CliRunner().invoke(main, [*arguments, "-C", str(workspace.root), "--json"])
    envelope = json.loads(done.stdout) if done.stdout.startswith("{") else None
    return done.exit_code, envelope, done.output


def test_an_interview_knows_the_modules_of_the_repository(governed: Workspace) -> None:
    asked = begin_interview(governed, BeginInterview("what-would-you-reject"))
    assert asked.question is not None
    assert "`shop/service`" in asked.question.text


def test_a_structure_comes_from_open_hypotheses_or_from_the_folder_that_is_named(governed: Workspace) -> None:
    asked = begin_interview(governed, BeginInterview("why-is-this-here", "shop/store"))
    assert asked.question is not None
    assert "`shop/store` is a part of its own, and 3 modules import it" in asked.question.text
    discover_intent(governed, DiscoverIntent())
    asked = begin_interview(governed, BeginInterview("why-is-this-here", resume=False))
    assert asked.state.context.structure is not None
    assert asked.state.context.structure.intent["evidence"]
    with pytest.raises(NothingToAskAbout, match="discover"):
        begin_interview(governed, BeginInterview("why-is-this-here", "no/such/place"))


def test_a_technology_is_the_one_that_is_named_or_the_one_that_most_modules_import(
    governed: Workspace,
) -> None:
    asked = begin_interview(governed, BeginInterview("technology_choice"))
    assert asked.question is not None
    assert "3 modules import `click`, first at shop/cli/admin.py:1" in asked.question.text
    asked = begin_interview(governed, BeginInterview("technology_choice", "PostgreSQL"))
    assert asked.question is not None
    assert "You chose `PostgreSQL`" in asked.question.text


def test_a_contradiction_is_about_an_open_finding(governed: Workspace) -> None:
    with pytest.raises(NothingToAskAbout, match="alloynb drift"):
        begin_interview(governed, BeginInterview("contradiction"))
    texts = dict.fromkeys(
        ("title", "capability", "threat", "expectation", "strategy", "tradeoff"), "Stores stay apart."
    )
    rule = {"type": "forbidden", "packages": ["shop"], "sources": ["shop.cli"], "targets": ["shop.store"]}
    evidence = [{"id": "imports", "kind": "import_boundary", "description": "none", "rule": rule}]
    draft_intent(governed, DraftIntent("apart", {**texts, "evidence": evidence}, "agreed"))
    decide_intent(governed, DecideIntent("apart", "accepted", "agreed"))
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(governed.root), *command], check=True)
    look_for_drift(governed, LookForDrift())
    asked = begin_interview(governed, BeginInterview("contradiction", "shop/cli"))
    assert asked.question is not None
    assert "We said: “Stores stay apart”. At shop/cli/admin.py:3" in asked.question.text
    done = answer_all(governed, asked, {"verdict": "broad", "where": "shop.cli"})
    saved = save_interview(governed, SaveDraft(done.name, done.draft.fields, done.draft.slug))
    assert saved.record.supersedes == "shop.intent.apart"


def test_an_interview_that_was_stopped_goes_on_in_another_process(governed: Workspace) -> None:
    asked = begin_interview(governed, BeginInterview("scar-tissue"))
    asked = answer_interview(governed, asked, SCAR["incident"])
    asked = answer_interview(governed, asked, SCAR["threat"])
    asked = back_in_interview(governed, asked)

    again = begin_interview(
        open_workspace(governed.root, principal=Principal("ana")), BeginInterview("scar-tissue")
    )
    assert again.resumed
    assert again.question == asked.question
    assert unfinished_interviews(governed) == ("scar_tissue",)
    assert (governed.alloy_dir / "drafts" / ".gitignore").read_text().endswith("*\n")
    assert asked_from("x", state_of(asked.state.to_json())).question == asked.question
    discard_interview(governed, asked.name)
    assert not begin_interview(governed, BeginInterview("scar-tissue")).resumed


def test_a_damaged_interview_is_named_and_not_overwritten(governed: Workspace) -> None:
    asked = begin_interview(governed, BeginInterview("scar-tissue"))
    answer_interview(governed, asked, "x")
    file = governed.alloy_dir / "drafts" / "scar_tissue.json"
    file.write_text("{")
    with pytest.raises(UnreadableInterview, match=r"scar_tissue\.json"):
        begin_interview(governed, BeginInterview("scar-tissue"))
    assert file.read_text() == "{"


def test_a_complete_draft_is_proposed_and_one_with_gaps_is_a_hypothesis(governed: Workspace) -> None:
    asked = answer_all(governed, begin_interview(governed, BeginInterview("scar-tissue")), SCAR)
    saved = save_interview(governed, SaveDraft(asked.name, asked.draft.fields, asked.draft.slug))
    assert saved.record.status == "proposed"
    assert [each.source_type for each in saved.record.sources] == ["human", "conversation"]
    assert "charged twice" in str(saved.record.sources[1].excerpt)
    gaps = answer_all(
        governed, begin_interview(governed, BeginInterview("scar-tissue")), {**SCAR, "tradeoff": None}
    )
    second = save_interview(governed, SaveDraft(gaps.name, gaps.draft.fields, gaps.draft.slug))
    assert (second.record.status, second.record.slug) == ("hypothesized", f"{saved.record.slug}-2")
    checked = {each.record_id: each.truisms for each in check_drafts(governed, CheckDrafts())}
    assert checked[saved.record.id] == ()
    assert [each.kind for each in checked[second.record.id]] == ["missing_tradeoff"]


def test_answers_that_nobody_asked_for_are_refused(governed: Workspace) -> None:
    asked = begin_interview(governed, BeginInterview("scar-tissue"))
    with pytest.raises(UnfitAnswers, match="tradeof"):
        answer_all(governed, asked, {"tradeof": "x"})
    with pytest.raises(UnfitAnswers, match="incident"):
        answer_all(governed, asked, {"incident": 3})
    with pytest.raises(UnknownInterview, match="scar_tissue"):
        begin_interview(governed, BeginInterview("scars"))
    done = answer_all(governed, asked, [SCAR["incident"], SCAR["threat"]])
    assert done.question is not None
    assert done.question.id == "capability"


class Parrot:
    """An assistant that words the capability."""

    name = "parrot"

    def answer(self, prompt: str) -> str:
        assert "charged twice" in prompt
        return '{"capability": "A restarted import charges each card once.", "status": "accepted"}'


def test_a_draft_that_an_assistant_worded_is_marked(governed: Workspace) -> None:
    asked = answer_all(governed, begin_interview(governed, BeginInterview("scar-tissue")), SCAR)
    worded = word_draft(asked, Parrot())
    command = SaveDraft(worded.name, worded.draft.fields, "x", worded_by_assistant=True)
    saved = save_interview(governed, command)
    assert saved.record.capability == "A restarted import charges each card once."
    assert saved.record.sources[-1].ref == "assistant parrot"
    ledger = (governed.alloy_dir / "ledger" / "intent" / "x.jsonl").read_text()
    assert '"assistant"' in ledger


def test_scripts_hold_an_interview_with_a_file_of_answers(governed: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "said.json"
    file.write_text(json.dumps(SCAR))
    code, said, _ = call(
        governed, "ask", "scar-tissue", "--answers", str(file), "--save", "--slug", "charge-once"
    )
    assert code == 0
    assert said["data"]["saved"] == {
        "id": "shop.intent.charge-once",
        "status": "proposed",
        "file": str(governed.root / ".alloy/intent/charge-once.yaml"),
    }
    assert said["data"]["truisms"] == []
    assert call(governed, "truisms")[0] == 0
    file.write_text('{"incident": "x", "oops": "y"}')
    code, said, _ = call(governed, "ask", "scar-tissue", "--answers", str(file))
    assert (code, said["error"]["type"]) == (2, "UnfitAnswers")
    file.write_text("[" * 100_000)
    assert call(governed, "ask", "scar-tissue", "--answers", str(file))[0] == 2


def test_without_a_terminal_nobody_is_asked(governed: Workspace) -> None:
    code, _, output = call(governed, "ask", "scar-tissue")
    assert code == 2
    assert "--answers" in output
    code, said, _ = call(governed, "ask", "scar-tissue", "--questions")
    assert (code, said["data"][0]["id"]) == (0, "incident")
    code, said, _ = call(governed, "ask")
    assert len(said["data"]["modes"]) == 6


def test_truisms_of_records_are_findings(governed: Workspace) -> None:
    draft_intent(
        governed, DraftIntent("tidy", {"title": "T", "capability": "Clean code."}, "x", "hypothesized")
    )
    code, said, _ = call(governed, "truisms", "tidy")
    assert code == 1
    assert {"slogan", "missing_tradeoff"} <= {each["kind"] for each in said["data"][0]["truisms"]}


def test_a_person_at_a_terminal_is_asked_goes_back_stops_and_goes_on(governed: Workspace) -> None:
    with Terminal(governed.root, "ask", "scar-tissue") as terminal:
        terminal.until("who noticed first?")
        terminal.say("?")
        terminal.until("Rules that come from a scar are kept")
        terminal.say("not sure")
        terminal.until("fixed twice?")
        terminal.say("back")
        terminal.until("who noticed first?")
        terminal.say(SCAR["incident"])
        terminal.until("which door stood open")
        terminal.say("stop")
        terminal.until("keep it for [l]ater")
        terminal.say("l")
        terminal.until("goes on from here")
    assert not governed.intent.load_all()

    with Terminal(governed.root, "ask", "scar-tissue", "--slug", "charge-once") as terminal:
        terminal.until("in the middle of this")
        for step in ("threat", "capability", "expectation", "strategy", "tradeoff", "evidence"):
            terminal.until("> ")
            terminal.say(SCAR[step])
        terminal.until("Nothing in it is a truism")
        terminal.until("keep it for [l]ater")
        terminal.say("s")
        terminal.until("is proposed")
    record = open_workspace(governed.root).intent.get("shop.intent.charge-once").model
    assert record.tradeoff == SCAR["tradeoff"]
    assert not unfinished_interviews(governed)


def test_enter_takes_what_is_suggested_and_leaves_open_what_is_not(governed: Workspace) -> None:
    with Terminal(governed.root, "ask", "technology-choice", "--about", "click") as terminal:
        for _ in range(7):
            terminal.until("> ")
            terminal.say("")
        terminal.until("keep it for [l]ater")
        terminal.say("s")
        terminal.until("is hypothesized")
    (record,) = governed.intent.load_all()
    assert record.strategy == "Only shop.cli may import click."
    assert record.capability is None
    assert [each.kind for each in record.evidence] == ["import_boundary"]


class Terminal:
    """`alloynb` at a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        child, self.descriptor = pty.fork()
        if child == 0:  # the process at the terminal
            os.chdir(folder)
            os.environ.update(TERM="dumb", COLUMNS="100")
            program = "from alloynb.faces.cli.command_line import main; main()"
            os.execv(sys.executable, [sys.executable, "-c", program, *arguments])
        self.child, self.heard = child, ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
        os.waitpid(self.child, 0)

    def say(self, text: str) -> None:
        self.heard = ""
        os.write(self.descriptor, text.encode() + b"\n")

    def until(self, wanted: str, limit_s: float = 30.0) -> None:
        ends = time.monotonic() + limit_s
        while wanted not in " ".join(self.heard.split()) + self.heard:
            ready, _, _ = select.select([self.descriptor], [], [], max(0.0, ends - time.monotonic()))
            assert ready, f"never said {wanted!r}: {self.heard}"
            try:
                self.heard += os.read(self.descriptor, 65536).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"ended without {wanted!r}: {self.heard}") from None
