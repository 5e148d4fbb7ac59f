"""The worked example, whole: what an agent is told in each phase, and what a reviewer sees."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from alloynb.application.compile_intent import CompileIntent, preview_brief
from alloynb.application.review_brief import BriefReview, review_preview
from alloynb.application.workspace import Workspace
from alloynb.compiler.formation import CompiledFormation
from alloynb.faces.cli.brief_screen import show_review
from runtime_artifacts.prompt_pack import PHASES, Phase, Prompt
from tests.alloynb.compiler.checkout.example import GOLDEN, OBJECTIVE, checkout

COMMAND = CompileIntent(template="iterate", objective=OBJECTIVE)
LONGEST_LINE = 400


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return checkout(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def formation(workspace: Workspace) -> CompiledFormation:
    return preview_brief(workspace, COMMAND)


def prompt(formation: CompiledFormation, phase: Phase) -> Prompt:
    return next(each for each in formation.prompt_pack.content.prompts if each.phase == phase)


def hold(name: str, text: str) -> None:
    """Compare with the golden file, or write it when asked to."""
    file = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("phase", PHASES)
def test_each_phase_reads_as_it_was_kept(formation: CompiledFormation, phase: Phase) -> None:
    hold(f"{phase}.md", prompt(formation, phase).text)


def test_the_brief_says_what_it_said(formation: CompiledFormation) -> None:
    hold("brief.json", json.dumps(formation.brief.raw_content, ensure_ascii=False, indent=1) + "\n")


def test_a_reviewer_sees_what_was_kept(workspace: Workspace) -> None:
    review: BriefReview = review_preview(workspace, COMMAND)
    out = io.StringIO()
    show_review(Console(file=out, width=10_000), review)
    hold("review.txt", "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n")


@pytest.mark.parametrize("phase", PHASES)
def test_no_prompt_is_long_and_none_says_the_same_twice(formation: CompiledFormation, phase: Phase) -> None:
    found = prompt(formation, phase)
    lines = [line for line in found.text.splitlines() if len(line) > 40]
    assert len(lines) == len(set(lines))
    assert max(map(len, lines)) <= LONGEST_LINE
    assert found.left_out == ()


@pytest.mark.parametrize("phase", PHASES)
def test_what_speaks_of_a_record_names_it(formation: CompiledFormation, phase: Phase) -> None:
    for paragraph in prompt(formation, phase).paragraphs:
        spoken_of = set(re.findall(r"checkout\.intent\.[a-z-]+", paragraph.text))
        assert spoken_of <= {*paragraph.record_ids} | {
            id
            for question in formation.brief.content.relevant_intent.open_questions
            for id in spoken_of
            if id in question
        }


def test_what_nobody_vouches_for_stands_behind_a_bar(formation: CompiledFormation) -> None:
    text = "\n".join(each.text for each in formation.prompt_pack.content.prompts)
    for quoted in ("HACK: checkout reads", "The buyer knows within ten seconds", "When we cannot take money"):
        assert re.search(rf"^\| .*{quoted}", text, re.M), quoted
        assert not re.search(rf"^[^|]*{quoted}", text, re.M), quoted
    assert "Internal discussion" not in text
    assert "delete the weekly job" not in text


def test_a_small_budget_leaves_the_least_severe_out_and_says_so(workspace: Workspace) -> None:
    from dataclasses import replace

    from alloynb.application.compile_intent import compile_command
    from alloynb.compiler.formation import compile_formation

    command = replace(compile_command(workspace, COMMAND), token_budgets={"execution": 1200})
    small = prompt(compile_formation(command), "execution")
    left_out = {each.record_id for each in small.left_out}
    severe = {
        "checkout.intent.leave-the-vendor",
        "checkout.intent.charge-once",
        "checkout.intent.no-card-data",
    }
    assert left_out
    assert not left_out & severe
    assert "Not shown for lack of space" in small.text


def test_the_same_repository_elsewhere_gives_the_same_digests(
    formation: CompiledFormation, tmp_path: Path
) -> None:
    again = preview_brief(checkout(tmp_path / "elsewhere"), COMMAND)
    assert [each.digest for each in vars(again).values()] == [
        each.digest for each in vars(formation).values()
    ]
