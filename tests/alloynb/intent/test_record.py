"""What must be true of a record (spec 2.1)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alloynb.intent.record import FIVE_TEXTS, IntentRecord
from tests.alloynb.intent.records import BOUNDARY, LATER, NOON, TEXTS, a_record

ALL_BUT_HYPOTHESES = ["proposed", "accepted", "active", "deprecated", "contradicted", "superseded"]


def test_a_hypothesis_may_lack_all_five_texts() -> None:
    record = a_record(status="hypothesized", **dict.fromkeys(TEXTS))

    assert record.missing_for("proposed") == FIVE_TEXTS


@pytest.mark.parametrize("status", ALL_BUT_HYPOTHESES)
@pytest.mark.parametrize("text", FIVE_TEXTS)
def test_from_proposed_on_every_one_of_the_five_texts_is_required(status: str, text: str) -> None:
    with pytest.raises(ValidationError, match=f"a record that is {status} needs: {text}"):
        a_record(status=status, **{text: None})


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_a_blank_text_is_no_text(blank: str) -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        a_record(tradeoff=blank)


@pytest.mark.parametrize("status", ["accepted", "active", "deprecated", "contradicted"])
def test_from_accepted_on_evidence_is_required(status: str) -> None:
    with pytest.raises(ValidationError, match="at least one evidence definition"):
        a_record(status=status, evidence=[])


def test_an_active_record_has_a_source() -> None:
    with pytest.raises(ValidationError, match="at least one source"):
        a_record(status="active", sources=[])


def test_only_accepted_and_active_records_guide_runs() -> None:
    everything = ["hypothesized", "rejected", *ALL_BUT_HYPOTHESES]

    assert {status for status in everything if a_record(status=status).guides_runs} == {"accepted", "active"}


@pytest.mark.parametrize(
    "bad_id",
    [
        "payment",
        "shop.payment",
        "shop.intent.",
        "Shop.intent.x",
        "shop.intent.a b",
        "shop.intent.../x",
        "a/b.intent.x",
    ],
)
def test_an_id_is_project_intent_slug(bad_id: str) -> None:
    with pytest.raises(ValidationError, match="String should match pattern"):
        a_record().model_validate({**a_record().model_dump(), "id": bad_id})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"evidence": [BOUNDARY, BOUNDARY]}, "'imports' is used twice"),
        ({"supersedes": "shop.intent.payment-port"}, "does not supersede itself"),
        (
            {"relationships": [{"type": "refines", "target": "shop.intent.payment-port"}]},
            "no relationship to itself",
        ),
        ({"updated_at": NOON.replace(year=2025)}, "before created_at"),
        ({"confidence": 1.5}, "less than or equal to 1"),
        ({"version": 0}, "greater than or equal to 1"),
        ({"created_at": NOON.replace(tzinfo=None)}, "timezone"),
        ({"created_at": "1234567890"}, "with its zone"),
        ({"scope": {"paths": ["../elsewhere"]}}, "stays inside the repository"),
        ({"surprise": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        a_record(**fields)


def test_a_record_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_record().status = "accepted"  # type: ignore[misc]


def test_accepting_a_record_does_not_change_what_it_means() -> None:
    accepted = a_record(status="active", version=7, updated_at=LATER)

    assert accepted.content_digest() == a_record().content_digest()


@pytest.mark.parametrize("field", ["title", *FIVE_TEXTS, "owner", "supersedes"])
def test_what_a_record_says_is_in_its_digest(field: str) -> None:
    assert a_record(**{field: "shop.intent.other"}).content_digest() != a_record().content_digest()


def test_a_stated_default_and_an_unstated_one_mean_the_same() -> None:
    stated = a_record(evidence=[{**BOUNDARY, "required": True, "review_policy": "every_run"}])

    assert stated.content_digest() == a_record().content_digest()
    assert (
        a_record(evidence=[{**BOUNDARY, "required": False}]).content_digest() != a_record().content_digest()
    )


@given(st.permutations(list(a_record().model_dump(mode="json").items())))
def test_the_digest_does_not_depend_on_the_order_of_keys(items: list[tuple[str, Any]]) -> None:
    assert IntentRecord.model_validate(dict(items)).content_digest() == a_record().content_digest()


def test_a_record_survives_json() -> None:
    record = a_record(review_triggers=[{"date": "2027-06-01"}, {"sql": "SELECT true", "why": "x"}])

    assert IntentRecord.model_validate_json(record.model_dump_json(), strict=True) == record


def test_evidence_is_found_by_its_short_and_its_global_id() -> None:
    record = a_record()

    assert record.evidence_definition("imports") is record.evidence[0]
    assert record.evidence_definition(record.evidence[0].global_id(record.id)) is record.evidence[0]
    assert record.evidence_definition("shop.intent.other#imports") is None
    assert record.evidence_definition("tests") is None


def test_importing_the_record_imports_no_yaml_and_no_path_library(repo_root: Path) -> None:
    code = "import sys, alloynb.intent.record; print({'ruamel', 'yaml', 'pathspec', 'duckdb'} & set(sys.modules))"

    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo_root,
        env={"PYTHONPATH": ".:artifacts"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "set()\n"
