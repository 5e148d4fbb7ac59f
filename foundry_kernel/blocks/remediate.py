"""Takes a known vulnerability out of the tree: by a newer version, else by an agent (spec 4.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.errors import FoundryError, Unsafe
from foundry_kernel.events.payloads.iteration import ExecutionCompleted
from foundry_kernel.events.payloads.security import (
    MainBranchAudited,
    RemediationStarted,
    VulnerabilityDetected,
)
from foundry_kernel.events.payloads.validation import GateResolutionCompleted
from foundry_kernel.gateways.package_tools import PackageTools, ToolCaller, is_newer

_RANGE = "<>=^~ "


class NothingAudited(FoundryError):
    """Nobody has said which vulnerability the tree has."""

    failure_class = "validation"


class RemedyAnswer(AgentAnswer):
    """What was done about the vulnerability."""

    carried_out: bool = Field(default=True, description="false when no remedy can be found")
    summary: str = ""
    reason: str = Field(default="", description="why there is no remedy")


def _is_remediation(payload: Any) -> bool:
    return bool(payload.workflow == "remediation")


def _would_remediate(trigger: Trigger) -> list[RemediationStarted | ExecutionCompleted]:
    audited = trigger.latest(MainBranchAudited)
    name, package = (audited.vulnerability, audited.package) if audited else ("", "")
    step = trigger.payload_as(GateResolutionCompleted).step
    return [
        RemediationStarted(vulnerability=name, package=package),
        ExecutionCompleted(
            success=True, summary=f"{package or 'it'} would be brought to a version without it", **step
        ),
    ]


@block(
    name="remediate",
    kind="mutator",
    sinks=(GateResolutionCompleted,),
    emits=(RemediationStarted, ExecutionCompleted),
    accepts=_is_remediation,
    dry_run_events=_would_remediate,
)
async def remediate(context: BlockContext) -> BlockResult:
    """Raise the package to the nearest version without the vulnerability; ask an agent where that does not do it.

    Whoever did it, the tree is audited again: what still has the vulnerability is no remedy.
    """
    audited = context.latest(MainBranchAudited)
    if audited is None:
        raise NothingAudited(
            "no audit says what has to be mended", next_step="begin with vulnerability_detected"
        )
    tree, git = context.work_tree, context.gateways.git
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel
    )
    tools = PackageTools(caller)
    facts: dict[str, Any] = {}
    summary = ""
    version = nearest_fix(audited.installed_version, audited.fixed_versions)
    if version is not None:
        done = await tools.raise_to(tree, audited.package, version)
        summary = "; ".join(str(each) for each in done.changes)
    clean = bool(summary) and await _is_clean(context, tools, audited)
    if not clean:
        summary, facts = await _ask_agent(context, audited, summary)
        clean = await _is_clean(context, tools, audited)
    if not clean:
        summary = f"{audited.package or 'the tree'} still has {audited.vulnerability}: {summary}"
    return BlockResult(
        summary,
        RemediationStarted(vulnerability=audited.vulnerability, package=audited.package),
        ExecutionCompleted(
            success=clean,
            summary=summary,
            changed_files=await git.changed_files(tree, context.base_revision),
            tree_digest=(await git.tree_state(tree)).digest,
            **context.payload_as(GateResolutionCompleted).step,
        ),
        details=facts,
    )


def nearest_fix(installed: str, fixed: tuple[str, ...]) -> str | None:
    """Lowest of the fixed versions that is above the installed one, None when none is."""
    nearest: str | None = None
    for each in fixed:
        plain = each.lstrip(_RANGE)
        above = not installed or is_newer(plain, installed)
        if above and (nearest is None or is_newer(nearest.lstrip(_RANGE), plain)):
            nearest = each
    return nearest


async def _is_clean(context: BlockContext, tools: PackageTools, audited: MainBranchAudited) -> bool:
    asked = context.latest(VulnerabilityDetected)
    audit = await tools.audit(context.work_tree)
    found = audit.of(audited.vulnerability, asked.aliases if asked else (), audited.package)
    return found is None and not audit.leaves_open(audited.package)


async def _ask_agent(
    context: BlockContext, audited: MainBranchAudited, tried: str
) -> tuple[str, dict[str, Any]]:
    asked = context.latest(VulnerabilityDetected)
    task = (
        f"The dependency {audited.package} {audited.installed_version} of this project has the known "
        f"vulnerability {audited.vulnerability}. Change what the project depends on, and its code "
        "as far as that asks for it, "
        "so that the vulnerability is gone. Change nothing else."
    )
    answer = await context.service(Agents).ask(
        PhaseCall(
            "execution",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("The task", task, ours=True),
                Section("What is known of the vulnerability", asked.summary if asked else ""),
                Section("Versions without it", ", ".join(audited.fixed_versions)),
                Section("What was tried before", tried),
            ),
            access="full",
            capability="coding",
            called="remediation",
            cancel=context.cancel,
        ),
        RemedyAnswer,
    )
    if "HEAD" in answer.changed_files:
        raise Unsafe(
            "the agent committed or switched branches by itself",
            next_step="tell it not to; what it did is not delivered",
        )
    said = answer.answer
    return (said.summary if said.carried_out else said.reason or said.summary), answer.facts()


BLOCK = remediate
