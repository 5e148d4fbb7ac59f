"""Putting a brief, and what belongs to it, where every runner can get it (spec 5.2, mode 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundry_kernel.errors import Unsafe
from foundry_kernel.runner.providers.provider import NotHeld, Provider, fetch_artifact, name_of
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.envelope import Artifact, Kind
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK


class PlaceHoldsAnother(Unsafe):
    """Under the name of an artifact stands something else; it was not replaced."""


@dataclass(frozen=True)
class PublishedBrief:
    """A brief that a provider holds, whole.

    Attributes:
        created: names that this call put there.
        stood: names that stood there with the same digest.
    """

    brief: Artifact[FormationBrief]
    created: tuple[str, ...]
    stood: tuple[str, ...]

    @property
    def payload(self) -> dict[str, Any]:
        """Payload of the event that names this brief."""
        content = self.brief.content
        named = {
            "brief_id": self.brief.id,
            "brief_digest": self.brief.digest,
            "prompt_pack_id": content.prompt_pack.id,
            "evidence_plan_id": content.evidence_plan.id,
        }
        return {**content.foundry.payload, "alloy": named}


def publish_brief(workspace: RunnerWorkspace, brief_id: str, provider: Provider) -> PublishedBrief:
    """Put a brief and its parts into a place, each once; the brief last, so that whoever finds it finds the rest.

    Everything is read back and verified, also what stood there before.

    Raises:
        NotOnShelf, ArtifactError: the shelf here does not hold them whole.
        PlaceHoldsAnother: something else stands under one of their names.
        ProviderUnreachable, ProviderRefuses, BadPlace: they cannot be put there; what was put there stays.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    parts: tuple[tuple[Kind[Any], str], ...] = (
        (PROMPT_PACK, brief.content.prompt_pack.digest),
        (GATE_OVERLAY, brief.content.gate_overlay.digest),
        (EVIDENCE_PLAN, brief.content.evidence_plan.digest),
    )
    here: list[tuple[Kind[Any], Artifact[Any]]] = [
        (kind, workspace.shelf.get(kind, digest)) for kind, digest in parts
    ]
    created: list[str] = []
    stood: list[str] = []
    for kind, artifact in (*here, (FORMATION_BRIEF, brief)):
        name = name_of(kind, artifact.digest)
        (created if _kept(kind, artifact, provider) else stood).append(name)
    return PublishedBrief(brief, tuple(created), tuple(stood))


def _kept(kind: Kind[Any], artifact: Artifact[Any], provider: Provider) -> bool:
    name = name_of(kind, artifact.digest)
    created = provider.keep(name, artifact.to_bytes())
    try:
        fetch_artifact(kind, artifact.digest, provider)
    except ArtifactError as error:
        raise PlaceHoldsAnother(
            f"{provider.shown}: under {name} stands something else: {error.message}",
            next_step="nothing was replaced; find out who wrote it, and remove it there",
        ) from error
    except NotHeld as error:
        raise NotHeld(f"{error.message} right after it took it", next_step="publish it again") from error
    return created
