"""A governed shop with a history that was made up: to look at boards and analyses before there are runs of one's own.

Three records, one run a night for three weeks, a boundary that erodes and is mended, a gate that is flaky, findings and
what humans said to them. Nothing of it ever ran; whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ulid import ULID

from alloynb import __version__
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.leniencies import read_leniencies
from alloynb.application.sample_finding_verdicts import sample_finding_verdicts
from alloynb.application.sample_records import SAMPLE_RECORDS
from alloynb.application.sample_repository import CreateSample, commit, create_sample
from alloynb.application.workspace import Workspace, find_root, open_workspace
from alloynb.errors import AlloyError
from alloynb.evidence.decision_facts import finding_decision_fact
from alloynb.evidence.meaning_facts import contradiction_fact, finding_fact, satisfaction_fact
from alloynb.evidence.run_facts import new_fact
from alloynb.intent.leniency import ExceptionStore, GrantedException, GrantedWaiver, WaiverStore
from alloynb.interpretation.finding import finding_id_of
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.evidence_observation import ObservationStatus
from runtime_artifacts.identity import id_of_digest
from runtime_artifacts.journal import Fact, JournalWriter

NIGHTS = 21
SAMPLE_TOLD = "Sample: a shop with three weeks that were made up, because there are no runs here yet."
_ERODED, _FLAKY, _SLOW = range(12, 18), (4, 5), range(15, NIGHTS)


@dataclass
class _Night:
    """The journal of one run, fact by fact."""

    run_id: str
    began: datetime
    common: dict[str, Any]
    at_ms: float = 0.0
    facts: list[Fact] = field(default_factory=list)

    def add(self, kind: str, *, after_ms: float = 4.0, **columns: Any) -> None:
        self.at_ms += after_ms
        moment = format_timestamp(self.began + timedelta(milliseconds=self.at_ms))
        number = len(self.facts) + 1
        self.facts.append(
            Fact(
                fact_id=f"{self.run_id}/0001/{number:06d}",
                kind=kind,
                seq=number,
                recorded_at=moment,
                run_id=self.run_id,
                attempt=1,
                **self.common,
                **columns,
            )
        )

    def block(self, span: str, name: str, above: str, took_ms: float, summary: str) -> None:
        said: dict[str, Any] = {
            "span_id": span,
            "parent_span_id": above,
            "block": name,
            "block_kind": "observer",
        }
        self.add("block_started", **said)
        self.add(
            "block_finished",
            after_ms=took_ms,
            **said,
            status="completed",
            duration_ms=took_ms,
            summary=summary,
        )


def open_or_sample(start: Path, folder: Path) -> tuple[Workspace, bool]:
    """Open the workspace that `start` lies in when runs were read there; else make a sample below `folder`.

    Returns:
        The workspace, and whether it is a sample.

    Raises:
        CannotRun: git is missing.
    """
    try:
        found = open_workspace(find_root(start))
        asked = found.warehouse.query(
            "SELECT count(*) FROM intent_satisfaction_history WHERE run_id IS NOT NULL"
        )
        if asked.rows[0][0]:
            return found, False
    except AlloyError:
        pass  # no workspace here, or no store that can be read: the sample shows what there would be
    return create_sample_history(folder / "shop"), True


def create_sample_history(root: Path, *, until: datetime | None = None) -> Workspace:
    """Make the sample shop, three accepted records, and the nights before `until` (now when None).

    Raises:
        Refused: something is there already.
        CannotRun: git is missing.
    """
    create_sample(CreateSample(root))
    initialize_workspace(InitializeWorkspace(root, title="A small shop"))
    workspace = open_workspace(root)
    for slug, fields in SAMPLE_RECORDS.items():
        given = {**fields, "sources": [{"source_type": "human", "ref": "a sample"}]}
        draft_intent(workspace, DraftIntent(slug, given, "a sample"))
        decide_intent(workspace, DecideIntent(slug, "accepted", "a sample"))
    end = until or workspace.clock()
    first = (end - timedelta(days=NIGHTS)).replace(hour=2, minute=30, second=0, microsecond=0)
    _allow(workspace, first)
    commit(root, "Say what we rely on")
    facts: list[Fact] = []
    for number in range(NIGHTS):
        night = _night(workspace, number, first + timedelta(days=number))
        with JournalWriter(workspace.run_dir(night.run_id) / "journal" / "0001.jsonl") as journal:
            for fact in night.facts:
                journal.append(fact)
        facts += _verdicts(workspace, number, night)
        facts += _effects(workspace, number, night)
    looks = sample_finding_verdicts(workspace.settings.project, first, __version__)
    workspace.warehouse.record([*facts, *_said(workspace, first), *looks])
    read_leniencies(workspace)
    workspace.warehouse.fold()
    return workspace


def _allow(workspace: Workspace, first: datetime) -> None:
    """Files of what is allowed for a while."""
    record = f"{workspace.settings.project}.intent.vendor-boundary"
    evidence = f"{record}#imports"
    ExceptionStore(workspace.alloy_dir).create(
        GrantedException(
            id=id_of_digest("exception", digest_of("sample")),
            evidence_id=evidence,
            finding_id=finding_id_of(
                record, evidence, "import_boundary", ["checkout.receipt", "acme.client"]
            ),
            who="ada",
            why="receipts move to the vendor's template this quarter",
            granted_at=first + timedelta(days=15),
            until=first + timedelta(days=NIGHTS + 60),
        )
    )
    explain = f"{workspace.settings.project}.intent.explain-charges"
    WaiverStore(workspace.alloy_dir).create(
        GrantedWaiver(
            id=id_of_digest("waiver", digest_of("sample")),
            evidence_id=f"{explain}#asked",
            who="ada",
            why="accounting has no time before the audit",
            granted_at=first + timedelta(days=2),
            until=first + timedelta(days=10),
        )
    )


def _ulid(moment: datetime, number: int) -> str:
    """An id that sorts by time, and is the same for the same night."""
    milliseconds = int(moment.timestamp() * 1000)
    rest = bytes.fromhex(digest_of(["night", number]).removeprefix("sha256:"))[:10]
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + rest))


def _night(workspace: Workspace, number: int, began: datetime) -> _Night:
    revision = digest_of(["revision", number // 2]).removeprefix("sha256:")[:40]
    common = {"project_id": workspace.settings.project, "throttle": "dry_run", "revision": revision}
    night = _Night(f"run_{_ulid(began, number)}", began, common)
    night.add(
        "run_started", event_type="validation_requested", payload={"entry_event": "validation_requested"}
    )
    night.add("event", span_id="e1", event_type="validation_requested")
    night.block("b1", "resolve_gates", "e1", 3.0, "1 gate of the repository, 2 of the overlay")
    night.add("event", span_id="e2", parent_span_id="b1", event_type="gate_resolution_completed")
    night.add(
        "block_started", span_id="b2", parent_span_id="e2", block="run_preflight", block_kind="observer"
    )
    outcomes = _gates(number)
    total = 8.0
    for gate, (status, took, evidence) in outcomes.items():
        said: dict[str, Any] = {
            "gate": gate,
            "phase": "preflight",
            "span_id": f"g-{gate}",
            "parent_span_id": "b2",
        }
        said |= {"required": evidence is None, "evidence_id": evidence}
        said["mode"] = "required_for_mutation" if evidence is None else "required_for_dry_run"
        night.add("gate_started", **said)
        night.add("gate_finished", after_ms=took, **said, status=status, duration_ms=took)
        total += took + 8
    failed = sum(status != "passed" for status, _, _ in outcomes.values())
    told = f"{failed} of {len(outcomes)} gates failed" if failed else f"all {len(outcomes)} gates passed"
    night.add(
        "block_finished", span_id="b2", parent_span_id="e2", block="run_preflight", block_kind="observer",
        status="completed", duration_ms=total, summary=told,
    )  # fmt: skip
    night.add("event", span_id="e3", parent_span_id="b2", event_type="preflight_completed")
    status = "completed_with_findings" if failed else "completed"
    night.add("run_finished", status=status, summary=told, event_type="validation_requested")
    return night


def _gates(number: int) -> dict[str, tuple[str, float, str | None]]:
    slower = 900.0 * (number - _SLOW.start) if number in _SLOW else 0.0
    imports = "failed" if number in _ERODED else "passed"
    tests = "failed" if number == _FLAKY[1] else "passed"
    return {
        "tests": (tests, 2100.0 + 37 * (number % 5) + slower, None),
        "vendor-boundary.imports": (
            imports,
            340.0 + 11 * (number % 3),
            "shop.intent.vendor-boundary#imports",
        ),
        "right-total.total": ("passed", 820.0 + 23 * (number % 4), "shop.intent.right-total#total"),
    }


def _verdicts(workspace: Workspace, number: int, night: _Night) -> Iterator[Fact]:
    said: dict[str, ObservationStatus] = {
        "vendor-boundary": "unsatisfied" if number in _ERODED else "satisfied",
        "right-total": "partially_satisfied" if number == _FLAKY[1] else "satisfied",
        "explain-charges": "satisfied" if number < 10 else "unknown",
    }
    for slug, status in said.items():
        texts = SAMPLE_RECORDS[slug]
        record = f"{workspace.settings.project}.intent.{slug}"
        evidence = f"{record}#{texts['evidence'][0]['id']}"
        yield satisfaction_fact(
            project_id=workspace.settings.project,
            record_id=record,
            status=status,
            observed_at=night.facts[-1].recorded_at,
            title=str(texts["title"]),
            capability=str(texts["capability"]),
            severity=str(texts["severity"]),
            required=1,
            satisfied=int(status == "satisfied"),
            missing=() if status == "satisfied" else (evidence,),
            run_id=night.run_id,
            revision=night.common["revision"],
            summary=f"{'Holds by' if status == 'satisfied' else 'Not shown by'} {evidence.rpartition('#')[2]}.",
            key=f"{night.run_id}/{record}",
        )


def _effects(workspace: Workspace, number: int, night: _Night) -> Iterator[Fact]:
    """Whether each strategy worked, and what its evidence cost."""
    gates = _gates(number)
    boundary, total = (gates[each][1] for each in ("vendor-boundary.imports", "right-total.total"))
    said = {
        "vendor-boundary": ("did_not_hold" if number in _ERODED else "worked", boundary, "an import"),
        "right-total": (
            "worked_but_expensive" if number in _SLOW else "worked",
            total,
            "its tests grow slow",
        ),
        "explain-charges": ("not_shown", 0.0, "nobody was asked"),
    }
    for slug, (effect, took_ms, because) in said.items():
        record = f"{workspace.settings.project}.intent.{slug}"
        yield new_fact(
            "strategy_effect",
            at=night.facts[-1].recorded_at,
            key=f"{night.run_id}/{record}",
            project_id=workspace.settings.project,
            run_id=night.run_id,
            record_id=record,
            status=effect,
            duration_ms=took_ms,
            summary=str(SAMPLE_RECORDS[slug]["strategy"]),
            payload={"because": [] if effect == "worked" else [because]},
        )


def _said(workspace: Workspace, first: datetime) -> Iterator[Fact]:
    """Findings, from look to look, and what humans said."""
    project = workspace.settings.project
    record = f"{project}.intent.vendor-boundary"
    evidence = f"{record}#imports"
    looks = (
        ("checkout.payment", 3, ((12, "new"), (13, "known"), (18, "resolved"))),
        ("checkout.refund", 9, ((13, "new"), (14, "known"), (18, "resolved"))),
        ("checkout.receipt", 5, ((14, "new"), (15, "exception"), (NIGHTS - 1, "exception"))),
        ("checkout.basket", 7, ((NIGHTS - 2, "new"), (NIGHTS - 1, "known"))),
    )
    for module, line, seen in looks:
        finding = finding_id_of(record, evidence, "import_boundary", [module, "acme.client"])
        path = f"{module.replace('.', '/')}.py"
        for night, status in seen:
            at = first + timedelta(days=night, minutes=5)
            revision = digest_of(["revision", night // 2]).removeprefix("sha256:")[:40]
            began = {"revision": revision, "at": format_timestamp(first + timedelta(days=seen[0][0]))}
            more = {"detector": "import_boundary", "subject": [module, "acme.client"], "first_seen": began}
            more["last_seen"] = {"revision": revision, "at": format_timestamp(at)}
            yield finding_fact(
                project_id=project, finding_id=finding, record_id=record, evidence_id=evidence, status=status,
                severity="high", message=f"{module} imports acme.client", path=path, lines=(line,), revision=revision,
                seen_at=at, more=more,
            )  # fmt: skip
        if module == "checkout.receipt":
            yield finding_decision_fact(
                project_id=project, finding_id=finding, record_id=record, decision="exception", principal="ada",
                why="receipts move to the vendor's template this quarter", at=first + timedelta(days=15),
            )  # fmt: skip
    explain = f"{project}.intent.explain-charges"
    yield contradiction_fact(
        project_id=project, question_id=id_of_digest("question", digest_of("sample")), record_ids=(explain,),
        reason="evidence_never_seen", question="Nobody could explain a charge for ten nights: is this still wanted?",
        evidence=("the last answer has ended", "no later look gave one"), at=first + timedelta(days=NIGHTS - 1),
    )  # fmt: skip
