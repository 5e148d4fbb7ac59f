"""An interview in a notebook goes on where it stopped, whatever happens to the kernel, and ends in a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alloynb.application.ask_interview import UnknownInterview, unfinished_interviews
from alloynb.application.workspace import Workspace
from alloynb.faces.widgets import Interview
from tests.alloynb.elicitation.test_interviews import SCAR
from tests.alloynb.faces.widgets.test_widgets import check_readable
from tests.fakes.alloy_workspace import governed_shop


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return governed_shop(tmp_path / "shop").workspace


def hold(interview: Interview) -> None:
    """Answer everything that is asked."""
    answers = list(SCAR.values())
    for _ in range(40):
        if interview.view["stage"] != "ask":
            return
        interview.press("answer", text=answers.pop(0) if answers else "")
    raise AssertionError("the interview has no end")


def test_without_a_mode_the_ways_of_asking_are_offered(workspace: Workspace) -> None:
    interview = Interview(workspace)

    assert interview.view["stage"] == "choose"
    assert len(interview.view["modes"]) >= 6
    assert "scar-tissue" in str(interview)


def test_one_question_at_a_time_and_the_draft_grows_beside_it(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    first = interview.question

    assert (
        interview.press("answer", text="A discount was computed twice and customers paid too little.") == ""
    )

    assert interview.question not in ("", first)
    assert interview.view["transcript"][0][0] == first
    assert interview.view["draft"]["title"]


def test_the_last_answer_can_be_taken_back(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    first = interview.question
    interview.answer("A discount was computed twice and customers paid too little.")

    assert interview.press("back") == ""

    assert interview.question == first
    assert interview.view["transcript"] == []


def test_after_a_restart_it_goes_on_where_it_stopped(workspace: Workspace) -> None:
    before = Interview(workspace, "scar-tissue")
    before.answer("A discount was computed twice and customers paid too little.")

    after = Interview(workspace, "scar-tissue")

    assert after.question == before.question
    assert after.view["resumed"]
    assert after.view["transcript"] == before.view["transcript"]


def test_begun_anew_it_forgets_what_was_said(workspace: Workspace) -> None:
    Interview(workspace, "scar-tissue").answer("A discount was computed twice.")

    assert Interview(workspace, "scar-tissue", anew=True).view["transcript"] == []


def test_the_draft_is_saved_as_its_author_left_it_and_the_interview_is_over(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    hold(interview)
    assert interview.view["stage"] == "draft"
    fields = {**interview.fields, "title": "Customers pay the right total"}

    assert interview.press("save", fields=fields, slug="right-total", why="the discount bug of 2025") == ""

    record = workspace.intent.get("shop.intent.right-total").model
    assert interview.value == record
    assert record.title == "Customers pay the right total"
    assert interview.view["saved"]["id"] == record.id
    assert unfinished_interviews(workspace) == ()


def test_it_can_be_drafted_at_any_time_and_gone_on_with(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    interview.answer("A discount was computed twice and customers paid too little.")
    question = interview.question

    interview.press("stop")
    assert interview.view["stage"] == "draft"
    interview.press("back")

    assert (interview.view["stage"], interview.question) == ("ask", question)


def test_the_form_takes_the_draft_over_and_ends_the_interview(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    hold(interview)
    form = interview.form()

    form.save("agreed")

    assert form.value.slug == form.view["slug"]
    assert interview.value == workspace.intent.get(form.value.id).model
    assert unfinished_interviews(workspace) == ()


def test_a_discarded_interview_is_forgotten(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    interview.answer("A discount was computed twice.")

    interview.press("discard")

    assert unfinished_interviews(workspace) == ()
    assert interview.view["stage"] == "choose"


def test_nothing_is_answered_before_something_is_asked(workspace: Workspace) -> None:
    interview = Interview(workspace)

    assert "no interview has begun" in interview.press("answer", text="x")
    assert "no interview is called" in interview.press("begin", mode="guess", about="")
    with pytest.raises(UnknownInterview):
        Interview(workspace, "guess")


def test_a_draft_that_cannot_be_saved_is_not_lost(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    hold(interview)

    assert "severity" in interview.press(
        "save", fields={**interview.fields, "severity": "huge"}, slug="x", why=""
    )

    assert interview.view["stage"] == "draft"
    assert len(unfinished_interviews(workspace)) == 1


def test_the_conversation_stays_where_there_are_no_widgets(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue")
    interview.answer("A `discount` was computed twice & customers paid too little.")

    page = check_readable(interview.twin())

    for told in (page.said, str(interview)):
        assert "customers paid too little" in told
        assert interview.question.split("`")[0] in told


class Wordsmith:
    """An assistant that says one title better, or nothing of use."""

    name = "wordsmith"

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def answer(self, prompt: str) -> str:
        return self._answer


def test_an_assistant_words_the_draft_and_a_person_saves_it(workspace: Workspace) -> None:
    interview = Interview(
        workspace, "scar-tissue", assistant=Wordsmith(json.dumps({"title": "Nobody pays twice"}))
    )
    hold(interview)

    assert interview.press("word", confirmed=False) == ""

    assert interview.view["draft"]["title"] == "Nobody pays twice"
    assert interview.view["stage"] == "draft"
    interview.save(interview.fields, "pays-once")
    assert workspace.intent.get("shop.intent.pays-once").model.title == "Nobody pays twice"


def test_an_assistant_that_is_of_no_use_leaves_the_draft_in_the_persons_words(workspace: Workspace) -> None:
    interview = Interview(workspace, "scar-tissue", assistant=Wordsmith("I would rather not"))
    hold(interview)
    before = interview.view["draft"]

    assert interview.press("word", confirmed=True)

    assert interview.view["draft"] == before


def test_a_command_that_the_repository_names_runs_only_for_who_saw_it(workspace: Workspace) -> None:
    (workspace.alloy_dir / "assistant.toml").write_text('command = ["false"]\n', encoding="utf-8")
    interview = Interview(workspace, "scar-tissue")
    hold(interview)

    assert "nobody confirmed it" in interview.press("word", confirmed=False)
    assert interview.view["confirm"]
