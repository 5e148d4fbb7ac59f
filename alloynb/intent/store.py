"""Where records, shared expectations and shared strategies live: one YAML file each, in the repository (spec 2.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alloynb.intent.durable_file import Disk
from alloynb.intent.expectation import Expectation
from alloynb.intent.parse_cache import now_ns
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from alloynb.intent.yaml_folder import YamlFolder


class IntentStore(YamlFolder[IntentRecord]):
    """The intent records of a repository: `.alloy/intent/<slug>.yaml`."""

    def __init__(self, root: Path, *, disk: Disk | None = None, clock_ns: Callable[[], int] = now_ns) -> None:
        super().__init__(root, "intent", IntentRecord, disk=disk, clock_ns=clock_ns)


class ExpectationStore(YamlFolder[Expectation]):
    """The shared expectations of a repository: `.alloy/expectations/<slug>.yaml`."""

    def __init__(self, root: Path, *, disk: Disk | None = None, clock_ns: Callable[[], int] = now_ns) -> None:
        super().__init__(root, "expectations", Expectation, disk=disk, clock_ns=clock_ns)


class StrategyStore(YamlFolder[Strategy]):
    """The shared strategies of a repository: `.alloy/strategies/<slug>.yaml`."""

    def __init__(self, root: Path, *, disk: Disk | None = None, clock_ns: Callable[[], int] = now_ns) -> None:
        super().__init__(root, "strategies", Strategy, disk=disk, clock_ns=clock_ns)
