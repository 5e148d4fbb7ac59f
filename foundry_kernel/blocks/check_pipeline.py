"""Reads what the code host's pipeline says (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.observation import PipelineChecked, PipelineCheckRequested, PipelineJob
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.code_host import Pipeline, as_text, open_code_host
from foundry_kernel.gateways.package_tools import ToolCaller

_LOOK_S = 120.0


@block(
    name="check_pipeline",
    kind="observer",
    sinks=(PipelineCheckRequested,),
    emits=(PipelineChecked,),
)
async def check_pipeline(context: BlockContext) -> BlockResult:
    """Ask the code host about a branch: the one that is named, else the one that is checked out."""
    repository = context.repository or context.tree
    if repository is None:
        raise NoTree("a pipeline belongs to a repository", next_step="name a workspace with a commit")
    asked = context.payload_as(PipelineCheckRequested)
    branch = asked.branch or await context.gateways.git.branch(repository) or ""
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel, _LOOK_S
    )
    host = await open_code_host(repository, caller)
    found = Pipeline(status="none", branch=branch) if host is None else await host.pipeline(branch=branch)
    said = as_text(found)
    return BlockResult(
        said,
        PipelineChecked(
            success=True,
            findings=1 if found.status in ("failed", "unknown") else 0,
            summary=said,
            status=found.status,
            branch=found.branch or branch,
            revision=found.revision,
            address=found.address,
            failed_jobs=tuple(
                PipelineJob(name=each.name, status=each.status, log=each.log) for each in found.failed_jobs
            ),
        ),
    )


BLOCK = check_pipeline
