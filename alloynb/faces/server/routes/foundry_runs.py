"""Finished runs: what Foundry reported, and what it meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alloynb.faces.server.route import Call, Route

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace


def _holds(workspace: Workspace, named: str) -> bool:
    from alloynb.application.read_run import find_run
    from alloynb.errors import AlloyError
    from runtime_artifacts.errors import ArtifactError

    try:
        find_run(workspace, named)
    except (AlloyError, ArtifactError):
        return False
    return True


def _run(call: Call) -> Any:
    from alloynb.application.read_run import find_run

    return find_run(call.workspace, call.parts["run"]).result


def _summary(call: Call) -> Any:
    return _run(call).content.trace_summary


def _observations(call: Call) -> Any:
    return _run(call).content.evidence_observations


def _meaning(call: Call) -> Any:
    from alloynb.application.run_loop import read_again
    from alloynb.faces.report import html_of

    return read_again(call.workspace, call.parts["run"], html_of=html_of)


ROUTES = (
    Route("GET", "foundry-runs/{run}", "The run result, verified", _run, holds=_holds),
    Route("GET", "foundry-runs/{run}/trace-summary", "The condensed trace", _summary, holds=_holds),
    Route(
        "GET",
        "foundry-runs/{run}/evidence-observations",
        "What was seen for each evidence definition",
        _observations,
        holds=_holds,
    ),
    Route(
        "GET",
        "foundry-runs/{run}/meaning",
        "The run read through its brief: satisfaction of every record, gates, drift, questions",
        _meaning,
        holds=_holds,
    ),
)
