from __future__ import annotations

from typing import Any

from alloynb.interpretation.contradictions.conflicting_rules import DETECTOR

RESOLUTION = {"by": "ada", "at": "2026-02-01T00:00:00Z", "why": "we are between the two"}


def layered(*layers: str) -> dict[str, Any]:
    rule = {"type": "layers", "packages": ["shop"], "layers": layers}
    return {"evidence": [{"id": "order", "kind": "import_boundary", "description": "Layers.", "rule": rule}]}


def test_rules_that_cannot_be_meant_together_are_asked_about_with_their_sentences(
    make_record, make_look
) -> None:
    up, down = (
        make_record("up", **layered("shop.a", "shop.b")),
        make_record("down", **layered("shop.b", "shop.a")),
    )
    (question,) = DETECTOR.ask(make_look(up, down)).questions
    assert question.record_ids == ("shop.intent.down", "shop.intent.up")
    assert "“Keep down” and “Keep up” cannot all hold" in question.question
    assert "shop.a lies above shop.b" in question.evidence[2]
    assert ".alloy/intent/up.yaml" in question.evidence[2]


def test_a_resolution_between_the_records_settles_it(make_record, make_look) -> None:
    link = {"type": "conflicts_with", "target": "shop.intent.up", "resolution": RESOLUTION}
    up = make_record("up", **layered("shop.a", "shop.b"))
    down = make_record("down", **layered("shop.b", "shop.a"), relationships=[link])
    assert DETECTOR.ask(make_look(up, down)).questions == ()


def test_what_guides_nothing_contradicts_nothing(make_record, make_look) -> None:
    up = make_record("up", **layered("shop.a", "shop.b"))
    assert (
        DETECTOR.ask(
            make_look(up, make_record("down", **layered("shop.b", "shop.a"), status="proposed"))
        ).questions
        == ()
    )


def test_a_record_that_contradicts_itself_is_asked_about_alone(make_record, make_look) -> None:
    both = [
        *layered("shop.a", "shop.b")["evidence"],
        {**layered("shop.b", "shop.a")["evidence"][0], "id": "other"},
    ]
    (question,) = DETECTOR.ask(make_look(make_record("a", evidence=both))).questions
    assert "“Keep a” contradicts itself" in question.question
