"""Reports of one round of the loop, as good as can be but for what a test says."""

from __future__ import annotations

from typing import Any

from alloynb.application.loop_report import (
    EvidenceLine,
    FindingLine,
    GateLine,
    LoopReport,
    Places,
    Provenance,
    RecordLine,
    StepLine,
    Verdict,
)

RUN_ID = "run_01K00000000000000000000001"
RECORD_ID = "shop.intent.vendor-boundary"


def evidence(status: Verdict = "satisfied", **other: Any) -> EvidenceLine:
    """What was seen for one definition."""
    values: dict[str, Any] = {
        "evidence_id": f"{RECORD_ID}#imports",
        "kind": "import_boundary",
        "description": "Checkout never imports a vendor.",
        "need": "required",
        "status": status,
        "told": "gate vendor-boundary.imports said so",
        "links": (f"trace://{RUN_ID}/gates/vendor-boundary.imports",),
    }
    return EvidenceLine(**{**values, **other})


def finding(**other: Any) -> FindingLine:
    """One deviation."""
    values = {
        "finding_id": "finding_0123456789abcdef",
        "record_id": RECORD_ID,
        "evidence_id": f"{RECORD_ID}#imports",
        "place": "shop/cart.py:7",
        "message": "shop.cart imports shop.vendor",
        "status": "new",
        "severity": "high",
        "first_seen": "a" * 40,
    }
    return FindingLine(**{**values, **other})


def record(verdict: Verdict = "satisfied", **other: Any) -> RecordLine:
    """One record, with one evidence definition of the same verdict."""
    values: dict[str, Any] = {
        "record_id": RECORD_ID,
        "title": "The payment vendor can be replaced",
        "capability": "We change vendor within a week.",
        "strategy": "Vendors live behind a port.",
        "tradeoff": "A little more code.",
        "severity": "high",
        "verdict": verdict,
        "reason": "because of what was seen",
        "evidence": (evidence(verdict),),
        "findings": (),
    }
    return RecordLine(**{**values, **other})


def gate(**other: Any) -> GateLine:
    """What a gate said."""
    values: dict[str, Any] = {
        "name": "vendor-boundary.imports",
        "phase": "preflight",
        "status": "passed",
        "required": True,
        "mode": "required_for_dry_run",
        "source": "overlay",
        "duration_ms": 120.0,
        "details": "",
        "output_file": None,
    }
    return GateLine(**{**values, **other})


def report_with(**other: Any) -> LoopReport:
    """A report in which everything holds, but for what is given."""
    values: dict[str, Any] = {
        "project": "shop",
        "title": "The shop",
        "objective": "Show that what we rely on holds.",
        "entry_event": "validation_requested",
        "throttle": "dry_run",
        "status": "completed",
        "failure_class": None,
        "errors": (),
        "recovery_actions": (),
        "deduplicated": False,
        "revision": "a" * 40,
        "branch": "main",
        "started_at": "2026-03-02T12:00:00.000000Z",
        "duration_ms": 1500.0,
        "uncommitted": (),
        "tree": f"revision {'a' * 12}",
        "records": (record(),),
        "gates": (gate(),),
        "findings": (),
        "resolved": (),
        "contradictions": (),
        "questions": (),
        "unread": (),
        "steps": (StepLine("run_preflight", "observer", "completed", 0.0, 130.0, "1 of 1 gates passed"),),
        "provenance": Provenance(
            brief_id="brief_01K00000000000000000000001",
            brief_digest=f"sha256:{'b' * 64}",
            request_id="runreq_01K00000000000000000000001",
            idempotency_key=f"sha256:{'c' * 64}",
            run_id=RUN_ID,
            attempt=1,
            requested_by="ada",
            runner_id="local:laptop",
            foundry_version="0.1.0",
            kernel="foundry",
            package_versions={"papermill": "2.7.0"},
        ),
        "places": Places(
            run_dir=f"/shop/.alloy/runs/{RUN_ID}",
            notebook=f"/shop/.alloy/runs/{RUN_ID}/executed.ipynb",
            store="/shop/.alloy/evidence/evidence.duckdb",
            html=f"/shop/.alloy/reports/{RUN_ID}.html",
        ),
    }
    return LoopReport(**{**values, **other})
