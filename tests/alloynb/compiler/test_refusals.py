from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.compiler import refusal
from alloynb.compiler.fitness import refuse_unfit
from alloynb.compiler.formation_template import load_template
from alloynb.compiler.selection import SelectedIntent, Selection
from alloynb.compiler.target import CROSSING_SCHEMAS
from alloynb.errors import AlloyError
from alloynb.intent.conflicts.conflict import declared_conflict_id
from alloynb.intent.conflicts.find import find_rule_conflicts
from runtime_artifacts.capability_manifest import CapabilityManifest

GOLDEN = Path(__file__).parent / "golden"


def _refused(kind, words, act):
    with pytest.raises(kind, match=words) as caught:
        act()
    assert isinstance(caught.value, AlloyError)
    assert caught.value.exit_code == 2
    assert caught.value.next_step
    return str(caught.value)


def test_without_guiding_records_there_is_no_brief(compile_shop, record):
    _refused(refusal.NoSourceIntent, "accept a record", lambda: compile_shop([]))
    hypothesis = record(status="hypothesized")
    _refused(refusal.NoSourceIntent, "no accepted or active record", lambda: compile_shop([hypothesis]))
    only_asking = Selection(ask_hypotheses=True)
    _refused(
        refusal.NoSourceIntent,
        "1 hypotheses only ask",
        lambda: compile_shop([hypothesis], selection=only_asking),
    )


def test_without_a_capability_or_evidence_there_is_no_brief(record):
    whole = record()
    mute = whole.model_copy(update={"capability": None})
    unproved = whole.model_copy(update={"evidence": ()})
    _refused(refusal.NoProtectedCapability, whole.id, lambda: refuse_unfit(SelectedIntent((mute,), (), {})))
    _refused(refusal.NoEvidencePlan, whole.id, lambda: refuse_unfit(SelectedIntent((unproved,), (), {})))


def test_a_hypothesis_is_never_smuggled_in_as_a_constraint(compile_shop, record):
    hypothesis = record("guess", status="hypothesized")
    named = Selection(record_ids=(hypothesis.id,))
    _refused(
        refusal.HypothesisAsConstraint,
        "accept it first",
        lambda: compile_shop([record("a"), hypothesis], selection=named),
    )
    _refused(
        refusal.HypothesisAsConstraint,
        hypothesis.id,
        lambda: refuse_unfit(SelectedIntent((hypothesis,), (), {})),
    )


@pytest.mark.parametrize("status", ["proposed", "deprecated", "contradicted", "superseded", "rejected"])
def test_a_named_record_that_does_not_guide_is_refused_with_its_status(compile_shop, record, status):
    other = record("other", status=status)
    named = Selection(record_ids=(other.id,))
    _refused(refusal.RecordNotGuiding, f"is {status}", lambda: compile_shop([other], selection=named))


def test_an_unknown_or_doubled_record_is_refused(compile_shop, record):
    named = Selection(record_ids=("shop.intent.nowhere",))
    _refused(refusal.UnknownRecord, "nowhere", lambda: compile_shop([record()], selection=named))
    _refused(refusal.DuplicateRecord, "given twice", lambda: compile_shop([record(), record(title="Other")]))


@pytest.mark.parametrize("declared_by", ["a", "b"])
def test_an_open_conflict_is_refused_whichever_side_declares_it(compile_shop, record, declared_by):
    target = {"a": "b", "b": "a"}[declared_by]
    link = [{"type": "conflicts_with", "target": f"shop.intent.{target}"}]
    records = [record(declared_by, relationships=link), record(target)]
    message = _refused(
        refusal.UnresolvedConflict,
        "shop.intent.a conflicts with shop.intent.b",
        lambda: compile_shop(records),
    )
    assert "record a resolution" in message
    chosen = Selection(record_ids=("shop.intent.a",))
    assert compile_shop(records, selection=chosen).brief.content.relevant_intent.known_conflicts == ()


def _layered(record, slug, *layers, **changes):
    rule = {"type": "layers", "packages": ["shop"], "layers": layers}
    order = {"id": "order", "kind": "import_boundary", "description": "Layers.", "rule": rule}
    return record(slug, evidence=[order], **changes)


def test_rules_that_cannot_be_meant_together_are_refused_with_the_smallest_explanation(compile_shop, record):
    records = [
        _layered(record, "checkout-first", "shop.checkout", "shop.payment"),
        _layered(record, "payment-first", "shop.payment", "shop.checkout"),
        _layered(record, "ui-on-top", "shop.ui", "shop.checkout | shop.ledger"),
    ]
    told = _refused(refusal.ConflictingRules, "checkout", lambda: compile_shop(records))
    assert told + "\n" == (GOLDEN / "conflicting_rules.txt").read_text("utf-8")
    chosen = Selection(record_ids=("shop.intent.checkout-first", "shop.intent.ui-on-top"))
    assert compile_shop(records, selection=chosen)


