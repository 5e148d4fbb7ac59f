"""Formation briefs: compile, look at, compare, approve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from alloynb.faces.server.route import Body, Call, Parameter, Reply, Route
from runtime_artifacts.content import JsonObject

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace


class Compilation(Body):
    """What to compile."""

    template: str = "validate"
    records: tuple[str, ...] = Field(default=(), description="ids or slugs; all accepted ones when empty")
    paths: tuple[str, ...] = Field(default=(), description="only records that govern one of these")
    objective: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)
    preview: bool = Field(default=False, description="compile and write nothing")


class SignedApproval(Body):
    """An approval artifact, signed by its owner's key."""

    approval: JsonObject


def _holds(workspace: Workspace, named: str) -> bool:
    from runtime_artifacts.errors import ArtifactError
    from runtime_artifacts.formation_brief import FORMATION_BRIEF

    try:
        workspace.shelf.find(FORMATION_BRIEF, named)
    except ArtifactError:
        return False
    return True


def _compile(call: Call) -> Any:
    from alloynb.application.compile_intent import CompileIntent, compile_intent, preview_brief

    body: Compilation = call.body
    command = CompileIntent(
        body.template, body.records, body.paths, body.objective, payload=dict(body.payload)
    )
    if body.preview:
        return Reply(preview_brief(call.workspace, command), 200)
    return Reply(compile_intent(call.workspace, command), 201)


def _list(call: Call) -> Any:
    from runtime_artifacts.formation_brief import FORMATION_BRIEF

    return [
        {
            "id": each.id,
            "digest": each.digest,
            "created_at": each.created_at,
            "created_by": each.created_by,
            "entry_event": each.content.foundry.entry_event,
            "objective": each.content.mission.objective,
            "protected_capabilities": len(each.content.protected_capabilities),
        }
        for each in call.workspace.shelf.all(FORMATION_BRIEF)
    ]


def _show(call: Call) -> Any:
    from runtime_artifacts.formation_brief import FORMATION_BRIEF

    return call.workspace.shelf.find(FORMATION_BRIEF, call.parts["brief"])


def _compiled(call: Call) -> Any:
    from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
    from runtime_artifacts.formation_brief import FORMATION_BRIEF
    from runtime_artifacts.gate_overlay import GATE_OVERLAY
    from runtime_artifacts.prompt_pack import PROMPT_PACK

    shelf = call.workspace.shelf
    brief = shelf.find(FORMATION_BRIEF, call.parts["brief"])
    return {
        "brief": brief,
        "prompt_pack": shelf.get(PROMPT_PACK, brief.content.prompt_pack.digest),
        "gate_overlay": shelf.get(GATE_OVERLAY, brief.content.gate_overlay.digest),
        "evidence_plan": shelf.get(EVIDENCE_PLAN, brief.content.evidence_plan.digest),
    }


def _prompts(call: Call) -> Any:
    return _compiled(call)["prompt_pack"]


def _difference(call: Call) -> Any:
    from alloynb.application.compile_intent import compare_with

    return {"changes": compare_with(call.workspace, call.parts["brief"], call.one("to"))}


def _approve(call: Call) -> Any:
    from alloynb.application.receive_approval import receive_approval
    from runtime_artifacts.canonical import canonical_bytes

    return Reply(receive_approval(call.workspace, canonical_bytes(call.body.approval)), 201)


ROUTES = (
    Route(
        "POST",
        "projects/{project}/formation-briefs",
        "Compile accepted intent; the same records give the same brief",
        _compile,
        action="compile_brief",
        body=Compilation,
        success=201,
        tag="formation-briefs",
    ),
    Route(
        "GET",
        "projects/{project}/formation-briefs",
        "Briefs on the shelf",
        _list,
        tag="formation-briefs",
    ),
    Route("GET", "formation-briefs/{brief}", "One brief, verified", _show, holds=_holds),
    Route(
        "GET",
        "formation-briefs/{brief}/compiled",
        "The brief with its prompt pack, gate overlay and evidence plan",
        _compiled,
        holds=_holds,
    ),
    Route(
        "POST",
        "formation-briefs/{brief}/compile-prompts",
        "The prompt pack of the brief, as each phase is told it",
        _prompts,
        action="compile_brief",
        holds=_holds,
    ),
    Route(
        "GET",
        "formation-briefs/{brief}/difference",
        "What changed from this brief to another, or to what would be compiled now, in plain sentences",
        _difference,
        holds=_holds,
        query=(Parameter("to", "id or digest of the later brief; what would be compiled now without it"),),
    ),
    Route(
        "POST",
        "projects/{project}/approvals",
        "Take in an approval that its owner signed; what it allows is checked by its signature",
        _approve,
        body=SignedApproval,
        success=201,
        tag="formation-briefs",
    ),
)
