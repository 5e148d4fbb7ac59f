"""Requests and results as a person reads them: text for terminals and logs, HTML for notebooks. Pure."""

from __future__ import annotations

import html
from collections.abc import Sequence

from foundry_kernel.kernel.progress_step import MARKS
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.gate_overlay import GateOverlay
from runtime_artifacts.run_result import RunResult

Row = tuple[str, str]
_SHORT_DIGEST = 19


class View:
    """A heading, facts in two columns and some lines below; Jupyter shows it as HTML, a log as text."""

    def __init__(self, heading: str, rows: Sequence[Row], lines: Sequence[str] = ()) -> None:
        """Keep what is to be shown."""
        self.heading, self.rows, self.lines = heading, tuple(rows), tuple(lines)

    def text(self) -> str:
        """Plain text, columns aligned."""
        width = max((len(name) for name, _ in self.rows), default=0)
        facts = [f"  {name.ljust(width)}  {value}" for name, value in self.rows]
        return "\n".join([self.heading, *facts, *(f"  {line}" for line in self.lines)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        cell = "text-align:left;padding:1px 12px 1px 0;vertical-align:top"
        rows = "".join(
            f'<tr><th scope="row" style="{cell}">{html.escape(name)}</th>'
            f'<td style="{cell}"><code>{html.escape(value)}</code></td></tr>'
            for name, value in self.rows
        )
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.lines)
        below = f'<ul style="list-style:none;padding-left:0">{lines}</ul>' if lines else ""
        return f"<strong>{html.escape(self.heading)}</strong><table>{rows}</table>{below}"


def view_request(
    request: Artifact[ExecutionRequest],
    brief: Artifact[FormationBrief],
    overlay: Artifact[GateOverlay],
    run_id: str,
) -> View:
    """Show what is about to run; everything in it was verified."""
    asked = request.content
    rows = [
        ("run", run_id),
        ("request", f"{request.id}  {request.digest[:_SHORT_DIGEST]}…"),
        ("asked by", asked.requested_by),
        ("project", asked.project_id),
        ("revision", f"{asked.repo.revision}{f' ({asked.repo.branch})' if asked.repo.branch else ''}"),
        ("brief", f"{brief.id}  {brief.digest[:_SHORT_DIGEST]}…  {brief.content.identity.title}"),
        ("event", f"{asked.foundry.entry_event} at throttle {asked.foundry.throttle}"),
        ("gates added", ", ".join(gate.name for gate in overlay.content.gates) or "none"),
    ]
    return View("Verified: every digest, the revision and the throttle", rows)


def view_result(result: RunResult, *, deduplicated: bool = False) -> View:
    """Show how a run ended: gates, evidence, what went wrong and what one can do about it."""
    mark = MARKS.get(result.status, "")
    failure = f" ({result.failure_class})" if result.failure_class else ""
    again = ", answered before: nothing ran now" if deduplicated else ""
    seen: dict[str, int] = {}
    for observation in result.evidence_observations:
        seen[observation.status] = seen.get(observation.status, 0) + 1
    rows = [
        ("run", f"{result.foundry_run_id}, attempt {result.attempt}"),
        ("request", result.run_request_id),
        ("revision", result.revision_before),
        (
            "evidence",
            ", ".join(f"{count} {status}" for status, count in sorted(seen.items())) or "none asked for",
        ),
    ]
    for made in result.commits:
        rows.append(("commit", f"{made.commit[:12]} on {made.branch}: {made.subject} ({made.push_outcome})"))
    if result.uncommitted:
        shown = ", ".join(result.uncommitted[:5]) + (" …" if len(result.uncommitted) > 5 else "")
        rows.append(("left out", f"{len(result.uncommitted)} uncommitted: {shown}"))
    lines = [
        f"{MARKS.get(gate.status, '?')} gate {gate.name} {gate.status.replace('_', ' ')} ({gate.phase}, "
        f"{gate.duration_ms / 1000:.1f} s{'' if gate.required else ', not required'})"
        for gate in result.gates
    ]
    lines += [
        f"✗ {error.message}{f'; {error.next_step}' if error.next_step else ''}" for error in result.errors
    ]
    if result.recovery_actions:
        lines.append(
            f"What you can do: {', '.join(action.replace('_', ' ') for action in result.recovery_actions)}"
        )
    return View(f"{mark} {result.status.replace('_', ' ')}{failure}{again}", rows, lines)
