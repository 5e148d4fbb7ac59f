"""What this installation can do, told to whoever compiles for it (spec 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from foundry_kernel.engine.block import Block
from foundry_kernel.engine.formation import Formation
from foundry_kernel.events.catalogue import Catalogue
from runtime_artifacts.capability_manifest import BlockCapability, CapabilityManifest, FormationCapability


def describe_capabilities(
    *,
    foundry_version: str,
    blocks: Mapping[str, Block],
    formations: Iterable[Formation],
    catalogue: Catalogue,
    reads_schemas: Iterable[str],
    streams: bool = False,
    patterns_of: Callable[[Formation], tuple[str, ...]] = lambda formation: (),
) -> CapabilityManifest:
    """Make the content of a capability manifest.

    Only what really runs is promised: an entry event counts when a formation begins with it and all its blocks are
    there.

    Args:
        reads_schemas: schema names such as `alloy.gate_overlay.v1`.
        streams: whether facts can be followed while a run goes on.
        patterns_of: names the agent patterns by which a formation can be shaped.
    """
    able = [each for each in formations if all(name in blocks for name in each.blocks)]
    return CapabilityManifest(
        foundry_version=foundry_version,
        entry_events=tuple(sorted({each.entry_event for each in able} & set(catalogue.entry_events))),
        formations=tuple(
            FormationCapability(
                name=each.name,
                entry_event=each.entry_event,
                blocks=each.blocks,
                mutates=any(blocks[name].kind == "mutator" for name in each.blocks),
                agent_patterns=patterns_of(each),
            )
            for each in sorted(able, key=lambda formation: formation.name)
        ),
        blocks=tuple(
            BlockCapability(name=each.name, kind=each.kind, sinks=each.sinks, emits=each.emits)
            for _, each in sorted(blocks.items())
        ),
        reads_schemas=tuple(sorted(reads_schemas)),
        resolves_briefs=_one_has(able, "resolve_intent_context"),
        resolves_prompt_packs=_one_has(able, "execute_plan"),
        resolves_gate_overlays=_one_has(able, "resolve_gates"),
        exports_traces=True,
        streams=streams,
    )


def _one_has(formations: list[Formation], block: str) -> bool:
    """Whether some formation has the block that does it."""
    return any(block in each.blocks for each in formations)
