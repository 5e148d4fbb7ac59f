"""Everything that one run's chain is made of, read from wherever it lies, with what is wrong with each part."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alloynb.application.chain_link import ChainLink, Doubts
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.envelope import Artifact, ArtifactRef, ContentT, Kind
from runtime_artifacts.errors import ArtifactError, DigestMismatch, MalformedDocument
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay
from runtime_artifacts.identity import is_id
from runtime_artifacts.kinds import read_file
from runtime_artifacts.mailbox import Claim
from runtime_artifacts.prompt_pack import PROMPT_PACK, PromptPack
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.untrusted_file import read_untrusted

COPIES: dict[str, tuple[str, Kind[Any]]] = {
    "brief": ("brief.json", FORMATION_BRIEF),
    "prompt_pack": ("prompt_pack.json", PROMPT_PACK),
    "gate_overlay": ("gate_overlay.json", GATE_OVERLAY),
    "evidence_plan": ("evidence_plan.json", EVIDENCE_PLAN),
}
"""Copies in a run's folder, by the field of the request that names them."""


@dataclass
class ChainParts:
    """What was found of one run; a part that is damaged where it belongs is taken from the run's own whole copy.

    Attributes:
        links: of the parts themselves, by name.
        record: content of `run.json`; empty when there is none.
        results: every attempt, the first one first.
    """

    workspace: Workspace
    run_id: str
    request_id: str
    links: dict[str, ChainLink] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    request: Artifact[ExecutionRequest] | None = None
    claim: Claim | None = None
    brief: Artifact[FormationBrief] | None = None
    prompt_pack: Artifact[PromptPack] | None = None
    gate_overlay: Artifact[GateOverlay] | None = None
    evidence_plan: Artifact[EvidencePlan] | None = None
    results: list[Artifact[RunResult]] = field(default_factory=list)

    @property
    def run_dir(self) -> Path:
        """Folder of the run."""
        return self.workspace.run_dir(self.run_id)

    def doubts(self, name: str) -> Doubts:
        """Begin to look at a link."""
        return Doubts(name, self.workspace.root)


def find_parts(workspace: Workspace, run: str) -> ChainParts:
    """Find a run by its id or the beginning of it, and read what belongs to it.

    Raises:
        AlloyError: there is no such run, more than one fits, or it was not started by a request.
    """
    run_id = _run_id(workspace, run)
    record = _record(workspace.run_dir(run_id) / "run.json")
    request_id = str(record.get("request_id") or _claimed_request(workspace, run_id) or "")
    if not is_id(request_id, EXECUTION_REQUEST.id_prefix):
        raise AlloyError(
            f"{run_id} belongs to no request, so there is no chain to verify",
            next_step="runs that `foundry-kernel emit` starts serve no brief; `alloynb run` starts one that does",
        )
    parts = ChainParts(workspace, run_id, request_id, record=record)
    _take_request(parts)
    _take_claim(parts)
    _take_compiled(parts)
    _take_copies(parts)
    _take_results(parts)
    return parts


def _run_id(workspace: Workspace, run: str) -> str:
    known = {each.name for each in (workspace.alloy_dir / "runs").glob("run_*") if each.is_dir()}
    for file in (workspace.mailbox.folder / "claims").glob("*.json"):
        known.add(str(_record(file).get("run_id", "")))
    found = sorted(
        each for each in known if run and is_id(each, "run") and each.startswith((run, f"run_{run}"))
    )
    if len(found) != 1:
        told = f"{run!r} could be any of {len(found)} runs" if found else f"no run {run!r} here"
        raise AlloyError(told, next_step="`alloynb request list` names the run of each request")
    return found[0]


def _record(file: Path) -> dict[str, Any]:
    try:
        value = parse_json(read_untrusted(file), file)
    except (FileNotFoundError, ArtifactError):
        return {}
    return value if isinstance(value, dict) else {}


def _claimed_request(workspace: Workspace, run_id: str) -> str | None:
    claims = (workspace.mailbox.folder / "claims").glob("*.json")
    return next((file.stem for file in claims if _record(file).get("run_id") == run_id), None)


