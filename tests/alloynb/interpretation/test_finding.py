from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alloynb.interpretation.finding import DriftFinding, Sighting, finding_id_of, settle

AT = datetime(2026, 3, 1, tzinfo=UTC)


def finding(name: str = "x", evidence: str = "imports", lines: tuple[int, ...] = (3,)) -> DriftFinding:
    record_id = "shop.intent.offline"
    evidence_id = f"{record_id}#{evidence}"
    seen = Sighting(revision="r0", at=AT)
    return DriftFinding(
        finding_id=finding_id_of(record_id, evidence_id, "import_boundary", (f"a.{name}", "b")),
        record_id=record_id,
        evidence_id=evidence_id,
        detector="import_boundary",
        subject=(f"a.{name}", "b"),
        path=f"a/{name}.py",
        lines=lines,
        message="…",
        severity="high",
        status="new",
        revision="r0",
        first_seen=seen,
        last_seen=seen,
    )


def look(
    previous: tuple[DriftFinding, ...],
    current: tuple[DriftFinding, ...],
    revision: str,
    *,
    checked: tuple[str, ...] = ("shop.intent.offline#imports",),
    excepted: tuple[str, ...] = (),
) -> tuple[DriftFinding, ...]:
    at = AT + timedelta(days=int(revision[1:]))
    return settle(previous, current, checked, revision, at, excepted=excepted)


def test_the_id_survives_a_moved_line_and_a_changed_message() -> None:
    assert finding(lines=(3,)).finding_id == finding(lines=(90, 91)).finding_id
    assert finding("x").finding_id != finding("y").finding_id
    assert finding(evidence="imports").finding_id != finding(evidence="layers").finding_id


def test_the_id_is_the_same_in_every_version() -> None:
    named = finding_id_of(
        "shop.intent.offline", "shop.intent.offline#imports", "import_boundary", ("a.x", "b")
    )

    assert named == "finding_73W8RBP3K9EBFZP03DJQ590YY1"


def test_a_finding_goes_from_new_to_known_to_resolved_to_regressed_to_known() -> None:
    state: tuple[DriftFinding, ...] = ()
    told = []
    for number, current in enumerate(
        [(finding(),), (finding(),), (), (), (finding(),), (finding(),)], start=1
    ):
        state = look(state, current, f"r{number}")
        told.append(
            (state[0].status, state[0].revision, state[0].first_seen.revision, state[0].last_seen.revision)
        )

    assert told == [
        ("new", "r1", "r1", "r1"),
        ("known", "r2", "r1", "r2"),
        ("resolved", "r3", "r1", "r2"),
        ("resolved", "r3", "r1", "r2"),
        ("regressed", "r5", "r1", "r5"),
        ("known", "r6", "r1", "r6"),
    ]


def test_evidence_that_was_not_checked_resolves_nothing() -> None:
    before = look((), (finding(),), "r1")

    assert look(before, (), "r2", checked=("shop.intent.offline#other",)) == before


def test_an_exception_holds_exactly_as_long_as_it_is_named() -> None:
    allowed = (finding().finding_id,)

    before = look((), (finding(),), "r1", excepted=allowed)
    assert [each.status for each in before] == ["exception"]
    assert [each.status for each in look(before, (finding(),), "r2", excepted=allowed)] == ["exception"]
    assert [each.status for each in look(before, (finding(),), "r2")] == ["known"]
    assert [each.status for each in look(before, (), "r2", excepted=allowed)] == ["resolved"]


def test_the_newest_lines_are_kept_and_doubles_are_merged() -> None:
    before = look((), (finding(lines=(3,)),), "r1")
    (after,) = look(before, (finding(lines=(8,)), finding(lines=(5, 8))), "r2")

    assert after.lines == (5, 8)


LOOKS = st.lists(st.tuples(st.sets(st.sampled_from("xyz")), st.booleans()), max_size=6)


@given(looks=LOOKS)
def test_looking_twice_at_one_revision_changes_nothing(looks: list[tuple[set[str], bool]]) -> None:
    state: tuple[DriftFinding, ...] = ()
    for number, (names, is_checked) in enumerate(looks, start=1):
        current = tuple(finding(name) for name in sorted(names))
        checked = ("shop.intent.offline#imports",) if is_checked else ()
        once = look(state, current, f"r{number}", checked=checked)
        assert look(once, current, f"r{number}", checked=checked) == once
        assert {each.finding_id for each in current} <= {each.finding_id for each in once}
        assert {each.finding_id for each in state} <= {each.finding_id for each in once}
        state = once
