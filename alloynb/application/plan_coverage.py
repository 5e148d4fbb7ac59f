"""What of a brief was really run: each gate that it asked for, and what was lost on the way (spec 3.6, 5.7)."""

from __future__ import annotations

from typing import Literal

from alloynb.application.compile_down import gates_of_repository
from alloynb.application.loop_report import AgentsLine, PlanGateLine
from alloynb.application.workspace import Workspace
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.run_result import RunResult


def plan_gates(workspace: Workspace, result: RunResult) -> tuple[PlanGateLine, ...]:
    """Every gate that the brief of a run asked for, and in which form it was really run.

    Raises:
        NotOnShelf, DigestMismatch: the brief or its overlay is missing, or was changed.
    """
    brief = workspace.shelf.get(FORMATION_BRIEF, result.brief.digest)
    overlay = workspace.shelf.get(GATE_OVERLAY, brief.content.gate_overlay.digest).content
    of_repository = gates_of_repository(workspace, result)
    lines = []
    for gate in overlay.gates:
        own = [each for each in result.gates if each.evidence_id and each.evidence_id == gate.evidence_id]
        own += [each for each in result.gates if each.source == "overlay" and each.name == gate.name]
        same = [each for each in result.gates if each.name == gate.name and gate.name in of_repository]
        last = max(own or same, key=lambda each: (each.phase == "verify", each.attempt), default=None)
        ran_as: Literal["overlay", "repository", ""] = "overlay" if own else "repository" if same else ""
        status = last.status if last else ""
        lines.append(PlanGateLine(gate.name, gate.evidence_id, gate.mode, ran_as, status))
    return tuple(lines)


def compiled_down(workspace: Workspace, request_id: str) -> tuple[str, ...]:
    """What a request lost on its way, as it was told and kept when it was made."""
    told = workspace.warehouse.query(
        "SELECT CAST(payload->'told' AS VARCHAR[]) FROM facts WHERE kind = 'translation' AND request_id = $1 "
        "ORDER BY recorded_at DESC LIMIT 1",
        [request_id],
    ).rows
    return tuple(told[0][0]) if told else ()


def agents_of(workspace: Workspace, run_id: str, brief: FormationBrief) -> AgentsLine | None:
    """Whether the agent pattern of a brief shaped its run, as the run itself said when it began."""
    pattern = brief.agent_formation.pattern
    if pattern == "no_agent":
        return None
    said = workspace.warehouse.query(
        "SELECT (payload->'agent_pattern'->>'honoured') = 'true', payload->'agent_pattern'->>'why', "
        "CAST(payload->'blocks' AS VARCHAR[]) FROM facts WHERE kind = 'run_started' AND run_id = $1 "
        "AND (payload->'agent_pattern'->>'pattern') = $2 LIMIT 1",
        [run_id, pattern],
    ).rows
    if not said:
        return AgentsLine(pattern, honoured=False, why="the run did not say how its agents worked together")
    honoured, why, blocks = said[0]
    return AgentsLine(pattern, bool(honoured), str(why or ""), tuple(blocks or ()))
