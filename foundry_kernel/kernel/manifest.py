"""The capability manifest of this installation (spec 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime

from foundry_kernel import __version__
from foundry_kernel.blocks import available_blocks
from foundry_kernel.engine.manifest import describe_capabilities
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import load_formations
from foundry_kernel.formations.agent_patterns import load_agent_patterns, patterns_of
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest
from runtime_artifacts.envelope import Artifact, seal
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.prompt_pack import PROMPT_PACK

READS = (EXECUTION_REQUEST, FORMATION_BRIEF, PROMPT_PACK, GATE_OVERLAY, EVIDENCE_PLAN)


def this_manifest(now: datetime | None = None) -> Artifact[CapabilityManifest]:
    """Say what is installed here: events, formations, blocks, and the schemas that are read.

    Raises:
        BadPlugin, FoundryError: a block or formation does not hold together.
    """
    catalogue = load_catalogue()
    patterns = load_agent_patterns()
    content = describe_capabilities(
        foundry_version=__version__,
        blocks=available_blocks(catalogue),
        formations=load_formations(catalogue).values(),
        catalogue=catalogue,
        reads_schemas=[kind.schema for kind in READS],
        streams=True,
        patterns_of=lambda formation: patterns_of(formation, patterns),
    )
    return seal(
        CAPABILITY_MANIFEST,
        content,
        id=new_id(CAPABILITY_MANIFEST.id_prefix),
        created_at=now or datetime.now(UTC),
        created_by="foundry-kernel",
        compiler_version=f"foundry-kernel {__version__}",
    )


def manifest_text(manifest: Artifact[CapabilityManifest]) -> str:
    """Write the manifest for people."""
    content = manifest.content
    lines = [f"Foundry {content.foundry_version}", "Formations:"]
    lines += [
        f"  {each.name}: {each.entry_event} → {' → '.join(each.blocks)}{' (mutates)' if each.mutates else ''}"
        for each in content.formations
    ]
    shaped = {each.name: each.agent_patterns for each in content.formations if each.agent_patterns}
    if shaped:
        lines.append("Agent patterns of a brief that shape a run:")
        lines += [f"  {name}: {', '.join(patterns)}" for name, patterns in shaped.items()]
    lines.append("Blocks:")
    lines += [
        f"  {each.name} ({each.kind}): {', '.join(each.sinks)} → {', '.join(each.emits)}"
        for each in content.blocks
    ]
    lines.append(f"Reads: {', '.join(content.reads_schemas)}")
    return "\n".join(lines)
