"""Whether what a run did was approved when it began: signature, scope, subject, revision, time (spec 3.8)."""

from __future__ import annotations

from datetime import datetime

from alloynb.application.chain_link import ChainLink, Doubts
from alloynb.application.chain_parts import ChainParts
from alloynb.application.trust_keys import trusted_keys
from runtime_artifacts.approval import APPROVAL, Approval, ApprovalScope
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.envelope import Artifact, parse_timestamp
from runtime_artifacts.errors import ArtifactError, UntrustedApproval
from runtime_artifacts.kinds import read_file
from runtime_artifacts.run_result import RunResult
from runtime_artifacts.signing import TrustedKey, verify_approval


def approvals_link(parts: ChainParts) -> ChainLink:
    """Judge the approvals by what the run did, as of when the runner took the request up.

    What an approval would be worth today does not matter: one that expired since did hold.
    """
    doubts = parts.doubts("approvals")
    needed = _used_scopes(parts)
    found = _all_approvals(parts, doubts)
    began = _began_at(parts)
    keys = _keys(parts, doubts) if found else ()
    covered: set[ApprovalScope] = set()
    for approval, sent in found:
        why = _why_not(parts, approval.content, keys, began)
        if why is None:
            covered |= set(approval.content.scopes)
            until = parse_timestamp(approval.content.expires_at)
            if until <= parts.workspace.clock():
                doubts.note(
                    f"{approval.id} expired since ({approval.content.expires_at}); it held when the run began"
                )
        elif sent:
            doubts.breaks(f"{approval.id} by {approval.content.approved_by}: {why}")
        else:
            doubts.note(f"{approval.id} was of no use to this run: {why}")
    for scope in sorted(needed - covered):
        doubts.lacks(
            f"the run made use of the scope {scope}, and no approval that held when it began covers it"
        )
    if not needed:
        return doubts.link("nothing that the run did needed one")
    return doubts.link(f"{', '.join(sorted(needed))} was approved when the run began")


def _used_scopes(parts: ChainParts) -> set[ApprovalScope]:
    """Scopes that the run made use of, by what it tells that it did."""
    used: set[ApprovalScope] = set()
    for result in (each.content for each in parts.results):
        if result.throttle != "full":
            continue
        if _mutated(result):
            used.add("mutation")
        if result.commits:
            used |= {"mutation", "commit"}
        if result.entry_event.startswith("release"):
            used.add("release")
    return used


def _mutated(result: RunResult) -> bool:
    trace = result.trace_summary
    ran = trace is not None and any(
        block.kind == "mutator" and block.status in {"completed", "failed", "interrupted"}
        for block in trace.blocks
    )
    return ran or bool(result.changed_files)


def _all_approvals(parts: ChainParts, doubts: Doubts) -> list[tuple[Artifact[Approval], bool]]:
    """Each approval once, and whether the request named it."""
    found: dict[str, tuple[Artifact[Approval], bool]] = {}
    shelf, request = parts.workspace.shelf, parts.request
    copies = {}
    for file in sorted((parts.run_dir / "artifacts" / "approvals").glob("*.json")):
        try:
            copy = read_file(APPROVAL, file)
        except ArtifactError as error:
            doubts.failed(error, file)
            continue
        copies[copy.digest] = copy
    for ref in request.content.approvals if request else ():
        try:
            found[ref.digest] = (shelf.get(APPROVAL, ref.digest), True)
        except ArtifactError as error:
            doubts.failed(error, shelf.path_of(APPROVAL, ref.digest))
            if ref.digest in copies:
                found[ref.digest] = (copies[ref.digest], True)
    if parts.brief is not None:
        for each in approvals_on_shelf(shelf, parts.brief.digest):
            found.setdefault(each.digest, (each, False))
    for digest, copy in copies.items():
        found.setdefault(digest, (copy, False))
    return [found[digest] for digest in sorted(found)]


def _began_at(parts: ChainParts) -> datetime | None:
    """When the request was taken up; the runner verified at that moment."""
    told = str(parts.record.get("prepared_at") or (parts.claim.claimed_at if parts.claim else ""))
    if not told and parts.results:
        told = parts.results[0].content.started_at
    try:
        return parse_timestamp(told)
    except ValueError:
        return None


def _keys(parts: ChainParts, doubts: Doubts) -> tuple[TrustedKey, ...]:
    try:
        return trusted_keys(parts.workspace)
    except ArtifactError as error:
        doubts.failed(error)
        return ()


def _why_not(
    parts: ChainParts, approval: Approval, keys: tuple[TrustedKey, ...], began: datetime | None
) -> str | None:
    """Why an approval did not hold for this run, or None when it did."""
    try:
        verify_approval(approval, keys)
    except UntrustedApproval as error:
        return error.message
    request = parts.request
    if request is None:
        return "there is no request to hold it against"
    if approval.subject_digest != request.content.brief.digest:
        return f"it is of {approval.subject_digest}, not of this brief"
    if approval.project_id != request.content.project_id:
        return f"it is for project {approval.project_id}"
    if approval.revision not in (None, request.content.repo.revision):
        return f"it is for revision {approval.revision}"
    if began is None:
        return "nothing says when the run began"
    if not parse_timestamp(approval.approved_at) <= began < parse_timestamp(approval.expires_at):
        return f"it held from {approval.approved_at} to {approval.expires_at}, and the run began at {began.isoformat()}"
    return None
