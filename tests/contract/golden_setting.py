"""Names, times and hands of the golden story (see `golden_story`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runtime_artifacts.envelope import Artifact, Kind, format_timestamp, seal

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PROJECT = "shop"
RECORD = "shop.intent.charge-once"
IMPORTS = f"{RECORD}#gateway-boundary"
TESTS = f"{RECORD}#double-submit"
REVIEW = f"{RECORD}#receipt-wording"
CAPABILITY = "A customer can submit a payment twice by accident and is charged once."
REVISION = "4f0d7c2b9e8a6153d1c0b7a8f9e2d3c4b5a69788"
RUN = "run_01JNAB3WCR0000000000000002"
REQUEST = "runreq_01JNAB3WC80000000000000001"
TRACE = "8a1f4c0e6b2d4f5a9c3e7d1b0f2a4c6e"
COMPILER = "alloynb 0.1.0"


def at(seconds: float) -> str:
    """Time of the story, in seconds after noon."""
    return format_timestamp(NOON + timedelta(seconds=seconds))


def compiled(kind: Kind[Any], content: Any) -> Artifact[Any]:
    """Seal what Alloy compiles."""
    return seal(kind, content, created_at=NOON, created_by="principal:mira", compiler_version=COMPILER)


def made(kind: Kind[Any], content: Any, id: str, seconds: float, by: str) -> Artifact[Any]:
    """Seal what has an id of its own, made some seconds after noon."""
    return seal(
        kind,
        content,
        id=id,
        created_at=NOON + timedelta(seconds=seconds),
        created_by=by,
        compiler_version="foundry-kernel 0.1.0" if by == "runner:laptop" else COMPILER,
    )