def test_a_conflict_of_rules_that_a_human_settled_compiles_and_is_known_in_the_brief(compile_shop, record):
    first = _layered(record, "a", "shop.checkout", "shop.payment")
    resolution = {"by": "Ada", "at": "2026-02-01T00:00:00Z", "why": "We are between the two."}
    link = {"type": "conflicts_with", "target": "shop.intent.a", "resolution": resolution}
    resolved = _layered(record, "b", "shop.payment", "shop.checkout", relationships=[link])
    (known,) = compile_shop([first, resolved]).brief.content.relevant_intent.known_conflicts
    assert known.resolution == "We are between the two. (Ada, 2026-02-01)"

    standing = _layered(record, "b", "shop.payment", "shop.checkout")
    (conflict,) = find_rule_conflicts([first, standing])
    answered = compile_shop(
        [first, standing], answered_conflicts={conflict.conflict_id: "Until the move is done (Ada)"}
    )
    (known,) = answered.brief.content.relevant_intent.known_conflicts
    assert known.records == ("shop.intent.a", "shop.intent.b")
    assert known.resolution == "Until the move is done (Ada)"


def test_a_declared_conflict_can_be_answered_for_a_while(compile_shop, record):
    link = [{"type": "conflicts_with", "target": "shop.intent.b"}]
    records = [record("a", relationships=link), record("b")]
    answer = {declared_conflict_id(("shop.intent.a", "shop.intent.b")): "For now (Ada)"}
    brief = compile_shop(records, answered_conflicts=answer).brief.content
    assert brief.relevant_intent.known_conflicts[0].resolution == "For now (Ada)"


def test_one_name_for_two_gates_stops_nothing(compile_shop, record):
    assert compile_shop([record("a"), record("b")])


def test_a_missing_shared_strategy_is_refused(compile_shop, worked_example):
    _refused(refusal.MissingStrategy, "port-and-adapter", lambda: compile_shop(worked_example, strategies=[]))


def test_the_name_of_the_references_is_reserved_in_the_payload(compile_shop, record):
    _refused(
        refusal.ReservedPayload,
        "'alloy'",
        lambda: compile_shop([record()], payload={"alloy": {"brief_id": "x"}}),
    )


def test_an_unknown_template_or_version_is_refused_with_what_there_is(compile_shop, record):
    message = _refused(
        refusal.UnknownTemplate, "nonsense", lambda: compile_shop([record()], template="nonsense")
    )
    assert "validate" in message
    _refused(refusal.UnknownTemplate, "not 99", lambda: compile_shop([record()], template_version=99))
    _refused(refusal.UnknownTemplate, "etc", lambda: compile_shop([record()], template="../../etc/passwd"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "cannot be read"),
        ("name = 'bad'", "Field required"),
        ("surprise = 1", "Field required|Extra inputs"),
    ],
)
def test_a_broken_template_names_its_file(tmp_path, text, words):
    (tmp_path / "bad.toml").write_text(text)
    message = _refused(refusal.BrokenTemplate, words, lambda: load_template("bad", folder=tmp_path))
    assert "bad.toml" in message


def _manifest(**changes):
    values = {
        "foundry_version": "0.1.0",
        "entry_events": ("validation_requested",),
        "reads_schemas": CROSSING_SCHEMAS,
        "resolves_gate_overlays": True,
    }
    return CapabilityManifest(**values | changes)


def test_a_target_that_can_serve_is_accepted(compile_shop, record):
    assert compile_shop([record()], manifest=_manifest())
    newer = tuple(f"{schema}.7" for schema in CROSSING_SCHEMAS)
    assert compile_shop([record()], manifest=_manifest(reads_schemas=newer))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"entry_events": ("scan_requested",)},
            r"the entry event validation_requested \(it accepts: scan_requested\)",
        ),
        ({"throttles": ("full",)}, r"the throttle dry_run \(it offers: full\)"),
        ({"reads_schemas": CROSSING_SCHEMAS[1:]}, "the schema alloy.foundry_execution_request.v1"),
        (
            {"reads_schemas": tuple(s.replace(".v1", ".v2") for s in CROSSING_SCHEMAS)},
            "the schema alloy.formation_brief.v1",
        ),
    ],
)
def test_a_target_that_cannot_serve_is_refused_with_what_is_missing(compile_shop, record, changes, words):
    _refused(
        refusal.TargetCannotServe, words, lambda: compile_shop([record()], manifest=_manifest(**changes))
    )


def test_everything_that_a_target_lacks_is_named_at_once(compile_shop, record):
    empty = CapabilityManifest(foundry_version="0.0.1", entry_events=())
    message = _refused(
        refusal.TargetCannotServe, "validation_requested", lambda: compile_shop([record()], manifest=empty)
    )
    assert all(schema in message for schema in CROSSING_SCHEMAS)


def test_a_target_without_overlays_is_compiled_down_to_and_not_refused_here(compile_shop, record):
    assert compile_shop([record()], manifest=_manifest(resolves_gate_overlays=False))


def test_a_budget_that_not_even_the_fixed_part_fits_is_refused(compile_shop, record):
    _refused(
        refusal.BudgetTooSmall,
        "execution: its fixed part",
        lambda: compile_shop([record()], token_budgets={"execution": 10}),
    )
