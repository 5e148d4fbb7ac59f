"""Findings as SARIF 2.1.0, so that code hosts and editors show them in place (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import NotChecked
from alloynb.interpretation.finding import DriftFinding, place_of
from alloynb.interpretation.verdict import Verdict

SARIF_VERSION = "2.1.0"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "alloyFinding/v1"
RENAMED = "alloyFindingByPresentName/v1"

_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
_BASELINE = {
    "new": "new",
    "regressed": "new",
    "known": "unchanged",
    "exception": "unchanged",
    "resolved": "absent",
}


def sarif_of(
    findings: Iterable[DriftFinding],
    records: Iterable[IntentRecord],
    *,
    tool_version: str,
    revision: str,
    could_not_check: Sequence[NotChecked] = (),
    allowed: Mapping[str, str] | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
    lost: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write findings as one SARIF run. The same findings give the same document.

    Each evidence definition with a finding becomes a rule whose help names the record, what it protects and the
    strategy; status becomes `baselineState`; what lets a finding stand becomes an accepted suppression; the finding id
    is a partial fingerprint, and so is the id that its present name gives. Evidence that could not be checked makes the
    invocation unsuccessful and is named there.

    Args:
        findings: settled or fresh.
        records: the records that the findings belong to; more do no harm.
        tool_version: version of Alloy.
        revision: the revision that was looked at.
        could_not_check: what stayed unknown.
        allowed: by finding id, who lets it stand for now, until when and why.
        verdicts: by finding id, what it looks like; told in the message, because code hosts show nothing else, and
            with every clue in the properties.
        lost: by evidence id, in words, which names its rule lost and what that looks like.

    Spec: 6.4.
    """
    listed = sorted(findings, key=place_of)
    by_id = {record.id: record for record in records}
    evidence_ids = sorted({finding.evidence_id for finding in listed})
    rules = [_rule(evidence_id, by_id) for evidence_id in evidence_ids]
    results = [
        _result(
            finding,
            evidence_ids.index(finding.evidence_id),
            (allowed or {}).get(finding.finding_id),
            (verdicts or {}).get(finding.finding_id),
        )
        for finding in listed
    ]
    driver = {"name": "alloynb", "semanticVersion": tool_version, "rules": rules}
    notifications = [
        {"level": "error", "message": {"text": f"{each.evidence_id}: {reason}"}}
        for each in could_not_check
        for reason in each.reasons
    ]
    invocation: dict[str, Any] = {
        "executionSuccessful": not notifications,
        "toolExecutionNotifications": notifications,
    }
    if lost:
        invocation["toolConfigurationNotifications"] = [
            {"level": "warning", "message": {"text": f"{evidence_id}: {told}"}}
            for evidence_id, told in sorted(lost.items())
        ]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "root of the repository"}}},
        "properties": {"revision": revision},
        "results": results,
    }
    return {"$schema": SARIF_SCHEMA, "version": SARIF_VERSION, "runs": [run]}


def _rule(evidence_id: str, records: Mapping[str, IntentRecord]) -> dict[str, Any]:
    record_id = evidence_id.partition("#")[0]
    record = records.get(record_id)
    if record is None:
        return {"id": evidence_id, "properties": {"record": record_id}}
    definition = record.evidence_definition(evidence_id)
    texts = [("protects", record.capability), ("strategy", record.strategy), ("tradeoff", record.tradeoff)]
    stated = [f"{label}: {text}" for label, text in texts if text]
    rule: dict[str, Any] = {
        "id": evidence_id,
        "shortDescription": {"text": record.title},
        "help": {"text": "\n".join([f"record: {record_id}", *stated])},
        "defaultConfiguration": {"level": _LEVELS[record.severity]},
        "properties": {"record": record_id, "severity": record.severity},
    }
    if definition is not None:
        rule["fullDescription"] = {"text": definition.description}
    return rule


def _result(
    finding: DriftFinding, rule_index: int, allowed: str | None, verdict: Verdict | None
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.evidence_id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding.path, line) for line in finding.lines or (None,)],
        "partialFingerprints": {FINGERPRINT: finding.finding_id},
        "baselineState": _BASELINE[finding.status],
        "properties": {
            "status": finding.status,
            "detector": finding.detector,
            "first_seen_revision": finding.first_seen.revision,
            "last_seen_revision": finding.last_seen.revision,
        },
    }
    result["suppressions"] = []
    if finding.status == "exception" or (allowed is not None and finding.status != "resolved"):
        justified = {"justification": allowed} if allowed is not None else {}
        result["suppressions"] = [{"kind": "external", "status": "accepted", **justified}]
    if finding.through:
        result["relatedLocations"] = [
            _location(step.path, line) for step in finding.through for line in step.lines[:1]
        ]
    if finding.introduced is not None:
        result["properties"]["introduced"] = finding.introduced.model_dump(mode="json", exclude_none=True)
    if verdict is not None:
        result["message"] = {"text": f"{finding.message}; {verdict.told_with_strength}"}
        result["properties"]["verdict"] = {
            "leaning": verdict.leaning or "undecided",
            "strength": round(verdict.strength, 2),
            "clues": [asdict(clue) for clue in verdict.clues],
        }
    if finding.alias is not None:
        result["partialFingerprints"][RENAMED] = finding.alias
    return result


def _location(path: str, line: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(path), "uriBaseId": "SRCROOT"}}
    if line is not None:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}
