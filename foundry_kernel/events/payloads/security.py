"""Known vulnerabilities: found, audited, remediated (spec 4.6)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.events.payload import ClosingPayload, EntryPayload, Payload


class ScanRequested(EntryPayload):
    """The dependencies of a project should be compared with what is known to be vulnerable."""

    stack: str | None = None


class VulnerabilityDetected(EntryPayload):
    """One known vulnerability in one dependency."""

    vulnerability: str = Field(min_length=1, description="its public name, such as a CVE or PYSEC number")
    aliases: tuple[str, ...] = ()
    package: str = ""
    installed_version: str = ""
    fixed_versions: tuple[str, ...] = ()
    severity: str = ""
    scanner: str = ""
    summary: str = ""


class ScanCompleted(ClosingPayload):
    """Every dependency was compared; one `vulnerability_detected` stands for each finding.

    Attributes:
        vulnerabilities: how many were found.
        unaudited: dependencies of which nothing could be learnt, and why: they are not known to be clean.
    """

    vulnerabilities: int = Field(default=0, ge=0)
    unaudited: tuple[str, ...] = ()


class AuditPayload(Payload):
    """What an audit of one revision found.

    Attributes:
        fixed_versions: versions without the vulnerability, as the scanner says them.
        installed_version: version that the revision depends on; empty when it is not vulnerable.
    """

    success: bool = True
    vulnerable: bool
    revision: str = ""
    vulnerability: str = ""
    package: str = ""
    installed_version: str = ""
    fixed_versions: tuple[str, ...] = ()
    details: str = ""


class ReleaseTagAudited(AuditPayload):
    """The latest release was audited."""

    tag: str | None = None


class MainBranchAudited(AuditPayload):
    """The default branch was audited: vulnerable needs a remedy; clean needs a release if the last one is not.

    Attributes:
        release_vulnerable: what the audit of the latest release said.
    """

    branch: str = ""
    release_vulnerable: bool = False


class RemediationStarted(Payload):
    """Work on a remedy has begun."""

    vulnerability: str = ""
    package: str = ""
    attempt: int = Field(default=1, ge=1)


class RemediationCompleted(ClosingPayload):
    """The remedy is in the tree, or could not be found."""

    vulnerability: str = ""
    package: str = ""
    changed_files: tuple[str, ...] = ()


EVENTS = (
    ScanRequested,
    VulnerabilityDetected,
    ScanCompleted,
    ReleaseTagAudited,
    MainBranchAudited,
    RemediationStarted,
    RemediationCompleted,
)
