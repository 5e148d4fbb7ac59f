"""Modes 0 and 4: a run by hand finds the brief that its event names among the files laid out for people (spec 5.2)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundry_kernel.errors import Unsafe
from runtime_artifacts.content import ArtifactRef
from runtime_artifacts.envelope import Artifact, Kind
from runtime_artifacts.errors import DigestMismatch, NotOnShelf
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import is_id
from runtime_artifacts.kinds import read_as
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.shelf import Shelf
from runtime_artifacts.untrusted_file import read_untrusted

LAID_OUT = ".alloy/briefs"
SHELF = ".alloy/shelf"


class NeedsRequest(Unsafe):
    """Only a request is held against the approvals of a brief; a run by hand is not."""


def laid_out_brief(payload: Mapping[str, Any], tree: Path | None) -> Artifact[FormationBrief] | None:
    """The brief that a payload names, verified; None when it names none, or none is laid out in the repository.

    Raises:
        DigestMismatch, ArtifactError: what lies there is damaged, or another brief.
    """
    named = payload.get("alloy")
    if tree is None or named is None or not is_id(named["brief_id"], FORMATION_BRIEF.id_prefix):
        return None
    file = tree / LAID_OUT / f"{named['brief_id']}.json"
    try:
        brief = read_as(FORMATION_BRIEF, read_untrusted(file), file)
    except FileNotFoundError:
        return None
    if (brief.id, brief.digest) != (named["brief_id"], named["brief_digest"]):
        raise DigestMismatch(f"{file}: the event names {named['brief_digest'][:80]}, found {brief.digest}")
    return brief


def keep_brief(brief: Artifact[FormationBrief], tree: Path, run_folder: Path) -> None:
    """Lay the run's own copies where its blocks look for them: the brief, and what it names as far as it is here.

    Raises:
        ArtifactError: something on the repository's shelf is damaged.
    """
    shelf, content = Shelf(tree / SHELF), brief.content
    named: tuple[tuple[str, Kind[Any], ArtifactRef], ...] = (
        ("prompt_pack", PROMPT_PACK, content.prompt_pack),
        ("gate_overlay", GATE_OVERLAY, content.gate_overlay),
        ("evidence_plan", EVIDENCE_PLAN, content.evidence_plan),
    )
    copies = {"brief": brief.to_bytes()}
    for name, kind, ref in named:
        with contextlib.suppress(NotOnShelf):
            copies[name] = shelf.get(kind, ref.digest).to_bytes()
    artifacts = run_folder / "artifacts"
    artifacts.mkdir()
    for name, text in copies.items():
        (artifacts / f"{name}.json").write_bytes(text)
