"""The golden examples: one small story told in all ten kinds, with fixed times and ids.

    python -m tests.contract.golden_story

writes `artifacts/golden/v1/` and `artifacts/golden/refused/` anew. The story: a shop must never charge a customer
twice; a brief protects this, a person approves it, a run finds that the checkout reaches around the payment gateway.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runtime_artifacts.envelope import Artifact, content_digest
from runtime_artifacts.identity import id_of_digest
from runtime_artifacts.kinds import read_any
from tests.contract import golden_intent, golden_run

GOLDEN = Path(__file__).parents[2] / "artifacts" / "golden"


def tell() -> dict[str, Artifact[Any]]:
    """Every valid example by its file name without `.json`."""
    plan, overlay, pack = golden_intent.make_plan(), golden_intent.make_overlay(), golden_intent.make_pack()
    brief = golden_intent.make_brief(plan, overlay, pack)
    approved = golden_intent.make_approval(brief)
    request = golden_run.make_request(brief, plan, overlay, pack, approved)
    trace, observations = golden_run.make_trace(), golden_run.make_observations(brief)
    result = golden_run.make_result(request, overlay, trace, observations)
    stopped = golden_run.make_stopped(request, brief)
    manifest = golden_run.make_manifest()
    artifacts = [
        plan,
        overlay,
        pack,
        brief,
        approved,
        request,
        trace,
        observations[0],
        result,
        manifest,
    ]
    named: dict[str, Artifact[Any]] = {artifact.schema.split(".")[1]: artifact for artifact in artifacts}
    return {**named, "foundry_run_result.stopped": stopped, "gate_overlay.newer_minor": _newer_minor(overlay)}


def _newer_minor(overlay: Artifact[Any]) -> Artifact[Any]:
    """What a later version of this package may write: more fields at every depth, under its own minor version."""
    document = json.loads(overlay.to_bytes())
    document["schema"] = "alloy.gate_overlay.v1.7"
    document["content"]["priority"] = 1.5
    document["content"]["gates"][0]["retries"] = {"at_most": 2, "backoff": None}
    document["reviewed_by"] = ["principal:jo"]
    document["digest"] = content_digest(document["schema"], document["content"])
    document["id"] = id_of_digest("gate_overlay", document["digest"])
    return read_any(json.dumps(document).encode())


def write(folder: Path = GOLDEN) -> None:
    """Write every example, valid and refused; remove what is not one."""
    from tests.contract.golden_refusals import refusals

    texts = {f"v1/{name}.json": artifact.to_bytes() for name, artifact in tell().items()}
    for name, refusal in refusals().items():
        texts[f"refused/{name}.json"] = (json.dumps(refusal, ensure_ascii=False, indent=2) + "\n").encode()
    for stale in {*folder.glob("*/*.json")} - {folder / name for name in texts}:
        stale.unlink()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


if __name__ == "__main__":
    write()
