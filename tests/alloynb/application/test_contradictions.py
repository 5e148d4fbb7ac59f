"""Where intent cannot stand: asked, answered by humans for a while or for good, and asked again in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.answer_contradiction import (
    AnswerContradiction,
    NotForThisAnswer,
    NotValidNow,
    SimplifyStep,
    UnknownQuestion,
    answer_contradiction,
    withdraw_answer,
)
from alloynb.application.compile_intent import CompileIntent, preview_brief
from alloynb.application.confirm_intent import ConfirmIntent, confirm_intent
from alloynb.application.contradictions import SeenContradictions, look_for_contradictions
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.relate_records import (
    AlreadyRelated,
    NotRelated,
    RelateRecords,
    relate_records,
    unrelate_records,
)
from alloynb.application.weigh_conflicts import weigh_conflicts
from alloynb.application.workspace import Workspace
from alloynb.compiler.refusal import ConflictingRules
from alloynb.intent.authority import Principal
from alloynb.intent.errors import (
    BrokenFiles,
    IllegalTransition,
    MissingAuthority,
    RelationshipCycle,
    UnknownRecord,
)
from alloynb.intent.expectation import Expectation
from alloynb.intent.leniency import NoReason, NotAnEnd
from alloynb.intent.store import ExpectationStore
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.evidence_store import TickingClock

UP, DOWN = "shop.intent.checkout-on-top", "shop.intent.payments-on-top"
TEXTS = dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), "As we said.")


def layered(*layers: str) -> dict[str, Any]:
    rule = {"type": "layers", "packages": ["shop"], "layers": list(layers)}
    return {"id": "order", "kind": "import_boundary", "description": "Layers.", "rule": rule}


def accept(workspace: Workspace, slug: str, *evidence: dict[str, Any], **fields: Any) -> None:
    source = {"source_type": "human", "ref": "ada"}
    record = {"title": slug, "evidence": [*evidence], "sources": [source], **TEXTS, **fields}
    draft_intent(workspace, DraftIntent(slug, record, "we talked about it"))
    decide_intent(workspace, DecideIntent(slug, "accepted", "we rely on it"))


@pytest.fixture
def shop(tmp_path: Path) -> Governed:
    """A shop, seen from the real present, since views compare with `now()`."""
    governed = governed_shop(tmp_path / "shop")
    governed.workspace = governed.reopened(clock=TickingClock(datetime.now(UTC)))
    return governed


@pytest.fixture
def torn(shop: Governed) -> Workspace:
    """Two records whose layers are the other way round."""
    accept(shop.workspace, "checkout-on-top", layered("shop.checkout", "shop.payments"))
    accept(shop.workspace, "payments-on-top", layered("shop.payments", "shop.checkout"))
    return shop.workspace


def seen(workspace: Workspace) -> SeenContradictions:
    return look_for_contradictions(workspace)


def answer(workspace: Workspace, kind: Any, **more: Any) -> Any:
    (question,) = seen(workspace).asked
    return answer_contradiction(
        workspace, AnswerContradiction(question.question_id, kind, "for a reason", **more)
    )


def later(workspace: Workspace, **by: float) -> None:
    assert isinstance(workspace.clock, TickingClock)
    workspace.clock.advance(timedelta(**by))


def compiles(workspace: Workspace) -> bool:
    try:
        preview_brief(workspace, CompileIntent())
    except ConflictingRules:
        return False
    return True


def in_view(workspace: Workspace, columns: str = "status, answer") -> list[tuple[Any, ...]]:
    return list(workspace.warehouse.query(f"SELECT {columns} FROM contradictions ORDER BY asked_at").rows)


# ---- conflicts of records


def test_preserving_conflicting_records_resolves_them_in_the_record_for_good(torn: Workspace) -> None:
    assert not compiles(torn)
    (question,) = seen(torn).open
    assert question.record_ids == (UP, DOWN)
    assert in_view(torn) == [("open", None)]

    done = answer(torn, "preserve")

    assert [file.name for file in done.files] == ["checkout-on-top.yaml"]
    (relationship,) = torn.intent.get(UP).model.relationships
    assert relationship.target == DOWN
    assert relationship.resolution is not None
    assert relationship.resolution.why == "for a reason"
    assert torn.ledger.examine(torn.intent.get(UP).model) == ()
    assert seen(torn).asked == ()
    assert compiles(torn)
    assert in_view(torn) == [("settled", "preserve")]


def test_a_conflict_is_told_as_soon_as_a_record_is_accepted(torn: Workspace) -> None:
    (told,) = weigh_conflicts(torn, torn.intent.get(DOWN).model)
    assert told.startswith(
        f"in conflict with {UP}: shop.checkout and shop.payments are placed above each other"
    )
    accept(torn, "third", layered("shop.x", "shop.y"))
    assert weigh_conflicts(torn, torn.intent.get("shop.intent.third").model) == ()
    answer(torn, "preserve", until="30d")
    assert weigh_conflicts(torn, torn.intent.get(DOWN).model) == ()


def test_preserving_until_a_day_is_a_file_and_ends(torn: Workspace) -> None:
    done = answer(torn, "preserve", until="30d")
    assert done.files[0].parent == torn.alloy_dir / "answers"
    assert torn.intent.get(UP).model.relationships == ()
    (held,) = seen(torn).answered
    assert "preserved by ada until" in held.told()
    assert seen(torn).open == ()
    assert compiles(torn)
    (known,) = preview_brief(torn, CompileIntent()).brief.content.relevant_intent.known_conflicts
    assert "for a reason (ada, until" in known.resolution
    assert in_view(torn) == [("answered", "preserve")]

    later(torn, days=31)

    assert len(seen(torn).open) == 1
    assert not compiles(torn)


def test_a_changed_rule_asks_anew(torn: Workspace) -> None:
    answer(torn, "preserve", until="90d")
    stored = torn.intent.get(UP)
    changed = [{**stored.model.evidence[0].model_dump(), "description": "Other words."}]
    torn.registrar.revise(stored, {"evidence": changed}, torn.principal, "reworded", torn.clock())
    assert seen(torn).open == ()
    stored = torn.intent.get(UP)
    changed[0]["rule"] = {**changed[0]["rule"], "layers": ("shop.checkout", "shop.payments", "shop.ledger")}
    torn.registrar.revise(stored, {"evidence": changed}, torn.principal, "one more layer", torn.clock())
    assert len(seen(torn).open) == 1
    assert in_view(torn, "status") == [("settled",), ("open",)]


def test_simplify_is_a_promise_that_settles_nothing_for_a_compilation(torn: Workspace) -> None:
    done = answer(torn, "simplify")
    assert f"alloynb intent edit {UP}" in done.next_step
    assert seen(torn).open == ()
    assert not compiles(torn)
    later(torn, days=31)
    assert len(seen(torn).open) == 1


def test_simplify_can_take_the_step_itself(torn: Workspace) -> None:
    done = answer(torn, "simplify", step=SimplifyStep("payments-on-top", "deprecated"))
    assert done.answer is None
    assert torn.intent.get(DOWN).model.status == "deprecated"
    assert seen(torn).asked == ()
    assert compiles(torn)
    assert in_view(torn) == [("settled", "simplify")]


def test_a_withdrawn_answer_asks_again_and_stays_to_be_seen(torn: Workspace) -> None:
    given = answer(torn, "preserve", until="90d").answer
    taken = withdraw_answer(torn, given.id[:20], "we were wrong")
    assert taken.withdrawn is not None
    assert len(seen(torn).open) == 1
    assert not compiles(torn)
    assert in_view(torn) == [("open", "withdrawn")]
    (told,) = torn.warehouse.query("FROM contradiction_answers").as_dicts()
    assert (told["answer"], told["active"], told["why"]) == ("preserve", False, "we were wrong")
    with pytest.raises(NotValidNow):
        withdraw_answer(torn, given.id, "again")


UNFIT: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
    ({"until": "tomorrow"}, NotAnEnd),
    ({"until": "900d"}, NotAnEnd),
    ({"why": "  "}, NoReason),
    ({"question_id": "question_0"}, UnknownQuestion),
    ({"question_id": ""}, UnknownQuestion),
    ({"step": SimplifyStep("checkout-on-top", "deprecated")}, NotForThisAnswer),
    ({"answer": "simplify", "step": SimplifyStep("other", "deprecated")}, NotForThisAnswer),
    ({"answer": "simplify", "step": SimplifyStep("checkout-on-top", "rejected")}, IllegalTransition),
)


def test_what_cannot_be_meant_is_refused_and_leaves_nothing(torn: Workspace) -> None:
    (question,) = seen(torn).open
    for more, error in UNFIT:
        given = {"question_id": question.question_id, "answer": "preserve", "why": "because", **more}
        with pytest.raises(error):
            answer_contradiction(torn, AnswerContradiction(**given))
    assert seen(torn).open == (question,)
    assert not (torn.alloy_dir / "answers").exists()


def test_only_a_human_with_authority_answers_and_confirms(torn: Workspace) -> None:
    (question,) = seen(torn).open
    machine = replace(torn, principal=Principal("robot", "machine"))
    with pytest.raises(MissingAuthority):
        answer_contradiction(machine, AnswerContradiction(question.question_id, "preserve", "fine"))
    with pytest.raises(MissingAuthority):
        confirm_intent(machine, ConfirmIntent("checkout-on-top", "fine"))


def test_an_answer_by_hand_without_an_end_in_time_counts_for_nothing(torn: Workspace) -> None:
    file = answer(torn, "preserve", until="30d").files[0]
    text = "\n".join(
        "until: 2099-01-01T00:00:00Z" if line.startswith("until:") else line
        for line in file.read_text("utf-8").splitlines()
    )
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(BrokenFiles, match="366 days"):
        seen(torn)
    with pytest.raises(BrokenFiles):
        preview_brief(torn, CompileIntent())


# ---- review triggers, confirmations


def test_a_trigger_that_fires_is_silent_while_preserved_and_asks_again_afterwards(shop: Governed) -> None:
    here = shop.workspace
    accept(
        here, "offline", layered("shop.checkout", "shop.payments"), review_triggers=[{"sql": "SELECT true"}]
    )
    (question,) = seen(here).open
    assert question.reason == "review_trigger"

    done = answer(here, "preserve")
    assert done.answer.about == ("shop.intent.offline",)
    assert seen(here).open == ()
    later(here, days=179)
    assert seen(here).open == ()
    later(here, days=2)
    assert seen(here).open == (question,)


def test_a_confirmation_keeps_a_date_and_stands_in_ledger_and_store(shop: Governed) -> None:
    here = shop.workspace
    due = (here.clock() + timedelta(days=5)).date()
    accept(here, "offline", layered("shop.checkout", "shop.payments"), review_triggers=[{"date": str(due)}])
    assert seen(here).asked == ()
    later(here, days=6)
    assert len(seen(here).open) == 1

    confirmed = confirm_intent(here, ConfirmIntent("offline", "read it with the team"))

    assert confirmed.file == here.ledger.file_of("shop.intent.offline")
    assert seen(here).asked == ()
    history = here.ledger.history("shop.intent.offline")
    assert "confirmed" in list(history.lines())[-1]
    assert here.ledger.examine(here.intent.get("shop.intent.offline").model) == ()
    (told,) = here.warehouse.query("FROM confirmations").as_dicts()
    assert (told["confirmed_id"], told["principal"], told["why"]) == (
        "shop.intent.offline",
        "ada",
        "read it with the team",
    )
    assert here.intent.get("shop.intent.offline").model.version == 1


def test_a_broken_condition_is_a_doubt_and_settles_nothing(torn: Workspace) -> None:
    assert len(seen(torn).open) == 1
    accept(torn, "odd", layered("shop.a", "shop.b"), review_triggers=[{"sql": "SELEC"}])
    (doubt,) = seen(torn).doubts
    assert "shop.intent.odd" in doubt
    assert in_view(torn, "status") == [("open",)]


def test_an_expectation_that_is_over_is_confirmed_in_its_file(shop: Governed) -> None:
    here = shop.workspace
    store = ExpectationStore(here.alloy_dir)
    store.create(
        Expectation.model_validate(
            {
                "id": "shop.expectation.vendors",
                "statement": "Vendors change.",
                "time_horizon": "until 2026-01-31",
                "created_at": "2025-01-01T00:00:00Z",
                "updated_at": "2025-01-01T00:00:00Z",
            }
        )
    )
    accept(here, "leaning", layered("shop.a", "shop.b"), expectation_ref="shop.expectation.vendors")
    (question,) = seen(here).open
    assert question.reason == "expired_expectation"
    confirmed = confirm_intent(here, ConfirmIntent("shop.expectation.vendors", "two were bought this year"))
    assert confirmed.file == store.file_of("shop.expectation.vendors")
    said = store.get("shop.expectation.vendors").model.confirmed
    assert said is not None
    assert (said.by, said.why) == ("ada", "two were bought this year")
    assert seen(here).asked == ()


def test_what_guides_nothing_or_was_moved_by_hand_is_not_confirmed(torn: Workspace) -> None:
    decide_intent(torn, DecideIntent("checkout-on-top", "deprecated", "gone"))
    with pytest.raises(IllegalTransition, match="deprecated"):
        confirm_intent(torn, ConfirmIntent("checkout-on-top", "still so"))
    file = torn.intent.file_of(DOWN)
    file.write_text(file.read_text("utf-8").replace("status: accepted", "status: active"), encoding="utf-8")
    with pytest.raises(IllegalTransition, match="ledger says accepted"):
        confirm_intent(torn, ConfirmIntent("payments-on-top", "still so"))
    with pytest.raises(UnknownRecord):
        confirm_intent(torn, ConfirmIntent("shop.expectation.nowhere", "still so"))


def test_confirming_stands_for_words_that_were_changed_by_hand(torn: Workspace) -> None:
    file = torn.intent.file_of(UP)
    file.write_text(
        file.read_text("utf-8").replace("title: checkout-on-top", "title: On top"), encoding="utf-8"
    )
    assert [each.about for each in torn.ledger.examine(torn.intent.get(UP).model)] == ["content"]
    confirm_intent(torn, ConfirmIntent("checkout-on-top", "the title was mended"))
    assert torn.ledger.examine(torn.intent.get(UP).model) == ()


# ---- relationships


def test_a_declared_conflict_is_asked_about_and_goes_with_the_relationship(torn: Workspace) -> None:
    accept(torn, "third", layered("shop.x", "shop.y"))
    answer(torn, "preserve")
    related = relate_records(
        torn,
        RelateRecords("third", "conflicts_with", "payments-on-top", "they said so", "one of them is old"),
    )
    assert related.record.version == 2
    (question,) = seen(torn).open
    assert question.reason == "conflicting_records"
    assert "one of them is old" in question.evidence[0]
    with pytest.raises(AlreadyRelated):
        relate_records(torn, RelateRecords("third", "conflicts_with", DOWN, "again"))
    unrelated = unrelate_records(torn, RelateRecords("third", "conflicts_with", DOWN, "it was not"))
    assert unrelated.record.relationships == ()
    assert seen(torn).asked == ()
    with pytest.raises(NotRelated, match="conflicts_with"):
        unrelate_records(torn, RelateRecords("third", "conflicts_with", DOWN, "again"))


def test_a_relationship_to_nothing_to_itself_or_in_a_circle_is_refused(torn: Workspace) -> None:
    with pytest.raises(UnknownRecord, match=r"near it: shop\.intent\.checkout-on-top"):
        relate_records(torn, RelateRecords("payments-on-top", "refines", "checkout-on-tops", "typo"))
    with pytest.raises(BrokenFiles, match="itself"):
        relate_records(torn, RelateRecords("payments-on-top", "refines", "payments-on-top", "odd"))
    relate_records(torn, RelateRecords("payments-on-top", "refines", "checkout-on-top", "it does"))
    with pytest.raises(RelationshipCycle, match="circle of refines"):
        relate_records(torn, RelateRecords("checkout-on-top", "refines", "payments-on-top", "it does not"))
    assert torn.intent.get(UP).model.relationships == ()
