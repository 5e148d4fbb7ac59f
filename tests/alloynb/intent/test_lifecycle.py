"""The lifecycle: which steps exist, and who may take them (spec 2.2)."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.errors import Refused
from alloynb.intent.authority import (
    ACTIONS,
    Action,
    Authority,
    AuthorityFile,
    Grant,
    Principal,
    PrincipalKind,
)
from alloynb.intent.errors import BrokenFiles, IllegalTransition, MissingAuthority
from alloynb.intent.lifecycle import TRANSITIONS, begin, legal_next, revise, transition
from alloynb.intent.record import FIVE_TEXTS, IntentRecord, Status
from tests.alloynb.intent.records import BOUNDARY, LATER, NOON, TEXTS, a_record

STATUSES: tuple[Status, ...] = get_args(Status)
KINDS: tuple[PrincipalKind, ...] = get_args(PrincipalKind)
ANA = Principal("ana")
SUCCESSOR = a_record("newer", supersedes="shop.intent.payment-port")
LINKS: dict[str, Any] = {"brief_id": "brief_1", "successor": SUCCESSOR}

# The table of the specification, read aloud.
TABLE = {
    None: {"hypothesized", "proposed"},
    "hypothesized": {"proposed", "accepted", "rejected"},
    "proposed": {"accepted", "superseded", "rejected"},
    "accepted": {"active", "deprecated", "contradicted", "superseded"},
    "active": {"deprecated", "contradicted", "superseded"},
    "contradicted": {"superseded"},
    "deprecated": set(),
    "superseded": set(),
    "rejected": set(),
}


def grant(action: Action, principal: Principal = ANA) -> Grant:
    return Grant(principal, action, "local owner")


def action_of(from_: Status | None, to: Status) -> Action:
    return TRANSITIONS[from_, to].action


@pytest.mark.parametrize("status", TABLE)
def test_from_each_status_exactly_the_written_steps_are_legal(status: Status | None) -> None:
    assert set(legal_next(status)) == TABLE[status]


@pytest.mark.parametrize(("from_", "to"), [pair for pair in TRANSITIONS if pair[0] is not None])
def test_a_legal_step_by_a_human_with_authority_is_taken_and_entered(from_: Status, to: Status) -> None:
    record = a_record(status=from_)

    moved, entry = transition(record, to, grant(action_of(from_, to)), "because", LATER, **LINKS)

    assert (moved.status, moved.updated_at, moved.version) == (to, LATER, 1)
    assert moved.content_digest() == record.content_digest() == entry.record_digest
    assert (entry.from_status, entry.to_status, entry.at) == (from_, to, LATER)
    assert (entry.who, entry.why) == ("ana", "because")
    assert entry.authority == f"{action_of(from_, to)} (local owner)"
    assert entry.entry_id.startswith("ledger_")


@pytest.mark.parametrize(
    ("from_", "to"), [pair for pair in product(STATUSES, STATUSES) if pair not in TRANSITIONS]
)
def test_any_other_step_is_refused_and_the_legal_ones_are_named(from_: Status, to: Status) -> None:
    with pytest.raises(IllegalTransition) as refused:
        transition(a_record(status=from_), to, grant("accept_intent"), "because", LATER, **LINKS)

    assert set(refused.value.legal) == TABLE[from_]
    assert all(legal in str(refused.value) for legal in TABLE[from_])
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("kind", ["machine", "assistant"])
@pytest.mark.parametrize("from_", ["hypothesized", "proposed"])
@pytest.mark.parametrize("action", ACTIONS)
def test_no_machine_ever_accepts_whatever_it_was_granted(
    kind: PrincipalKind, from_: Status, action: Action
) -> None:
    with pytest.raises(MissingAuthority, match="only a human may make a record accepted"):
        transition(
            a_record(status=from_), "accepted", grant(action, Principal("bot", kind)), "because", LATER
        )


def test_the_wrong_authority_is_refused() -> None:
    with pytest.raises(MissingAuthority, match="needs the authority accept_intent, not edit_hypotheses"):
        transition(a_record(), "accepted", grant("edit_hypotheses"), "because", LATER)


@pytest.mark.parametrize("why", ["", "  \n"])
def test_every_step_has_a_reason(why: str) -> None:
    with pytest.raises(IllegalTransition, match="say why"):
        transition(a_record(), "rejected", grant("accept_intent"), why, LATER)


def test_a_record_without_evidence_is_not_accepted() -> None:
    with pytest.raises(
        IllegalTransition, match="lacks: at least one evidence definition; edit the record first"
    ):
        transition(a_record(evidence=[]), "accepted", grant("accept_intent"), "because", LATER)


@pytest.mark.parametrize("text", FIVE_TEXTS)
def test_a_hypothesis_without_all_texts_is_neither_proposed_nor_accepted(text: str) -> None:
    record = a_record(status="hypothesized", **{text: None})

    for to in ("proposed", "accepted"):
        with pytest.raises(IllegalTransition, match=f"lacks: {text}"):
            transition(record, to, grant(action_of("hypothesized", to)), "because", LATER)  # type: ignore[arg-type]


def test_a_hypothesis_without_texts_can_be_rejected() -> None:
    record = a_record(status="hypothesized", **dict.fromkeys(TEXTS))

    assert transition(record, "rejected", grant("accept_intent"), "noise", LATER)[0].status == "rejected"


def test_a_record_becomes_active_by_a_brief_that_uses_it_even_by_machine() -> None:
    machine = grant("compile_brief", Principal("nightly", "machine"))
    record = a_record(status="accepted")

    with pytest.raises(IllegalTransition, match="without the brief that uses it first"):
        transition(record, "active", machine, "compiled", LATER)
    _, entry = transition(record, "active", machine, "compiled", LATER, brief_id="brief_1")
    assert entry.link == "brief_1"


def test_a_record_without_a_source_does_not_become_active() -> None:
    with pytest.raises(IllegalTransition, match="at least one source"):
        transition(
            a_record(status="accepted", sources=[]),
            "active",
            grant("compile_brief"),
            "x",
            LATER,
            brief_id="b",
        )


@pytest.mark.parametrize(
    "successor", [None, a_record("newer"), a_record("newer", supersedes="shop.intent.other")]
)
def test_a_record_is_superseded_only_by_one_that_says_so(successor: IntentRecord | None) -> None:
    with pytest.raises(IllegalTransition, match=r"says `supersedes: shop\.intent\.payment-port`"):
        transition(a_record(), "superseded", grant("accept_intent"), "x", LATER, successor=successor)


def test_a_relationship_can_say_supersedes_too() -> None:
    newer = a_record("newer", relationships=[{"type": "supersedes", "target": "shop.intent.payment-port"}])

    _, entry = transition(a_record(), "superseded", grant("accept_intent"), "x", LATER, successor=newer)

    assert entry.link == "shop.intent.newer"


def test_a_machine_begins_a_hypothesis_but_proposes_nothing() -> None:
    machine = grant("edit_hypotheses", Principal("archaeology", "machine"))

    begun, entry = begin(a_record(status="hypothesized", version=9), machine, "found", LATER)

    assert (begun.created_at, begun.updated_at, begun.version) == (LATER, LATER, 1)
    assert (entry.from_status, entry.to_status, entry.who_kind) == (None, "hypothesized", "machine")
    with pytest.raises(MissingAuthority, match="only a human or assistant may"):
        begin(a_record(), machine, "found", LATER)
    assert begin(a_record(), grant("edit_hypotheses", Principal("helper", "assistant")), "drafted", LATER)


@pytest.mark.parametrize(
    "status", [status for status in STATUSES if status not in ("hypothesized", "proposed")]
)
def test_no_record_begins_later_than_proposed(status: Status) -> None:
    with pytest.raises(IllegalTransition, match="possible from here: hypothesized, proposed"):
        begin(a_record(status=status), grant("accept_intent"), "x", LATER)


def test_a_clock_that_runs_behind_does_not_turn_time_back() -> None:
    record = a_record(updated_at=LATER)

    moved, entry = transition(record, "accepted", grant("accept_intent"), "x", NOON)

    assert (moved.updated_at, entry.at) == (LATER, NOON)


def test_editing_accepted_intent_makes_a_new_version_and_needs_the_right_to_accept() -> None:
    record = a_record(status="active")

    revised, entry = revise(record, {"title": "Sharper"}, grant("accept_intent"), "clearer", LATER)

    assert (revised.title, revised.version, revised.status) == ("Sharper", 2, "active")
    assert (entry.from_status, entry.to_status, entry.version) == ("active", "active", 2)
    with pytest.raises(MissingAuthority):
        revise(record, {"title": "x"}, grant("edit_hypotheses"), "x", LATER)
    with pytest.raises(MissingAuthority):
        revise(record, {"title": "x"}, grant("accept_intent", Principal("bot", "machine")), "x", LATER)


def test_editing_a_draft_is_no_new_version() -> None:
    revised, _ = revise(a_record(), {"title": "Sharper"}, grant("edit_hypotheses"), "x", LATER)

    assert revised.version == 1


@pytest.mark.parametrize("field", ["id", "status", "version", "created_at", "updated_at"])
def test_an_edit_does_not_change_what_only_the_lifecycle_changes(field: str) -> None:
    with pytest.raises(IllegalTransition, match=field):
        revise(a_record(), {field: "x"}, grant("edit_hypotheses"), "x", LATER)


@pytest.mark.parametrize("status", ["deprecated", "contradicted", "superseded", "rejected"])
def test_history_is_not_edited(status: Status) -> None:
    with pytest.raises(IllegalTransition, match="write a new record"):
        revise(a_record(status=status), {"title": "x"}, grant("accept_intent"), "x", LATER)


def test_an_edit_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(BrokenFiles, match="at least one evidence definition"):
        revise(a_record(status="accepted"), {"evidence": []}, grant("accept_intent"), "x", LATER)


_PRINCIPALS = st.builds(Principal, st.sampled_from(["ana", "bot", "ci"]), st.sampled_from(KINDS))
_GRANTED = st.dictionaries(
    st.sampled_from(["ana", "bot", "ci"]),
    st.lists(st.sampled_from([*ACTIONS, "*"]), max_size=3).map(tuple),
    max_size=3,
)
_AUTHORITIES = st.one_of(
    st.just(Authority()),
    st.builds(
        lambda principals, machines: Authority(AuthorityFile(principals=principals, machines=machines)),
        _GRANTED,
        st.lists(st.sampled_from(["ana", "bot"]), max_size=2).map(tuple),
    ),
)
_STARTS = st.builds(
    lambda status, missing, evidence: a_record(
        status=status,
        evidence=[BOUNDARY] if evidence else [],
        **(dict.fromkeys(missing) if status == "hypothesized" else {}),
    ),
    st.sampled_from(["hypothesized", "proposed"]),
    st.lists(st.sampled_from(FIVE_TEXTS), max_size=2),
    st.booleans(),
)
_MOVES = st.lists(
    st.tuples(st.sampled_from(STATUSES), _PRINCIPALS, st.sampled_from(ACTIONS), st.sampled_from(["why", ""])),
    max_size=12,
)


@given(_AUTHORITIES, _STARTS, _MOVES)
def test_no_path_reaches_accepted_without_a_human_with_authority_and_evidence(
    authority: Authority, record: IntentRecord, moves: list[tuple[Status, Principal, Action, str]]
) -> None:
    for to, principal, action, why in moves:
        before = record
        try:
            shown = authority.require(principal, action)
            record, entry = transition(record, to, shown, why, LATER, **LINKS)
        except Refused:
            continue
        assert to in TABLE[before.status]
        assert entry.why
        if record.status == "accepted":
            machines = authority.granted.machines if authority.granted else ()
            assert principal.kind == "human"
            assert principal.name not in machines
            assert authority.allows(principal, "accept_intent")
            assert record.evidence
            assert all(getattr(record, text) for text in FIVE_TEXTS)
        if record.guides_runs and not before.guides_runs:
            assert before.status in ("hypothesized", "proposed")
