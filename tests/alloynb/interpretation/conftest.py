from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alloynb.intent.record import IntentRecord

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def make_record() -> MakeRecord:
    """A record that guides runs; keyword arguments replace fields."""

    def make(slug: str = "offline", **fields: Any) -> IntentRecord:
        said: dict[str, Any] = {
            "id": f"shop.intent.{slug}",
            "title": f"Keep {slug}",
            "capability": "Selling goes on without a network.",
            "threat": "A vendor library in the core.",
            "expectation": "Networks fail.",
            "strategy": "Vendors stay behind ports.",
            "tradeoff": "More files.",
            "evidence": [
                {
                    "id": "imports",
                    "kind": "import_boundary",
                    "description": "a does not import b",
                    "rule": {"type": "forbidden", "packages": ["a", "b"], "sources": ["a"], "targets": ["b"]},
                }
            ],
            "status": "accepted",
            "severity": "high",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }
        return IntentRecord.model_validate(said | fields)

    return make


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Write files below a fresh tree and return its root."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "tree"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
        return root

    return write