def _take_request(parts: ChainParts) -> None:
    doubts, mailbox = parts.doubts("request"), parts.workspace.mailbox
    file = mailbox.folder / "requests" / f"{parts.request_id}.json"
    try:
        parts.request = mailbox.request(parts.request_id)
    except ArtifactError as error:
        doubts.failed(error, file)
        parts.request = _copy(EXECUTION_REQUEST, parts.run_dir / "artifacts" / "request.json")
        if parts.request is not None:
            doubts.note("the rest is held against the whole copy of it in the run's folder")
    request = parts.request
    if request is not None and request.content.idempotency_key != request.content.derived_key():
        doubts.breaks(
            "its idempotency key does not follow from what it asks: it was put together by hand", file
        )
    asked = (
        f"asks for {request.content.foundry.entry_event} at {request.content.foundry.throttle}"
        if request
        else ""
    )
    parts.links["request"] = doubts.link(f"{parts.request_id} {asked}, as its digest and its key say")
    _take_key(parts)


def _take_key(parts: ChainParts) -> None:
    """The file that holds the key says which request was posted, by id and digest."""
    doubts = parts.doubts("request key")
    request = parts.request
    if request is None:
        doubts.note("not looked at: there is no request to hold it against")
    else:
        key = request.content.idempotency_key
        file = parts.workspace.mailbox.folder / "keys" / f"{key.removeprefix('sha256:')}.json"
        held = _record(file)
        if not file.exists():
            doubts.lacks("nothing holds the key, so the same request could be posted and run twice", file)
        elif held != {"request_id": request.id, "digest": request.digest}:
            doubts.breaks("the key is held for another request, or for another text of this one", file)
    parts.links["request key"] = doubts.link("held by this request, so it was posted once")


def _take_claim(parts: ChainParts) -> None:
    doubts, mailbox = parts.doubts("claim"), parts.workspace.mailbox
    file = mailbox.folder / "claims" / f"{parts.request_id}.json"
    try:
        parts.claim = mailbox.claim_of(parts.request_id)
    except ArtifactError as error:
        doubts.failed(error, file)
    else:
        if parts.claim is None:
            doubts.lacks("no runner is on record as having taken the request up", file)
    claim, record = parts.claim, parts.record
    if claim is not None and claim.run_id != parts.run_id:
        doubts.breaks(f"the request was taken up by {claim.run_id}, not by this run", file)
    elif claim is not None and record and claim.runner_id != record.get("runner_id"):
        doubts.breaks(f"taken up by {claim.runner_id}, and run by {record.get('runner_id')}", file)
    told = f"taken up by {claim.runner_id} at {claim.claimed_at}" if claim else ""
    parts.links["claim"] = doubts.link(told)


def _take_compiled(parts: ChainParts) -> None:
    """Brief, pack, overlay and plan from the shelf: each of its digest, each the one that the brief names."""
    content = parts.request.content if parts.request else None
    for field_name, (file, kind) in COPIES.items():
        name = field_name.replace("formation_", "").replace("_", " ")
        doubts = parts.doubts(name)
        sent: ArtifactRef | None = getattr(content, field_name) if content else None
        named: ArtifactRef | None = getattr(parts.brief.content, field_name, None) if parts.brief else None
        if sent is not None and named is not None and sent.digest != named.digest:
            doubts.breaks(
                f"the brief names {named.digest}, the request sends {sent.digest}: not what was reviewed"
            )
        ref = sent or named
        found = None
        if ref is None:
            doubts.lacks("nothing says which one it was")
        else:
            found = _from_shelf(parts, doubts, kind, ref, parts.run_dir / "artifacts" / file)
        setattr(parts, field_name, found)
        parts.links[name] = doubts.link(f"{found.id} {found.digest[:19]}…, recomputed" if found else "")


def _from_shelf(
    parts: ChainParts, doubts: Doubts, kind: Kind[ContentT], ref: ArtifactRef, copy: Path
) -> Artifact[ContentT] | None:
    shelf = parts.workspace.shelf
    try:
        found = shelf.get(kind, ref.digest)
        if found.id != ref.id:
            doubts.breaks(f"the request names the id {ref.id}, here stands {found.id}")
        return found
    except ArtifactError as error:
        doubts.failed(error, shelf.path_of(kind, ref.digest))
    spare = _copy(kind, copy)
    if spare is None or spare.digest != ref.digest:
        return None
    doubts.note(f"a whole copy lies in the run's folder: {copy.relative_to(parts.workspace.root).as_posix()}")
    return spare


