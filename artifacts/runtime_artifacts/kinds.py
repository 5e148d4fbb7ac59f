"""The ten kinds of artifact, by schema family (spec 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST
from runtime_artifacts.envelope import Artifact, ContentT, Kind, read_artifact
from runtime_artifacts.errors import InvalidContent, MalformedDocument, Place
from runtime_artifacts.evidence_observation import EVIDENCE_OBSERVATION
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.run_result import RUN_RESULT
from runtime_artifacts.trace_summary import TRACE_SUMMARY
from runtime_artifacts.untrusted_file import read_untrusted

KINDS: dict[str, Kind[Any]] = {
    kind.family: kind
    for kind in (
        FORMATION_BRIEF,
        PROMPT_PACK,
        GATE_OVERLAY,
        EVIDENCE_PLAN,
        EXECUTION_REQUEST,
        RUN_RESULT,
        EVIDENCE_OBSERVATION,
        TRACE_SUMMARY,
        CAPABILITY_MANIFEST,
        APPROVAL,
    )
}


def read_any(text: bytes, file: Path | None = None) -> Artifact[Any]:
    """Read and verify one artifact of any known kind.

    Raises:
        MalformedDocument, UnknownSchema, InvalidContent, DigestMismatch, UnsafePath: with the place.
    """
    return read_artifact(text, KINDS, file)


def read_as(kind: Kind[ContentT], text: bytes, file: Path | None = None) -> Artifact[ContentT]:
    """Read and verify one artifact that must be of the given kind.

    Raises:
        MalformedDocument, UnknownSchema, InvalidContent, DigestMismatch, UnsafePath: with the place.
    """
    found = read_any(text, file)
    if not isinstance(found.content, kind.model):
        raise InvalidContent(
            f"this is {found.schema}, and {kind.schema} is needed", place=Place(file, "/schema")
        )
    return found


def read_file(kind: Kind[ContentT], file: Path) -> Artifact[ContentT]:
    """Read and verify the artifact in a file.

    Raises:
        MalformedDocument: also when the file cannot be read.
        UnknownSchema, InvalidContent, DigestMismatch, UnsafePath: with the place.
    """
    try:
        text = read_untrusted(file)
    except FileNotFoundError as error:
        raise MalformedDocument("there is no such file", place=Place(file)) from error
    return read_as(kind, text, file)
