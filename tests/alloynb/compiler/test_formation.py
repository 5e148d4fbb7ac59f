from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.compiler.formation import request_payload
from alloynb.compiler.selection import Selection
from runtime_artifacts.kinds import read_any


def _digests(formation):
    return {name: getattr(formation, name).digest for name in vars(formation)}


def test_the_four_artifacts_can_be_read_back_and_verified(compile_shop, worked_example):
    for artifact in vars(compile_shop(worked_example)).values():
        assert read_any(artifact.to_bytes()).digest == artifact.digest


def test_the_brief_refers_to_the_other_three_by_id_and_digest(compile_shop, worked_example):
    formation = compile_shop(worked_example)
    brief = formation.brief.content
    assert brief.prompt_pack == formation.prompt_pack.ref
    assert brief.gate_overlay == formation.gate_overlay.ref
    assert brief.evidence_plan == formation.evidence_plan.ref


@settings(max_examples=25)
@given(data=st.data())
def test_the_order_of_records_never_changes_a_digest(compile_shop, worked_example, data):
    shuffled = data.draw(st.permutations(worked_example))
    assert _digests(compile_shop(shuffled)) == _digests(compile_shop(worked_example))


def test_time_and_author_never_change_a_digest(compile_shop, worked_example):
    later = compile_shop(
        worked_example,
        created_at=datetime(2031, 1, 1, tzinfo=UTC),
        created_by="Grace",
        compiler_version="alloynb 9",
    )
    assert _digests(later) == _digests(compile_shop(worked_example))


def test_using_a_record_for_the_first_time_does_not_change_the_next_digest(compile_shop, record):
    accepted, active = record("a", status="accepted"), record("a", status="active")
    assert _digests(compile_shop([accepted])) == _digests(compile_shop([active]))


def test_records_that_do_not_guide_leave_no_trace(compile_shop, worked_example):
    guiding = [each for each in worked_example if each.guides_runs]
    assert _digests(compile_shop(worked_example)) == _digests(compile_shop(guiding))


@settings(max_examples=25)
@given(name=st.sampled_from(["threat", "expectation", "tradeoff", "capability", "strategy"]))
def test_changing_one_record_changes_only_what_depends_on_it(compile_shop, record, name):
    others = [record("b"), record("c")]
    before = compile_shop([record("a"), *others])
    after = compile_shop([record("a", **{name: "Something else."}), *others])

    assert after.gate_overlay.digest == before.gate_overlay.digest
    assert (after.evidence_plan.digest != before.evidence_plan.digest) == (name == "capability")
    assert after.brief.digest != before.brief.digest
    for section in ("protected_capabilities", "threats_to_watch", "strategies", "tradeoffs"):
        for one, other in zip(
            getattr(before.brief.content, section), getattr(after.brief.content, section), strict=True
        ):
            assert one == other or one.record_id == "shop.intent.a"
    for one, other in zip(before.prompt_pack.content.prompts, after.prompt_pack.content.prompts, strict=True):
        for earlier, later in zip(one.paragraphs, other.paragraphs, strict=True):
            assert earlier == later or later.record_ids == ("shop.intent.a",) or "intent as of" in later.text


def test_a_record_outside_of_the_scope_changes_nothing(compile_shop, record):
    scoped = record("a", scope={"paths": ["shop/a/**"]})
    elsewhere = record("b", scope={"paths": ["shop/b/**"]})
    selection = Selection(paths=("shop/a/",))
    alone = compile_shop([scoped], selection=selection)
    assert _digests(compile_shop([scoped, elsewhere], selection=selection)) == _digests(alone)


def test_a_changed_shared_strategy_changes_the_source_graph_version(compile_shop, worked_example, strategy):
    other = strategy.model_copy(update={"failure_modes": ("Another one.",)})
    before, after = compile_shop(worked_example), compile_shop(worked_example, strategies=[other])
    assert (
        before.brief.content.identity.source_graph_version
        != after.brief.content.identity.source_graph_version
    )