def _take_copies(parts: ChainParts) -> None:
    """What the runner worked from must be what the request names."""
    doubts, request, folder = parts.doubts("run copies"), parts.request, parts.run_dir / "artifacts"
    if not parts.record:
        file = parts.run_dir / "run.json"
        told = (
            "cannot be read"
            if file.exists()
            else "the run's folder is not here: it ran elsewhere, or was removed"
        )
        (doubts.breaks if file.exists() else doubts.lacks)(told, file)
    elif request is not None:
        if parts.record.get("request_digest") != request.digest:
            doubts.breaks("the run was prepared for another text of the request", parts.run_dir / "run.json")
        wanted = {"request.json": (EXECUTION_REQUEST, request.digest)} | {
            file: (kind, getattr(request.content, name).digest) for name, (file, kind) in COPIES.items()
        }
        for name, (kind, digest) in wanted.items():
            _hold_copy(doubts, kind, folder / name, digest)
    parts.links["run copies"] = doubts.link("the runner worked from what the request names")


def _hold_copy(doubts: Doubts, kind: Kind[Any], file: Path, digest: str) -> None:
    if not file.exists():
        doubts.lacks("the copy that the runner worked from is gone", file)
        return
    try:
        if read_file(kind, file).digest != digest:
            raise DigestMismatch(f"{kind.folder}: the runner's copy is another one than the request names")
    except ArtifactError as error:
        doubts.failed(error, file)


def _take_results(parts: ChainParts) -> None:
    doubts = parts.doubts("result")
    folder = parts.workspace.mailbox.folder / "results" / parts.request_id
    files = sorted(folder.glob("[0-9]*.json"))
    if not files:
        doubts.lacks("no result was delivered: the run goes on, or died", folder)
        own = [_copy(RUN_RESULT, file) for file in sorted(parts.run_dir.glob("result-*.json"))]
        parts.results = [each for each in own if each is not None]
    for file in files:
        copy = parts.run_dir / f"result-{int(file.stem) if file.stem.isdigit() else 0}.json"
        delivered, spare = _result(doubts, file), _copy(RUN_RESULT, copy)
        if delivered is not None and spare is not None and spare.digest != delivered.digest:
            doubts.breaks("what was delivered is not what the run left in its folder", file)
        if delivered is not None and (
            delivered.content.run_request_id,
            f"{delivered.content.attempt:04d}",
        ) != (
            parts.request_id,
            file.stem,
        ):
            doubts.breaks("the result of another request or attempt stands here", file)
        best = delivered or spare
        if best is not None:
            parts.results.append(best)
    for result in parts.results:
        _hold_result(parts, doubts, result.content)
    last = parts.results[-1].content if parts.results else None
    parts.links["result"] = doubts.link(f"{last.status}, attempt {last.attempt}" if last else "")


def _result(doubts: Doubts, file: Path) -> Artifact[RunResult] | None:
    try:
        return read_file(RUN_RESULT, file)
    except ArtifactError as error:
        doubts.failed(error, file)
        return None


def _hold_result(parts: ChainParts, doubts: Doubts, result: RunResult) -> None:
    """A result must speak of this run, this request, and what the request asked."""
    expected: dict[str, Any] = {"foundry_run_id": parts.run_id}
    if (request := parts.request) is not None:
        asked = request.content
        expected |= {
            "request_digest": request.digest,
            "idempotency_key": asked.idempotency_key,
            "project_id": asked.project_id,
            "revision_before": asked.repo.revision,
            "throttle": asked.foundry.throttle,
            "entry_event": asked.foundry.entry_event,
            "correlation_id": asked.correlation_id,
        }
        if result.brief.digest != asked.brief.digest:
            doubts.breaks(f"it is of brief {result.brief.digest}, the request of {asked.brief.digest}")
    for name, value in expected.items():
        if getattr(result, name) != value:
            doubts.breaks(f"its {name} is {getattr(result, name)}, and should be {value}")


def _copy(kind: Kind[ContentT], file: Path) -> Artifact[ContentT] | None:
    """A copy that is whole, or None."""
    try:
        return read_file(kind, file)
    except (ArtifactError, MalformedDocument):
        return None
