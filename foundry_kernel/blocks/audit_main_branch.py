"""Looks whether the revision that the run is of has a vulnerability (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.security import (
    MainBranchAudited,
    ReleaseTagAudited,
    VulnerabilityDetected,
)
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.package_tools import PackageTools, ToolCaller, ToolFailed


@block(
    name="audit_main_branch",
    kind="observer",
    sinks=(ReleaseTagAudited,),
    emits=(MainBranchAudited,),
)
async def audit_main_branch(context: BlockContext) -> BlockResult:
    """Audit the dependencies of the run's tree: vulnerable asks for a remedy, clean perhaps for a release."""
    if context.tree is None:
        raise NoTree("dependencies are read in a work tree", next_step="name a workspace with a commit")
    released = context.payload_as(ReleaseTagAudited)
    asked = context.latest(VulnerabilityDetected)
    aliases = asked.aliases if asked else ()
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel
    )
    audit = await PackageTools(caller).audit(context.tree)
    found = audit.of(released.vulnerability, aliases, released.package)
    if found is None and audit.leaves_open(released.package):
        raise ToolFailed(f"{released.package} could not be audited: {audit.unaudited[0]}")
    branch = await context.gateways.git.branch(context.repository or context.tree) or ""
    has = f"has {released.vulnerability}" if found else f"is free of {released.vulnerability}"
    said = f"{branch or 'the revision'} {has}"
    return BlockResult(
        said,
        MainBranchAudited(
            vulnerable=found is not None,
            revision=await context.gateways.git.revision(context.tree),
            branch=branch,
            vulnerability=released.vulnerability,
            package=found.package if found else released.package,
            installed_version=found.installed_version if found else "",
            fixed_versions=found.fixed_versions if found else (),
            details=said,
            release_vulnerable=released.vulnerable,
        ),
    )


BLOCK = audit_main_branch
