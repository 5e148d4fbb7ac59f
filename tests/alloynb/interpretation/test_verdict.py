"""Clues are weighed in the open: the strongest leaning wins only when it leads, and everything it rests on is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.archaeology.renames import Renames
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.detection import Look, plain_reading
from alloynb.interpretation.finding import DriftFinding, Introduced
from alloynb.interpretation.verdict import (
    LEANINGS,
    Case,
    Change,
    Clue,
    Leaning,
    check_clue_reader,
    collect_clue_readers,
    judge_case,
)

MakeRecord = Callable[..., IntentRecord]
MakeCase = Callable[..., Case]


class Saying:
    """A reader that says what it is told to say."""

    name = "saying"

    def __init__(self, *clues: tuple[Leaning, float]) -> None:
        self._clues = clues

    def look(self, case: Case) -> Iterable[Clue]:
        return [Clue(self.name, leans, weight, "because") for leans, weight in self._clues]


@pytest.fixture
def case(make_record: MakeRecord, at: datetime, tmp_path: Any) -> MakeCase:
    """A finding of a boundary, with what else is known."""

    def make(record: IntentRecord | None = None, **known: Any) -> Case:
        governing = record or make_record(owner="Ada")
        definition: EvidenceDefinition = governing.evidence[0]
        look = Look(governing, definition, tmp_path, "r1", at, plain_reading(tmp_path))
        found: DriftFinding = look.finding("import_boundary", ("a.x", "b"), "a/x.py", [3], "a.x imports b")
        return Case(**{"record": governing, "definition": definition, "at": at, "finding": found} | known)

    return make


def change(message: str = "Be nice", author: str = "Bob", **more: Any) -> Change:
    return Change("c" * 40, author, None, message, tuple(more.pop("touched", ("a/x.py",))), **more)


def clues_of(case: Case, name: str) -> list[tuple[str, str]]:
    return [(each.leans, each.told) for each in judge_case(case).clues if each.name == name]


def test_a_failing_check_alone_leans_to_the_code_being_wrong(case: MakeCase) -> None:
    verdict = judge_case(case(), [])
    assert (verdict.leaning, round(verdict.strength, 2)) == ("code_left_intent", 0.25)


def test_what_does_not_lead_is_undecided(case: MakeCase) -> None:
    verdict = judge_case(case(), [Saying(("intent_is_stale", 0.3))])
    assert verdict.leaning is None
    assert verdict.told == "undecided"
    assert len(verdict.clues) == 1, "and what was seen is shown all the same"


def test_what_speaks_against_a_verdict_makes_it_weaker(case: MakeCase) -> None:
    alone = judge_case(case(), [Saying(("intent_is_stale", 0.8))])
    contested = judge_case(case(), [Saying(("intent_is_stale", 0.8), ("code_left_intent", 0.3))])
    assert alone.leaning == contested.leaning == "intent_is_stale"
    assert contested.strength < alone.strength


@given(st.lists(st.tuples(st.sampled_from(LEANINGS), st.floats(0, 1)), max_size=6))
def test_another_clue_for_a_leaning_never_weakens_it(said: list[tuple[Leaning, float]]) -> None:
    bare = Case(record=None, definition=None, at=None, finding=None)  # type: ignore[arg-type]
    before = judge_case(bare, [Saying(*said)])
    if before.leaning is not None:
        after = judge_case(bare, [Saying(*said, (before.leaning, 0.5))])
        assert after.leaning == before.leaning
        assert after.strength >= before.strength


def test_words_of_haste_of_moving_and_of_decisions_are_told_apart(case: MakeCase) -> None:
    def leans(message: str) -> list[str]:
        return [leaning for leaning, _ in clues_of(case(change=change(message)), "commit_words")]

    assert leans("Hotfix for the release") == ["code_left_intent"]
    assert leans("Rename the adapters") == ["refactor_keeps_intent"]
    assert leans("We no longer need two vendors") == ["intent_is_stale"]
    assert leans("Show totals") == leans("") == []


def test_one_place_of_many_is_drift_and_half_of_them_is_how_it_is_done_now(case: MakeCase) -> None:
    alone = case()
    assert alone.finding is not None

    def places(*authors: str) -> tuple[DriftFinding, ...]:
        assert alone.finding is not None
        brought = [Introduced(commit="c" * 40, author=each) for each in authors]
        more = [{"path": f"a/{n}.py", "introduced": each} for n, each in enumerate(brought)]
        return tuple(alone.finding.model_copy(update=each) for each in more)

    many = places("a", "b", "c", "a", "b", "c")
    assert clues_of(case(siblings=(alone.finding,), governed=40), "few_or_many") == [
        ("code_left_intent", "1 of 40 places that the evidence governs left it")
    ]
    assert [leans for leans, _ in clues_of(case(siblings=many, governed=10), "few_or_many")] == [
        "intent_is_stale"
    ]
    assert clues_of(case(siblings=many, governed=100), "few_or_many") == []
    sweep = places("a", "a", "a", "a", "a", "a")
    assert clues_of(case(siblings=sweep, governed=10), "few_or_many") == [], "one hand is not everybody"
    assert clues_of(case(), "few_or_many") == []


def test_a_decision_in_the_same_commit_counts_when_it_speaks_of_this(case: MakeCase) -> None:
    adr = "docs/adr/0007-vendors.md"
    about = change(added={adr: ("# One vendor", "Supersedes 3: a.x may use b now.")}, author="Ada")
    told = clues_of(case(change=about), "changed_together")
    assert ("intent_is_stale", "the same change takes an earlier decision back that speaks of `a.x`") in told
    assert any("who owns the record" in each for _, each in told)
    other = change(added={adr: ("# Colours", "Buttons are blue.")})
    assert clues_of(case(change=other), "changed_together") == []


def test_a_decision_that_is_only_proposed_is_none(case: MakeCase) -> None:
    for line in ("Proposed. `b` may now be used", "## Status: draft, `b` may now be used"):
        asked = change(added={"docs/decisions/0007-b.md": ("# Use b", line)}, author="Ada")
        assert clues_of(case(change=asked), "changed_together") == []


def test_the_owner_of_a_record_says_more_by_editing_it_than_somebody_else(
    case: MakeCase, make_record: MakeRecord
) -> None:
    record = make_record(owner="Ada")
    file = f".alloy/intent/{record.slug}.yaml"
    edits = [change(author=who, touched=(file,), removed={file: ("tradeoff: x",)}) for who in ("Ada", "Bob")]
    by_owner, by_other = (judge_case(case(record, change=each)).scores["intent_is_stale"] for each in edits)
    assert by_owner > by_other


def test_that_a_run_made_a_record_active_says_nothing_to_whoever_commits_it(
    case: MakeCase, make_record: MakeRecord
) -> None:
    record = make_record(owner="Ada")
    file = f".alloy/intent/{record.slug}.yaml"
    steps = ("status: accepted", "updated_at: 2026-11-20T09:00:00Z", "version: 1")
    swept_in = change(author="Ada", touched=(file,), removed={file: steps})
    assert clues_of(case(record, change=swept_in), "changed_together") == []


def test_a_place_that_the_rule_left_out_is_let_be_when_it_moves_and_not_when_it_comes_with_the_move(
    case: MakeCase, make_record: MakeRecord
) -> None:
    pattern = {
        "language": "python",
        "must": "not_occur",
        "query": "(call) @place",
        "paths": ["a/**", "!a/gateway/**"],
    }
    evidence = [{"id": "p", "kind": "pattern", "description": "d", "pattern": pattern}]
    record = make_record(owner="Ada", evidence=evidence)
    names = Renames((("a/gateway/x.py", "a/x.py"),))
    before = change("Add the gateway", touched=("a/gateway/x.py",))
    assert clues_of(case(record, names=names, change=before), "moved")[0][0] == "refactor_keeps_intent"
    with_it = change("Move it", renamed={"a/gateway/x.py": "a/x.py"})
    assert clues_of(case(record, names=names, change=with_it), "moved") == []


def test_a_test_that_was_thinned_in_the_same_commit_speaks_against_the_code(
    case: MakeCase, make_record: MakeRecord
) -> None:
    evidence = [
        make_record().evidence[0].model_dump(mode="json"),
        {"id": "t", "kind": "test", "description": "…", "test": {"tests": ["tests/test_a.py::test_b"]}},
    ]
    thinned = change(removed={"tests/test_a.py": ("x",) * 9}, added={"tests/test_a.py": ("y",)})
    told = clues_of(case(make_record(evidence=evidence), change=thinned), "changed_together")
    assert told == [
        ("code_left_intent", "the same change takes 9 lines out of the test that guards the record")
    ]


def test_a_lost_name_moved_or_is_gone(case: MakeCase) -> None:
    renames = Renames((("src/a/old.py", "src/a/new.py"),))
    moved = case(finding=None, lost_names=("a.old",), names=renames, now_called=renames.now_called)
    assert clues_of(moved, "moved") == [
        ("refactor_keeps_intent", "the record names `a.old`, which is called `a.new` now")
    ]
    assert judge_case(moved).leaning == "refactor_keeps_intent"
    gone = case(finding=None, lost_names=("a.gone",), names=renames, now_called=renames.now_called)
    assert clues_of(gone, "vanished") == [("intent_is_stale", "the record names `a.gone`, which was deleted")]
    assert judge_case(gone).leaning == "intent_is_stale"


def test_what_stood_long_and_spread_speaks_against_the_intent(case: MakeCase, at: datetime) -> None:
    one = case()
    assert one.finding is not None

    def by(author: str, days: int) -> DriftFinding:
        assert one.finding is not None
        introduced = Introduced(commit=author * 40, author=author, at=at - timedelta(days=days))
        return one.finding.model_copy(update={"introduced": introduced, "path": f"a/{author}.py"})

    spread = tuple(by(author, days) for author, days in (("a", 400), ("b", 300), ("c", 200)))
    told = [
        text for _, text in clues_of(case(finding=spread[0], siblings=spread, commits_since=5), "persistence")
    ]
    assert "it has stood for 400 days" in told
    assert "3 people brought the same deviation in, in 3 commits" in told
    lonely = case(finding=spread[0], siblings=spread[:1], commits_since=5)
    assert clues_of(lonely, "persistence") == [], "standing alone for long makes nothing right"
    fresh = by("d", 2)
    assert clues_of(case(finding=fresh, siblings=(fresh,)), "persistence") == [
        ("code_left_intent", "it is 2 days old and alone")
    ]


def test_triggers_leniency_and_newer_records_speak_against_the_intent(case: MakeCase) -> None:
    asked = case(fired=("pandas 3 is out",), leniencies=3, newer=("shop.intent.newer",))
    assert {leans for leans, _ in clues_of(asked, "asked_before")} == {"intent_is_stale"}
    assert len(clues_of(asked, "asked_before")) == 3
    assert clues_of(case(leniencies=1), "asked_before") == []


def test_an_import_for_annotations_is_a_refactor(case: MakeCase) -> None:
    assert judge_case(case(for_types_alone=True)).leaning == "refactor_keeps_intent"


def test_readers_are_found_and_what_is_none_is_refused() -> None:
    names = {each.name for each in collect_clue_readers()}
    assert names >= {"commit_words", "few_or_many", "moved", "vanished", "persistence", "asked_before"}
    with pytest.raises(TypeError):
        check_clue_reader(object())
