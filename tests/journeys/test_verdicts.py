"""Code wrong or intent stale: twenty changes of a real project, and what each looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.held_out_changes import HELD_OUT
from tests.fakes.held_out_projects import PROJECTS
from tests.fakes.judged_changes import confusion_table, governed_kedro, is_right, judged, verdict_on
from tests.fakes.planted_changes import PLANTED, Planted

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"


@pytest.mark.slow
def test_twenty_planted_changes_look_like_what_they_are_and_the_page_says_so(tmp_path: Path) -> None:
    base = governed_kedro(tmp_path)
    seen = [(each, verdict_on(judged(base, each, tmp_path))) for each in PLANTED]

    table = confusion_table((each.truth, verdict) for each, verdict in seen)
    print(f"\n{table}")
    wrong = [f"{each.name}: {verdict}" for each, verdict in seen if not is_right(each.truth, verdict)]
    assert wrong == []
    assert table in PAGE.read_text(encoding="utf-8"), f"the page shows another table than this:\n{table}"
    for each in PLANTED:
        assert each.name in PAGE.read_text(encoding="utf-8"), f"the page does not tell of: {each.name}"


@pytest.mark.slow
def test_a_project_as_it_was_published_gets_no_verdict(tmp_path: Path) -> None:
    base = governed_kedro(tmp_path)
    untouched = Planted("nothing", "refactor_keeps_intent", lambda project: None)
    assert judged(base, untouched, tmp_path) == ()


EXCUSES = {"refactor_keeps_intent", "intent_is_stale"}


@pytest.mark.slow
def test_no_dangerous_change_that_is_found_is_excused(tmp_path: Path) -> None:
    bases = {name: make(tmp_path) for name, make in PROJECTS.items()}
    dangerous = [each for each in HELD_OUT if each.dangerous]
    assert len(dangerous) >= 8
    excused = {
        each.name: one.verdict.told_with_strength
        for each in dangerous
        for one in judged(bases[each.project], each, tmp_path)
        if one.verdict.leaning in EXCUSES
    }
    assert excused == {}
