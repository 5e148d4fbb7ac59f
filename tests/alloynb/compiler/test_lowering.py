"""What a target cannot take becomes files, or is refused with what is missing; the files of each target are golden."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from alloynb.compiler.difference import FormationContents
from alloynb.compiler.lowering import PROJECTION, gate_file, lower, lowered_files, refuse_unreachable
from alloynb.compiler.refusal import TargetCannotServe
from alloynb.compiler.target import CROSSING_SCHEMAS
from foundry_kernel.engine.formation import parse_formation
from foundry_kernel.events.catalogue import load_catalogue
from runtime_artifacts.capability_manifest import BlockCapability, CapabilityManifest, FormationCapability
from runtime_artifacts.kinds import read_any

GOLDEN = Path(__file__).parent / "golden"
GATES = BlockCapability(
    name="resolve_gates",
    kind="observer",
    sinks=("validation_requested",),
    emits=("gate_resolution_completed",),
)
ROUTE = BlockCapability(
    name="route_validation",
    kind="observer",
    sinks=("gate_resolution_completed",),
    emits=("validation_completed",),
)
VALIDATION = FormationCapability(
    name="validation", entry_event="validation_requested", blocks=("resolve_gates", "route_validation")
)
NATIVE = CapabilityManifest(
    foundry_version="1",
    entry_events=("validation_requested",),
    formations=(VALIDATION,),
    blocks=(GATES, ROUTE),
    reads_schemas=CROSSING_SCHEMAS,
    resolves_briefs=True,
    resolves_prompt_packs=True,
    resolves_gate_overlays=True,
    exports_traces=True,
)
TARGETS = {
    "native": NATIVE,
    "no_overlays": NATIVE.model_copy(update={"resolves_gate_overlays": False}),
    "no_gates_at_all": NATIVE.model_copy(
        update={"resolves_gate_overlays": False, "blocks": (ROUTE,), "formations": ()}
    ),
    "existing_foundry": CapabilityManifest(foundry_version="0.13", entry_events=("validation_requested",)),
    "people": None,
}


@pytest.fixture(scope="module")
def formation(compile_shop, worked_example):
    return compile_shop(worked_example, objective="Find out whether the shop sells while its line is down.")


def _files(formation, manifest):
    contents = FormationContents(
        formation.brief.content,
        formation.evidence_plan.content,
        formation.gate_overlay.content,
        formation.prompt_pack.content,
    )
    lowering = lower(manifest, formation.brief.content.foundry)
    return lowering, lowered_files(formation.brief, formation.prompt_pack, contents, lowering, manifest)


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_gets_what_it_can_take_as_it_was_reviewed(formation, target):
    lowering, files = _files(formation, TARGETS[target])
    told = [f"briefs {lowering.briefs}, gates {lowering.gates}, traces {lowering.traces}", ""]
    for name, text in files.items():
        shown = (
            "(as compiled)"
            if name.startswith("prompts/") or (name.endswith(".json") and "briefs" in name)
            else text
        )
        told += [f"=== {name}", shown.rstrip(), ""]
    file = GOLDEN / f"lowered_{target}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        file.write_text("\n".join(told), encoding="utf-8")
    assert "\n".join(told) == file.read_text(encoding="utf-8")


def test_the_same_brief_gives_the_same_files_and_the_brief_among_them_can_be_verified(formation):
    _, files = _files(formation, None)
    assert files == _files(formation, None)[1]
    assert read_any(files[f"briefs/{formation.brief.id}.json"].encode()).digest == formation.brief.digest


def test_every_prompt_carries_where_it_comes_from(formation):
    _, files = _files(formation, None)
    for prompt in formation.prompt_pack.content.prompts:
        text = files[f"prompts/{prompt.phase}.md"]
        header, _, body = text.partition("-->\n\n")
        assert body == prompt.text
        for word in (formation.brief.id, formation.brief.digest, formation.prompt_pack.id, prompt.template):
            assert word in header


def test_the_gate_file_is_one_that_foundry_reads_and_asks_for_no_less(formation):
    gates = json.loads(gate_file(formation.gate_overlay.content))["gates"]
    assert {gate["name"]: gate["required"] for gate in gates} == {
        gate.name: gate.mode != "advisory" for gate in formation.gate_overlay.content.gates
    }
    assert all(set(gate) == {"name", "command", "required", "timeout"} for gate in gates)


def test_a_compiled_formation_is_one_that_our_foundry_reads_and_begins_with_this_brief_alone(formation):
    from alloynb.compiler.formation import request_payload

    _, files = _files(formation, NATIVE)
    (text,) = [text for name, text in files.items() if name.startswith("formations/")]
    compiled = parse_formation(text, "compiled.toml", load_catalogue())
    assert compiled.blocks == VALIDATION.blocks
    assert compiled.fits("validation_requested", request_payload(formation.brief))
    assert not compiled.fits("validation_requested", {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"entry_events": ("greet_requested",)},
            r"the entry event validation_requested \(it accepts: greet_requested\)",
        ),
        ({"throttles": ("full",)}, r"the throttle dry_run \(it offers: full\)"),
    ],
)
def test_what_no_file_makes_up_for_is_refused_with_what_is_missing(formation, change, words):
    lowering = lower(NATIVE.model_copy(update=change), formation.brief.content.foundry)
    with pytest.raises(TargetCannotServe, match=words) as caught:
        refuse_unreachable(lowering, "1")
    assert caught.value.next_step


def test_a_target_of_which_nothing_is_known_gets_files():
    assert not PROJECTION.is_native
