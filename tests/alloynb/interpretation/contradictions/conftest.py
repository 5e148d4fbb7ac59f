"""A look at intent, over a store that can be filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.evidence.warehouse import Warehouse
from alloynb.intent.expectation import Expectation
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from alloynb.interpretation.contradiction import IntentLook
from runtime_artifacts.journal import Fact

NOW = datetime.now(UTC)
"""Conditions say `now()`, so facts are dated from the real present."""

MakeLook = Callable[..., IntentLook]
Keep = Callable[[Iterable[Fact]], None]


def ago(**by: float) -> datetime:
    """A moment before the look."""
    return NOW - timedelta(**by)


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / ".alloy")


@pytest.fixture
def keep(store: Warehouse) -> Keep:
    """Record facts."""

    def record(facts: Iterable[Fact]) -> None:
        store.record(facts)

    return record


@pytest.fixture
def make_look(store: Warehouse) -> MakeLook:
    """A look at records, expectations and strategies; `at` and `confirmed_at` can be given."""

    def ask_store(sql: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
        return store.query(sql, parameters, time_limit_s=5).as_dicts()

    def make(*intent: IntentRecord | Expectation | Strategy, **more: Any) -> IntentLook:
        return IntentLook(
            **{
                "project": "shop",
                "records": tuple(each for each in intent if isinstance(each, IntentRecord)),
                "expectations": tuple(each for each in intent if isinstance(each, Expectation)),
                "strategies": tuple(each for each in intent if isinstance(each, Strategy)),
                "at": NOW,
                "ask_store": ask_store,
                **more,
            }
        )

    return make
