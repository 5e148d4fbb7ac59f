"""Records to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alloynb.intent.record import IntentRecord

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)

BOUNDARY = {
    "id": "imports",
    "kind": "import_boundary",
    "description": "the domain imports no adapter",
    "rule": {
        "type": "forbidden",
        "packages": ["shop"],
        "sources": ["shop.domain"],
        "targets": ["shop.adapters"],
    },
}
TEXTS = {
    "capability": "We can change the payment provider within a week.",
    "threat": "Vendor calls leak into the domain.",
    "expectation": "Prices of providers keep moving.",
    "strategy": "One adapter per provider behind a port.",
    "tradeoff": "A new feature of a provider needs a mapping first.",
}


def a_record(slug: str = "payment-port", **fields: Any) -> IntentRecord:
    """A proposed record with everything that acceptance asks for; `fields` replace what they name."""
    return IntentRecord.model_validate(
        {
            "id": f"shop.intent.{slug}",
            "title": "Payment providers stay replaceable",
            **TEXTS,
            "evidence": [BOUNDARY],
            "scope": {"paths": ["shop/**"]},
            "status": "proposed",
            "sources": [{"source_type": "human", "ref": "ana"}],
            "created_at": NOON,
            "updated_at": NOON,
            **fields,
        }
    )


WRITTEN_BY_HAND = b"""\
# Why the domain knows no vendor.
id:       shop.intent.payment-port   # never changes

title: 'Payment providers stay replaceable'
severity: high        # it hurt in 2024
# the judgement
capability: >
  We can change the payment provider
  within a week.
threat: Vendor calls leak into the domain.
strategy: |
  One adapter per provider.
  Behind a port.
expectation: "Prices of providers keep moving."
tradeoff: A new feature of a provider needs a mapping first.
evidence:
    # the boundary
    - id: imports     # checked on every run
      kind: import_boundary
      description: the domain imports no adapter
      rule: {type: forbidden, packages: [shop],
             sources: [shop.domain], targets: [shop.adapters]}
    # the tests
    - id: contract
      kind: test
      description: every adapter passes the contract
      test:
          tests: [tests/contract]   # all of them
scope: {paths: ["shop/**"]}
status: proposed      # not yet
sources:
    - {source_type: human, ref: ana}
created_at: 2026-03-01T12:00:00Z
updated_at: 2026-03-01T12:00:00Z
# the end
"""