def test_the_brief_says_what_the_records_mean(compile_shop, worked_example):
    brief = compile_shop(
        worked_example, past_failures={"shop.intent.one-price": ["prices failed 3 times"]}
    ).brief.content

    assert brief.identity.template == "validate@1"
    assert [each.record_id for each in brief.protected_capabilities] == [
        "shop.intent.offline-orders",
        "shop.intent.one-price",
    ]
    assert brief.protected_capabilities[0].evidence_required == (
        "shop.intent.offline-orders#imports",
        "shop.intent.offline-orders#offline-tests",
    )
    assert brief.threats_to_watch[1].past_failures == ("prices failed 3 times",)
    assert brief.strategies[0].name == "Port and adapter"
    assert brief.strategies[0].failure_modes == ("The port grows one method for each provider.",)
    assert brief.agent_formation.pattern == "no_agent"
    assert brief.agent_formation.reasons
    assert brief.foundry.entry_event == "validation_requested"
    assert not brief.foundry.commit_allowed
    assert "shop.intent.offline-orders: ask Ada" in brief.feedback_hooks.contradictions_to_humans[0]


def test_moves_are_stopped_by_gates_where_one_enforces_them_and_warned_of_elsewhere(
    compile_shop, worked_example
):
    moves = [
        (each.move, each.enforcement) for each in compile_shop(worked_example).brief.content.suspicious_moves
    ]
    assert moves == [
        ("import `shop.stripe_adapter` or `stripe` from `shop.checkout`", "gate"),
        ("delete, skip or weaken `tests/checkout/test_offline.py`", "gate"),
        ("The port grows one method for each provider.", "warning"),
        ("remove, loosen or bypass the gate `prices` (`make prices`)", "gate"),
        ("write python code in `shop/**/*.py` against this: No price is computed with floats", "gate"),
    ]


def test_open_questions_name_what_the_run_cannot_answer(compile_shop, worked_example):
    reading = frozenset({"import_boundary"})
    formation = compile_shop(worked_example, selection=Selection(ask_hypotheses=True), checker_reads=reading)
    assert formation.brief.content.relevant_intent.open_questions == (
        "Does the hypothesis shop.intent.plain-receipts hold (confidence 0.4)?",
        "shop lead: Did a sale work with the cable out? (shop.intent.offline-orders#rehearsal)",
        (
            "Nothing can check pattern evidence yet: who makes sure of this: No price is computed with floats. "
            "(shop.intent.one-price#no-float)"
        ),
    )


def test_a_hypothesis_is_a_question_and_never_a_constraint(compile_shop, worked_example):
    formation = compile_shop(worked_example, selection=Selection(ask_hypotheses=True))
    brief = formation.brief.content
    roles = {each.record_id: (each.role, each.status) for each in brief.relevant_intent.records}
    assert roles["shop.intent.plain-receipts"] == ("question", "hypothesized")
    constraining = brief.model_dump(exclude={"relevant_intent", "identity"})
    assert "plain-receipts" not in json.dumps(constraining)
    assert "plain-receipts" not in formation.gate_overlay.to_bytes().decode()
    assert "plain-receipts" not in formation.evidence_plan.to_bytes().decode()


def test_a_settled_conflict_is_carried_with_its_resolution(compile_shop, record):
    resolution = {"by": "Ada", "at": "2026-02-01T00:00:00Z", "why": "Speed wins in the till."}
    conflict = {
        "type": "conflicts_with",
        "target": "shop.intent.b",
        "notes": "Both own the till.",
        "resolution": resolution,
    }
    formation = compile_shop([record("a", relationships=[conflict]), record("b")])
    (known,) = formation.brief.content.relevant_intent.known_conflicts
    assert known.records == ("shop.intent.a", "shop.intent.b")
    assert known.resolution == "Speed wins in the till. (Ada, 2026-02-01)"


def test_the_request_adds_the_references_that_a_brief_cannot_hold(compile_shop, worked_example):
    formation = compile_shop(worked_example, payload={"depth": 2})
    assert formation.brief.content.foundry.payload == {"depth": 2}
    assert request_payload(formation.brief) == {
        "depth": 2,
        "alloy": {
            "brief_id": formation.brief.id,
            "brief_digest": formation.brief.digest,
            "prompt_pack_id": formation.prompt_pack.id,
            "evidence_plan_id": formation.evidence_plan.id,
        },
    }


def test_a_throttle_that_someone_chose_wins_over_the_recommended_one(compile_shop, worked_example):
    assert compile_shop(worked_example).brief.content.foundry.throttle == "dry_run"
    assert compile_shop(worked_example, throttle="audit_only").brief.content.foundry.throttle == "audit_only"


def test_a_value_that_an_artifact_cannot_carry_is_refused(compile_shop, worked_example):
    from runtime_artifacts.errors import ArtifactError

    with pytest.raises(ArtifactError):
        compile_shop(worked_example, payload={"number": 2**60})
