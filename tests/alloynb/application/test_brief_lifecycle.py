"""A brief only goes where its lifecycle lets it, whatever steps are tried, and in whatever order."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.application.brief_ledger import BriefState, steps_of
from alloynb.application.brief_lifecycle import (
    BRIEF_STEPS,
    CLOSED,
    REQUEST_STATES,
    REQUEST_STEPS,
    IllegalBriefStep,
    Standing,
    standing_after,
    standing_of,
    take_step,
)
from alloynb.application.compile_intent import CompileIntent, compile_brief, compile_intent, create_brief
from alloynb.application.decide_brief import DecideBrief, decide_brief
from alloynb.application.edit_prompt import EditPrompt, NothingEdited, edit_prompt, prompt_of
from alloynb.application.follow_brief import brief_history
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.run_loop import RunLoop, run_loop
from alloynb.application.source_changes import IntentChanged
from alloynb.errors import Refused
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.prompt_pack import PROMPT_PACK
from tests.fakes.alloy_workspace import ScriptedFoundry, governed_shop
from tests.fakes.governed import RECORD, Governed, govern_here

BRIEF = "brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q"
STATES: tuple[BriefState, ...] = get_args(BriefState)
REQUESTS = ("runreq_A", "runreq_B")
STEPS = st.lists(
    st.tuples(st.sampled_from(STATES), st.sampled_from([None, *REQUESTS])), min_size=1, max_size=40
)


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    return govern_here(tmp_path)


def step(state: BriefState, request: str | None = None) -> dict[str, Any]:
    return {"state": state, "by": "ada", "why": "tests"} | ({"request_id": request} if request else {})


def replayed(tried: list[tuple[BriefState, str | None]]) -> tuple[list[dict[str, Any]], Standing]:
    """Take every step that is legal, and leave the others out."""
    taken, standing = [], Standing()
    for state, request in tried:
        legal = standing.legal(request)
        if state in legal:
            standing = standing.after(step(state, request))
            taken.append(step(state, request))
        else:
            with pytest.raises(IllegalBriefStep) as caught:
                standing.after(step(state, request))
            assert set(caught.value.legal) == legal
            assert caught.value.next_step
    return taken, standing


@given(tried=STEPS)
def test_whatever_is_tried_only_legal_steps_are_taken_and_a_ledger_of_them_can_be_read_back(
    tried: list[tuple[BriefState, str | None]],
) -> None:
    taken, standing = replayed(tried)
    if taken:
        assert standing_after(taken) == standing
        assert taken[0]["state"] == "draft"


@given(tried=STEPS)
def test_nothing_is_queued_before_it_was_compiled_nor_after_it_was_closed(
    tried: list[tuple[BriefState, str | None]],
) -> None:
    taken, _ = replayed(tried)
    brief: BriefState | None = None
    for each in taken:
        if each.get("request_id") is None:
            brief = "compiled" if (brief, each["state"]) == ("compiled", "approved") else each["state"]
        elif each["state"] == "queued":
            assert brief == "compiled"


@given(tried=STEPS)
def test_a_request_goes_forward_from_queued_through_every_state(
    tried: list[tuple[BriefState, str | None]],
) -> None:
    taken, _ = replayed(tried)
    for request in REQUESTS:
        lane = [each["state"] for each in taken if each.get("request_id") == request]
        assert lane[:1] in ([], ["queued"])
        for one, other in itertools.pairwise(lane):
            assert other in REQUEST_STEPS[one]
        for state, needs in (
            ("executing", "accepted"),
            ("completed", "executing"),
            ("analyzed", "completed"),
        ):
            if state in lane:
                assert needs in lane[: lane.index(state)]


@given(tried=STEPS)
def test_what_is_under_way_is_never_archived(tried: list[tuple[BriefState, str | None]]) -> None:
    taken, _ = replayed(tried)
    lanes: dict[str, str] = {}
    for each in taken:
        if request := each.get("request_id"):
            lanes[request] = each["state"]
        elif each["state"] == "archived":
            assert not {"queued", "accepted", "executing"} & set(lanes.values())


def test_every_state_of_the_lifecycle_can_be_reached() -> None:
    reached = {state for steps in (*BRIEF_STEPS.values(), *REQUEST_STEPS.values()) for state in steps}
    assert reached == set(STATES)
    assert set(REQUEST_STEPS) - {None} == REQUEST_STATES | {"cancelled"}


def test_of_many_who_take_a_step_that_can_be_taken_once_one_succeeds(tmp_path: Path) -> None:
    facts = {"at": "2026-11-22T12:00:00Z", "by": "ada", "why": "tests"}
    for state in ("draft", "reviewable"):
        take_step(tmp_path, BRIEF, state, **facts)  # type: ignore[arg-type]

    def reject(_: int) -> bool:
        try:
            return take_step(tmp_path, BRIEF, "rejected", **facts)
        except IllegalBriefStep:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reject, range(16))) == 1
    assert standing_of(tmp_path, BRIEF).state == "rejected"


def test_many_who_compile_the_same_at_once_take_each_step_once(tmp_path: Path) -> None:
    facts = {"at": "2026-11-22T12:00:00Z", "by": "ada", "why": "tests"}

    def compile_it(_: int) -> None:
        for state in ("draft", "reviewable", "compiled"):
            take_step(tmp_path, BRIEF, state, unless_taken=True, **facts)  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(compile_it, range(24)))
    assert [line["state"] for line in steps_of(tmp_path, BRIEF)] == ["draft", "reviewable", "compiled"]


def test_a_brief_of_before_the_lifecycle_counts_as_compiled(tmp_path: Path) -> None:
    assert standing_after(()).state == "compiled"
    assert standing_after([step("approved")]).state == "compiled"


def test_compiling_writes_every_step_once_however_often_it_is_done(here: Governed) -> None:
    brief = here.compiled()
    assert here.compiled().id == brief.id
    lines = steps_of(here.workspace.alloy_dir, brief.id)
    assert [line["state"] for line in lines] == ["draft", "reviewable", "compiled"]
    assert lines[0]["source_graph_version"] == brief.content.identity.source_graph_version


def test_a_brief_that_was_only_laid_down_makes_no_record_active_and_cannot_be_requested(
    here: Governed,
) -> None:
    created = create_brief(here.workspace, CompileIntent())
    assert created.state == "reviewable"
    assert here.workspace.intent.get(RECORD).model.status == "accepted"
    with pytest.raises(IllegalBriefStep, match="compile it first"):
        request_run(here.workspace, RequestRun(created.formation.brief.id))
    assert list(here.workspace.mailbox.requests()) == []

    _, activated = compile_brief(here.workspace, created.formation.brief.id)
    assert activated == (RECORD,)
    request = request_run(here.workspace, RequestRun(created.formation.brief.id)).request
    assert standing_of(here.workspace.alloy_dir, created.formation.brief.id).requests == {
        request.id: "queued"
    }


def test_compiling_or_requesting_after_the_intent_changed_says_which_record_and_how(here: Governed) -> None:
    created = create_brief(here.workspace, CompileIntent()).formation.brief
    file = here.workspace.intent.file_of(RECORD)
    file.write_text(file.read_text().replace("threat: About charge-once.", "threat: Two clicks."))

    with pytest.raises(IntentChanged, match="charge-once changed its threat: Two clicks"):
        compile_brief(here.workspace, created.id)
    old = here.compiled()
    file.write_text(file.read_text().replace("threat: Two clicks.", "threat: Three clicks."))
    with pytest.raises(IntentChanged, match="changed its threat: Three clicks"):
        request_run(here.workspace, RequestRun(old.id))
    assert list(here.workspace.mailbox.requests()) == []


@pytest.mark.parametrize("decision", sorted(CLOSED))
def test_a_brief_that_a_human_closed_is_neither_compiled_nor_requested_until_it_is_reopened(
    here: Governed, decision: Any
) -> None:
    brief = here.compiled()
    decide_brief(here.workspace, DecideBrief(brief.id, decision, "it protects the wrong half"))

    for act in (here.compiled, lambda: request_run(here.workspace, RequestRun(brief.id))):
        with pytest.raises(IllegalBriefStep, match=rf"{decision}.*ada said: it protects the wrong half"):
            act()
    decide_brief(here.workspace, DecideBrief(brief.id, "reviewable", "the objection was withdrawn"))
    assert here.compiled().id == brief.id
    assert standing_of(here.workspace.alloy_dir, brief.id).state == "compiled"


def test_an_instance_is_pinned_to_its_revision(here: Governed) -> None:
    brief = compile_intent(here.workspace, CompileIntent(revision="HEAD")).formation.brief
    pinned = here.git("rev-parse", "HEAD")
    assert brief.content.identity.revision == pinned
    here.git("commit", "--quiet", "--allow-empty", "-m", "Later")

    with pytest.raises(Refused, match=f"is pinned to revision {pinned}"):
        request_run(here.workspace, RequestRun(brief.id, revision="HEAD"))
    assert request_run(here.workspace, RequestRun(brief.id)).request.content.repo.revision == pinned


def test_reading_a_run_writes_down_what_became_of_its_request(tmp_path: Path) -> None:
    workspace = governed_shop(tmp_path / "shop", "vendor-boundary").workspace
    run_loop(workspace, RunLoop(), html_of=lambda report: "", foundry=ScriptedFoundry())
    (brief,) = workspace.shelf.all(FORMATION_BRIEF)
    states = [each["state"] for each in steps_of(workspace.alloy_dir, brief.id)]
    assert states == [
        "draft",
        "reviewable",
        "compiled",
        "queued",
        "accepted",
        "executing",
        "completed",
        "analyzed",
    ]
    run_loop(workspace, RunLoop(), html_of=lambda report: "", foundry=ScriptedFoundry())
    assert [each["state"] for each in steps_of(workspace.alloy_dir, brief.id)] == states
    decide_brief(workspace, DecideBrief(brief.id, "archived", "done"))
    assert standing_of(workspace.alloy_dir, brief.id).state == "archived"


def test_a_run_that_is_under_way_is_told_before_anybody_wrote_it_down(tmp_path: Path) -> None:
    workspace = governed_shop(tmp_path / "shop", "vendor-boundary").workspace
    brief = compile_intent(workspace, CompileIntent()).formation.brief
    request = request_run(workspace, RequestRun(brief.id)).request
    workspace.mailbox.claim(request.id, "run_01J00000000000000000000000", "mill", "2026-03-02T12:00:00Z")

    history = brief_history(workspace, brief.id)
    assert history.standing.state == "accepted"
    assert [(each.state, each.recorded) for each in history.steps[-2:]] == [
        ("queued", True),
        ("accepted", False),
    ]
    with pytest.raises(IllegalBriefStep, match=f"while {request.id} is under way"):
        decide_brief(workspace, DecideBrief(brief.id, "archived", "tidy"))


def test_an_edit_makes_a_new_pack_and_brief_with_the_edit_on_record_and_leaves_the_old_ones(
    here: Governed,
) -> None:
    old = here.compiled()
    _, before = prompt_of(here.workspace, old.id, "execution")
    text = before.text.replace("# Execution", "# Execution\n\nTouch nothing below `legacy/`.")
    done = edit_prompt(here.workspace, EditPrompt(old.id, "execution", text, "legacy is frozen"))

    assert done.brief.id != old.id
    assert done.brief.content.prompt_pack == done.prompt_pack.ref
    assert here.workspace.shelf.get(FORMATION_BRIEF, old.digest).content == old.content
    (edit,) = done.prompt_pack.content.human_edits
    assert (edit.phase, edit.edited_by, edit.why) == ("execution", "ada", "legacy is frozen")
    assert edit.edits_pack == old.content.prompt_pack.digest
    assert "+Touch nothing below `legacy/`." in edit.difference.splitlines()
    _, after = prompt_of(here.workspace, done.brief.id, "execution")
    assert after.text == text
    assert after.record_ids == before.record_ids
    kept = {paragraph.text: paragraph.record_ids for paragraph in before.paragraphs}
    changed = [each for each in after.paragraphs if each.text not in kept]
    assert [each.record_ids for each in changed] == [()]
    untouched = [each for each in done.prompt_pack.content.prompts if each.phase != "execution"]
    pack = here.workspace.shelf.get(PROMPT_PACK, old.content.prompt_pack.digest).content
    assert untouched == [each for each in pack.prompts if each.phase != "execution"]

    states = [each["state"] for each in steps_of(here.workspace.alloy_dir, done.brief.id)]
    assert states == ["draft", "reviewable"]
    compile_brief(here.workspace, done.brief.id)
    assert request_run(here.workspace, RequestRun(done.brief.id)).request.content.prompt_pack.digest == (
        done.prompt_pack.digest
    )


@pytest.mark.parametrize("change", [lambda text: text, lambda text: "", lambda text: text.strip()])
def test_an_edit_that_changes_nothing_leaves_nothing_behind(here: Governed, change: Any) -> None:
    brief = here.compiled()
    _, prompt = prompt_of(here.workspace, brief.id, "triage")
    with pytest.raises(NothingEdited):
        edit_prompt(here.workspace, EditPrompt(brief.id, "triage", change(prompt.text), "tests"))
    assert len(list(here.workspace.shelf.all(FORMATION_BRIEF))) == 1
