"""What Alloy and a person make in the golden story: plan, overlay, pack, brief, approval."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime_artifacts import approval, evidence_plan, formation_brief, gate_overlay, prompt_pack
from runtime_artifacts.envelope import Artifact, content_digest
from tests.contract.golden_setting import (
    CAPABILITY,
    IMPORTS,
    PROJECT,
    RECORD,
    REVIEW,
    REVISION,
    TESTS,
    at,
    compiled,
    made,
)

# A key that everybody knows: it signs the example and nothing else.
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def make_plan() -> Artifact[Any]:
    """What would prove that a customer is charged once."""
    return compiled(
        evidence_plan.EVIDENCE_PLAN,
        evidence_plan.EvidencePlan(
            project_id=PROJECT,
            items=(
                evidence_plan.EvidencePlanItem(
                    evidence_id=IMPORTS,
                    record_id=RECORD,
                    capability=CAPABILITY,
                    kind="import_boundary",
                    description="Only the payment gateway imports the payment provider.",
                    need="required",
                    observed_by="gate",
                    definition={
                        "rule": {
                            "type": "forbidden",
                            "sources": ["shop.checkout"],
                            "targets": ["provider_sdk"],
                        },
                        "message": None,
                    },
                    gate="gateway-boundary",
                ),
                evidence_plan.EvidencePlanItem(
                    evidence_id=TESTS,
                    record_id=RECORD,
                    capability=CAPABILITY,
                    kind="test",
                    description="Submitting the same payment twice charges once.",
                    need="required",
                    observed_by="gate",
                    definition={"tests": ["tests/test_checkout.py::test_double_submit_charges_once"]},
                    gate="double-submit",
                ),
                evidence_plan.EvidencePlanItem(
                    evidence_id=REVIEW,
                    record_id=RECORD,
                    capability=CAPABILITY,
                    kind="human_review",
                    description="The receipt says plainly that the card was charged once.",
                    need="suggested",
                    observed_by="human",
                    definition={
                        "question": "Does the receipt reassure?",
                        "role": "design",
                        "expires_days": 180,
                    },
                ),
            ),
        ),
    )


def make_overlay() -> Artifact[Any]:
    """Gates that observe two of the three."""
    return compiled(
        gate_overlay.GATE_OVERLAY,
        gate_overlay.GateOverlay(
            project_id=PROJECT,
            gates=(
                gate_overlay.OverlayGate(
                    name="gateway-boundary",
                    command=("alloynb", "check", IMPORTS),
                    timeout_s=120,
                    applies_to=(RECORD,),
                    evidence_id=IMPORTS,
                    mode="required_for_dry_run",
                ),
                gate_overlay.OverlayGate(
                    name="double-submit",
                    command="python -m pytest -q tests/test_checkout.py | tee report.txt",
                    working_directory="services/checkout",
                    timeout_s=300.5,
                    environment=("PAYMENT_SANDBOX_URL",),
                    applies_to=(RECORD,),
                    evidence_id=TESTS,
                    mode="required_for_mutation",
                ),
            ),
        ),
    )


def make_pack() -> Artifact[Any]:
    """Eight views of the brief."""
    told = {
        "assessment": f"Find where this is weakest: {CAPABILITY}",
        "triage": "Accept only what protects charging once.",
        "planning": "Stay inside services/checkout. Tie every step to the record.",
        "execution": "Make the submit button idempotent. Do not weaken a test.",
        "review": "Check the change against: a retry charges again.",
        "retry": "Fix only the gate that failed: {gate}.",
        "summarization": "Say what was preserved, and what is still unproven.",
        "intent_feedback": "What should the record learn? Naïve retries — “zweimal bezahlt” — 二重請求.",
    }
    prompts = tuple(
        prompt_pack.Prompt(
            phase=phase,
            text=told[phase],
            paragraphs=(prompt_pack.Paragraph(text=told[phase], record_ids=(RECORD,)),),
            record_ids=(RECORD,),
            references=("linear:SHOP-118",) if phase == "assessment" else (),
            template=f"{phase}@1",
            token_budget=2000,
            left_out=(
                (
                    prompt_pack.LeftOut(
                        record_id="shop.intent.fast-checkout", reason="ranked below the budget"
                    ),
                )
                if phase == "execution"
                else ()
            ),
        )
        for phase in prompt_pack.PHASES
    )
    content = prompt_pack.PromptPack(
        project_id=PROJECT, source_graph_version=_graph_version(), prompts=prompts
    )
    return compiled(prompt_pack.PROMPT_PACK, content)


def make_brief(plan: Artifact[Any], overlay: Artifact[Any], pack: Artifact[Any]) -> Artifact[Any]:
    """Which intent shapes the run."""
    content = formation_brief.FormationBrief(
        identity=formation_brief.Identity(
            project_id=PROJECT,
            title="Charge once",
            version=2,
            source_graph_version=_graph_version(),
            target_project="shop",
            template="protect_capability@1",
        ),
        mission=formation_brief.Mission(
            objective="Validate that nothing in the checkout can charge a customer twice.",
            references=(
                formation_brief.ExternalReference(
                    system="linear",
                    ref="SHOP-118",
                    title="Customers report double charges",
                    snapshot={"state": "open", "votes": 41, "assignee": None},
                ),
            ),
            definition_of_done=("Both gates pass at the revision.",),
            stop_conditions=("A test that proves charging once would have to change.",),
        ),
        relevant_intent=formation_brief.RelevantIntent(
            records=(
                formation_brief.IntentSnapshot(
                    record_id=RECORD,
                    version=3,
                    digest=content_digest("shop.record.v1", {"id": RECORD, "version": 3}),
                    title="Charge once",
                    status="active",
                    capability=CAPABILITY,
                    threat="A retry or a second click reaches the provider again.",
                    expectation="The gateway alone talks to the provider and deduplicates by payment id.",
                    strategy="One gateway with an idempotency key for every payment.",
                    tradeoff="A payment takes one more round trip.",
                    severity="high",
                    confidence=0.9,
                    scope={"paths": ["services/checkout/**"]},
                    sources=("postmortem 2025-11",),
                ),
            ),
            known_conflicts=(
                formation_brief.KnownConflict(
                    records=(RECORD, "shop.intent.fast-checkout"),
                    notes="One more round trip is slower.",
                    resolution="principal:mira: safety before speed",
                ),
            ),
            open_questions=("Do refunds need the same protection?",),
        ),
        protected_capabilities=(
            formation_brief.ProtectedCapability(
                record_id=RECORD,
                statement=CAPABILITY,
                severity="high",
                scope={"paths": ["services/checkout/**"]},
                evidence_required=(IMPORTS, TESTS),
            ),
        ),
        threats_to_watch=(
            formation_brief.ThreatToWatch(
                record_id=RECORD,
                risk="The checkout calls the provider itself.",
                patterns=("import provider_sdk",),
                past_failures=("run_01JM0000000000000000000000: gateway-boundary failed",),
            ),
        ),
        strategies=(
            formation_brief.PreferredStrategy(
                record_id=RECORD,
                name="gateway",
                definition="services/checkout/gateway.py owns the provider.",
                examples=("services/checkout/gateway.py",),
            ),
        ),
        suspicious_moves=(
            formation_brief.SuspiciousMove(
                record_id=RECORD,
                move="Import the provider elsewhere.",
                enforcement="gate",
                evidence_id=IMPORTS,
            ),
        ),
        tradeoffs=(formation_brief.AcceptedTradeoff(record_id=RECORD, statement="One more round trip."),),
        evidence_plan=plan.ref,
        gate_overlay=overlay.ref,
        prompt_pack=pack.ref,
        agent_formation=formation_brief.AgentFormation(
            pattern="no_agent", reasons=("Validation reads, and changes nothing.",)
        ),
        foundry=formation_brief.FoundryControls(
            entry_event="validation_requested", throttle="dry_run", payload={"focus": None}
        ),
        feedback_hooks=formation_brief.FeedbackHooks(
            trace_events=("preflight_completed",),
            observation_updates=(IMPORTS, TESTS),
            contradictions_to_humans=(RECORD,),
        ),
    )
    return compiled(formation_brief.FORMATION_BRIEF, content)


def make_approval(brief: Artifact[Any]) -> Artifact[Any]:
    """A person's signed statement over the brief."""
    public = SIGNING_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    empty = approval.DsseEnvelope(payload="", payloadType=approval.IN_TOTO_PAYLOAD_TYPE, signatures=())
    stated = approval.Approval(
        subject_kind="formation_brief",
        subject_id=brief.id,
        subject_digest=brief.digest,
        scopes=("dry_run", "mutation"),
        project_id=PROJECT,
        approved_by="principal:mira",
        approved_at=at(60),
        expires_at=at(7 * 86_400),
        revision=REVISION,
        why="Reviewed with the payments team.",
        envelope=empty,
    )
    payload = json.dumps(stated.statement(), sort_keys=True, separators=(",", ":")).encode()
    kind = approval.IN_TOTO_PAYLOAD_TYPE.encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    envelope = approval.DsseEnvelope(
        payload=base64.b64encode(payload).decode(),
        payloadType=approval.IN_TOTO_PAYLOAD_TYPE,
        signatures=(
            approval.ApprovalSignature(
                keyid=hashlib.sha256(public).hexdigest(),
                sig=base64.b64encode(SIGNING_KEY.sign(signed)).decode(),
            ),
        ),
    )
    content = stated.model_copy(update={"envelope": envelope})
    return made(approval.APPROVAL, content, "approval_01JNAB3MHG0000000000000003", 60, "principal:mira")


def _graph_version() -> str:
    return content_digest("shop.graph.v1", {RECORD: 3, "shop.intent.fast-checkout": 1})
