"""A small shop to be asked about, and a way to hold whole interviews."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from alloynb.elicitation.interview import (
    Conflict,
    Context,
    Draft,
    Interview,
    Library,
    Place,
    Question,
    Seen,
    State,
    Structure,
    collect_interviews,
)
from alloynb.intent.document_model import model_of
from alloynb.intent.record import IntentRecord
from alloynb.intent.yaml_document import read_yaml
from alloynb.intent.yaml_writing import new_document


def package(name: str) -> Place:
    path = name.replace(".", "/")
    return Place(name=name, path=path, glob=f"{path}/**", importable=True)


PLACES = tuple(
    package(name) for name in ("shop.checkout", "shop.payments", "shop.pricing", "shop.web", "shop")
)
RULE = {
    "id": "imports",
    "kind": "import_boundary",
    "description": "Checkout never imports a vendor.",
    "required": True,
    "rule": {
        "type": "forbidden",
        "packages": ["shop"],
        "sources": ["shop.checkout"],
        "targets": ["shop.payments"],
    },
}
SHOP = Context(
    project="shop",
    places=PLACES,
    packages=("shop",),
    tests=("tests/test_cart.py",),
    structure=Structure(
        title="stripe stays in shop.payments",
        seen=(
            Seen(
                ref="shop/payments/cards.py:3",
                told="shop.payments.cards imports stripe",
                text="import stripe",
            ),
        ),
        intent={
            "strategy": "Only shop.payments imports stripe.",
            "evidence": [RULE],
            "scope": {"modules": ["shop"]},
        },
    ),
    library=Library(
        name="stripe",
        importers=2,
        seen=(Seen(ref="shop/payments/cards.py:3"),),
        inside=("shop.payments",),
        outside=("shop.checkout", "shop.pricing", "shop.web"),
    ),
    conflict=Conflict(
        finding_id="finding_01",
        evidence_id="shop.intent.vendor-boundary#imports",
        ref="shop/checkout/refund.py:7",
        message="shop.checkout.refund imports shop.payments.cards",
        record_id="shop.intent.vendor-boundary",
        record={
            "title": "The payment vendor can be replaced",
            "capability": "We can switch the payment provider within two weeks.",
            "threat": "Checkout code catches stripe.CardError directly, one handler at a time.",
            "expectation": "Fees are renegotiated every year.",
            "strategy": "Checkout never imports shop.payments.",
            "tradeoff": "A new Stripe feature takes a day longer.",
            "evidence": [RULE],
            "scope": {"paths": ["shop/checkout/**"], "modules": ["shop.checkout"]},
        },
    ),
)
BARE = Context(project="shop")


def interview(mode: str) -> Interview:
    return collect_interviews()[mode].plugin


def hold(mode: str, answers: Mapping[str, str], context: Context = SHOP) -> tuple[Draft, list[Question]]:
    """Answer by the ids of questions; what is not answered is skipped; the state goes through JSON at every step."""
    talk = interview(mode)
    state, asked = talk.begin(context), []
    while isinstance(question := talk.next_question(state), Question):
        asked.append(question)
        state = State.model_validate_json(talk.answer(state, answers.get(question.id, "")).to_json())
    return question, asked


def record_of(draft: Draft, status: str = "proposed") -> IntentRecord:
    """The draft as a record, read from the file that it would stand in."""
    now = datetime(2026, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    frame: dict[str, Any] = {
        "id": f"shop.intent.{draft.slug}",
        "status": status,
        "created_at": now,
        "updated_at": now,
    }
    return model_of(read_yaml(new_document({**draft.fields, **frame})), IntentRecord)
