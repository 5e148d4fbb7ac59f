"""Compares a project's dependencies with what is known to be vulnerable (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.security import ScanCompleted, ScanRequested, VulnerabilityDetected
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.package_tools import Audit, PackageTools, ToolCaller


@block(
    name="scan_dependencies",
    kind="observer",
    sinks=(ScanRequested,),
    emits=(VulnerabilityDetected, ScanCompleted),
)
async def scan_dependencies(context: BlockContext) -> BlockResult:
    """Name every known vulnerability once, and say what could not be compared."""
    if context.tree is None:
        raise NoTree("dependencies are read in a work tree", next_step="name a workspace with a commit")
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel
    )
    audit = await PackageTools(caller).audit(context.tree, context.payload_as(ScanRequested).stack)
    summary = _summary(audit)
    return BlockResult(
        summary,
        *(
            VulnerabilityDetected(
                vulnerability=each.name,
                aliases=each.aliases,
                package=each.package,
                installed_version=each.installed_version,
                fixed_versions=each.fixed_versions,
                severity=each.severity,
                scanner=each.scanner,
                summary=each.summary,
            )
            for each in audit.found
        ),
        ScanCompleted(
            success=True,
            findings=len(audit.found) + len(audit.unaudited),
            summary=summary,
            vulnerabilities=len(audit.found),
            unaudited=audit.unaudited[:100],
        ),
    )


def _summary(audit: Audit) -> str:
    names = ", ".join(f"{each.name} in {each.package}" for each in audit.found[:5])
    more = f" and {len(audit.found) - 5} more" if len(audit.found) > 5 else ""
    said = f"{len(audit.found)} known vulnerabilities: {names}{more}" if audit.found else "nothing is known"
    if audit.unaudited:
        said += f"; {len(audit.unaudited)} dependencies could not be compared"
    return said


BLOCK = scan_dependencies
