"""Capability Manifest: what one installation of Foundry supports (spec 3.6)."""

from __future__ import annotations

from typing import Literal

from runtime_artifacts.content import Content, Throttle
from runtime_artifacts.envelope import Kind


class BlockCapability(Content):
    """One registered block."""

    name: str
    kind: Literal["observer", "mutator"]
    sinks: tuple[str, ...]
    emits: tuple[str, ...]


class FormationCapability(Content):
    """One formation: its entry event and the blocks that take part.

    Attributes:
        agent_patterns: patterns of a brief's agent formation by which a run of it can be shaped.
    """

    name: str
    entry_event: str
    blocks: tuple[str, ...] = ()
    mutates: bool = False
    agent_patterns: tuple[str, ...] = ()


class CapabilityManifest(Content):
    """Content of `foundry.capability_manifest.v1`."""

    foundry_version: str
    entry_events: tuple[str, ...]
    formations: tuple[FormationCapability, ...] = ()
    blocks: tuple[BlockCapability, ...] = ()
    throttles: tuple[Throttle, ...] = ("full", "audit_only", "dry_run")
    reads_schemas: tuple[str, ...] = ()
    resolves_briefs: bool = False
    resolves_prompt_packs: bool = False
    resolves_gate_overlays: bool = False
    exports_traces: bool = False
    streams: bool = False


CAPABILITY_MANIFEST = Kind("foundry.capability_manifest", "manifest", CapabilityManifest, minor=1)
