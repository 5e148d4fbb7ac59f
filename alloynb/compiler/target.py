"""Whether a target can serve a brief: what its capability manifest must offer (spec 3.6).

A target that does not resolve briefs or prompt packs itself is served by the files that the runner materializes; what
becomes of the gates of one without overlays says `translation`. Anything else that is missing is named, all at once.
"""

from __future__ import annotations

from alloynb.compiler.refusal import TargetCannotServe
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK

CROSSING_SCHEMAS = tuple(
    kind.schema for kind in (EXECUTION_REQUEST, FORMATION_BRIEF, PROMPT_PACK, GATE_OVERLAY, EVIDENCE_PLAN)
)
"""Schemas of everything that a request carries or refers to; a target reads and verifies each of them."""


def missing_in_target(
    manifest: CapabilityManifest, *, entry_event: str, throttle: Throttle
) -> tuple[str, ...]:
    """Name what a target lacks to serve a brief, one sentence part each; empty when it can."""
    missing = []
    if entry_event not in manifest.entry_events:
        offered = ", ".join(sorted(manifest.entry_events)) or "none"
        missing.append(f"the entry event {entry_event} (it accepts: {offered})")
    if throttle not in manifest.throttles:
        missing.append(f"the throttle {throttle} (it offers: {', '.join(manifest.throttles) or 'none'})")
    readable = readable_schemas(manifest)
    missing.extend(f"the schema {schema}" for schema in CROSSING_SCHEMAS if schema not in readable)
    return tuple(missing)


def readable_schemas(manifest: CapabilityManifest) -> frozenset[str]:
    """Those of `CROSSING_SCHEMAS` that a target reads; the minor version does not matter."""
    majors = {_major(schema) for schema in manifest.reads_schemas}
    return frozenset(schema for schema in CROSSING_SCHEMAS if _major(schema) in majors)


def refuse_unservable(manifest: CapabilityManifest, *, entry_event: str, throttle: Throttle) -> None:
    """Refuse a brief that its target cannot serve, before anything is dispatched.

    Raises:
        TargetCannotServe: names everything that is missing.
    """
    missing = missing_in_target(manifest, entry_event=entry_event, throttle=throttle)
    if missing:
        raise TargetCannotServe(
            f"Foundry {manifest.foundry_version} lacks {'; '.join(missing)}",
            next_step="upgrade the target, choose another one, or compile down to what people and command lines take: "
            "alloynb brief materialize, alloynb brief emit",
        )


def _major(schema: str) -> str:
    """Schema name without its minor version: `alloy.formation_brief.v1`."""
    family, marker, version = schema.rpartition(".v")
    return f"{family}{marker}{version.partition('.')[0]}"
