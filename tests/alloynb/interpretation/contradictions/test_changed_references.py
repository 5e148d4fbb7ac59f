from __future__ import annotations

from alloynb.interpretation.contradiction import ChangedReference
from alloynb.interpretation.contradictions.changed_references import DETECTOR

OFFLINE = "shop.intent.offline"


def changed(digest: str, *record_ids: str) -> ChangedReference:
    told = "epilogue:checkout/pay changed in outcome: version 3, it was 2."
    return ChangedReference("epilogue:checkout/pay", record_ids or (OFFLINE,), digest, told)


def test_a_change_under_a_guiding_record_is_a_question_that_says_what_changed(make_record, make_look) -> None:
    (question,) = DETECTOR.ask(make_look(make_record(), changed_references=(changed("sha256:1"),))).questions
    assert question.record_ids == (OFFLINE,)
    assert question.evidence == (changed("").told,)


def test_another_change_is_another_question_and_the_same_is_the_same(make_record, make_look) -> None:
    def asked(digest: str) -> str:
        return (
            DETECTOR.ask(make_look(make_record(), changed_references=(changed(digest),)))
            .questions[0]
            .question_id
        )

    assert asked("sha256:1") == asked("sha256:1")
    assert asked("sha256:1") != asked("sha256:2")


def test_what_guides_nothing_follows_from_nothing(make_record, make_look) -> None:
    look = make_look(make_record(status="deprecated"), changed_references=(changed("sha256:1"),))
    assert DETECTOR.ask(look).questions == ()
