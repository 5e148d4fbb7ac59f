"""Three judgements about the sample shop, as a draft says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BOUNDARY: Mapping[str, Any] = {
    "title": "We can leave our payment vendor",
    "capability": "We change the payment vendor within a week, without touching `checkout`.",
    "threat": "A convenient import: somebody needs one thing of the vendor, right there in `checkout`.",
    "expectation": "Vendors raise prices, get bought and go down, and many hands change this code.",
    "strategy": "`checkout` says what it needs of a vendor; it never imports one.",
    "tradeoff": "One more interface, and nothing that only one vendor can do.",
    "severity": "high",
    "evidence": [
        {
            "id": "imports",
            "kind": "import_boundary",
            "description": "No module of `checkout` imports `acme`.",
            "rule": {
                "type": "forbidden",
                "packages": ["checkout", "acme"],
                "sources": ["checkout"],
                "targets": ["acme"],
            },
        }
    ],
    "scope": {"paths": ["checkout/**"], "modules": ["checkout"]},
}
TOTAL: Mapping[str, Any] = {
    "title": "Customers pay the right total",
    "capability": "What a customer sees is what is charged, to the cent.",
    "threat": "A price is computed in two places, and one of them is forgotten.",
    "expectation": "Discounts and taxes change every few months.",
    "strategy": "One function adds up a basket, and everything else calls it.",
    "tradeoff": "A discount has to fit that function, or wait.",
    "severity": "medium",
    "evidence": [
        {
            "id": "total",
            "kind": "test",
            "description": "A customer pays the total.",
            "test": {"tests": ["tests/test_payment.py"]},
        }
    ],
    "scope": {"paths": ["checkout/basket.py"]},
}
EXPLAIN: Mapping[str, Any] = {
    "title": "A charge can be explained a year later",
    "capability": "We tell from our own records why a customer was charged what she was.",
    "threat": "Prices are overwritten instead of dated.",
    "expectation": "Customers and auditors ask months later.",
    "strategy": "Prices are facts with a date; a charge names those that it used.",
    "tradeoff": "More rows, and no quick correction of a price.",
    "severity": "low",
    "evidence": [
        {
            "id": "asked",
            "kind": "human_review",
            "description": "Somebody explained a charge of last year.",
            "question": "Could you explain a charge of last year from our records alone?",
            "role": "accounting",
            "expires_days": 180,
        }
    ],
    "scope": {"paths": ["checkout/**"]},
}
SAMPLE_RECORDS: Mapping[str, Mapping[str, Any]] = {
    "vendor-boundary": BOUNDARY,
    "right-total": TOTAL,
    "explain-charges": EXPLAIN,
}
