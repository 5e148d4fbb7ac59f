"""Reports: reading what a gate left, defensively, and writing what the run's gates said (spec 4.5).

Read and written are JUnit XML and SARIF 2.1.0. A report is untrusted: it may be huge, deep, or made to explode.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from foundry_kernel.events.payloads.validation import ReportCounts
from foundry_kernel.gates.errors import UnreadableReport
from foundry_kernel.gateways.files import FileUnreadable, read_plain
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.run_result import GateReport

MAX_REPORT_BYTES = 16 * 1024 * 1024
MAX_REPORTS = 50
MAX_XML_DEPTH = 100
_SUFFIXES = (".sarif", ".xml")


def find_reports(folder: Path) -> tuple[Path, ...]:
    """Reports that a gate left in its folder, by name: plain files only, no links, at most `MAX_REPORTS`."""
    found = [
        each
        for each in sorted(folder.iterdir())
        if each.suffix in _SUFFIXES and each.is_file() and not each.is_symlink()
    ]
    return tuple(found[:MAX_REPORTS])


def count_report(file: Path) -> ReportCounts:
    """Count what a report says. One that cannot be read is a count with a `problem`."""
    try:
        text = _read(file)
        return _count_sarif(text, file) if file.suffix == ".sarif" else _count_junit(text, file)
    except (UnreadableReport, FileUnreadable, ArtifactError) as error:
        return ReportCounts(file=file.name, problem=error.message)


def _read(file: Path) -> bytes:
    text = read_plain(file, file.name, MAX_REPORT_BYTES)
    if text is None:
        raise UnreadableReport(f"{file.name}: it is gone")
    return text


def _count_sarif(text: bytes, file: Path) -> ReportCounts:
    document = parse_json(text, file)
    runs = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(runs, list):
        raise UnreadableReport("not SARIF: no runs")
    results = [
        each
        for run in runs
        if isinstance(run, dict) and isinstance(run.get("results"), list)
        for each in run["results"]
        if isinstance(each, dict)
    ]
    open_ones = [
        each for each in results if not each.get("suppressions") and each.get("kind", "fail") == "fail"
    ]
    return ReportCounts(
        file=file.name,
        total=len(results),
        failures=sum(1 for each in open_ones if each.get("level", "warning") == "error"),
        warnings=sum(1 for each in open_ones if each.get("level", "warning") in ("warning", "note")),
        skipped=sum(1 for each in results if each.get("suppressions")),
    )


def _count_junit(text: bytes, file: Path) -> ReportCounts:
    """Count elements while they stream by. A document type is refused: it is where entities are declared."""
    seen = {"testcase": 0, "failure": 0, "error": 0, "skipped": 0}
    depth = 0

    def refuse(*_: Any) -> int:
        raise UnreadableReport("declares a document type or entities")

    def begin(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise UnreadableReport(f"nested deeper than {MAX_XML_DEPTH} levels")
        if name in seen:
            seen[name] += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise UnreadableReport(f"not XML: {error}") from error
    return ReportCounts(
        file=file.name,
        total=seen["testcase"],
        failures=seen["failure"] + seen["error"],
        skipped=seen["skipped"],
    )


def junit_of(reports: Iterable[GateReport], suite: str) -> bytes:
    """Write gates as one JUnit test suite, a test case per gate."""
    listed = tuple(reports)
    bad = [each for each in listed if each.status not in ("passed", "skipped")]
    root = ET.Element(
        "testsuite",
        name=suite,
        tests=str(len(listed)),
        failures=str(sum(1 for each in bad if each.status == "failed")),
        errors=str(sum(1 for each in bad if each.status != "failed")),
        skipped=str(sum(1 for each in listed if each.status == "skipped")),
        time=f"{sum(each.duration_ms for each in listed) / 1000:.3f}",
    )
    for each in listed:
        seconds = f"{each.duration_ms / 1000:.3f}"
        case = ET.SubElement(
            root, "testcase", classname=f"{suite}.{each.source}", name=each.name, time=seconds
        )
        if each.status == "skipped":
            ET.SubElement(case, "skipped")
        elif each in bad:
            kind = "failure" if each.status == "failed" else "error"
            ET.SubElement(case, kind, message=_sentence(each), type=each.status).text = each.details
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def sarif_of(reports: Iterable[GateReport], version: str) -> dict[str, Any]:
    """Write gates as a SARIF 2.1.0 document, a result per gate that did not pass."""
    listed = tuple(reports)
    bad = [each for each in listed if each.status not in ("passed", "skipped")]
    rules = [{"id": each.name, "properties": {"source": each.source, "mode": each.mode}} for each in listed]
    results = [
        {
            "ruleId": each.name,
            "ruleIndex": listed.index(each),
            "level": "error" if each.required else "warning",
            "message": {"text": _sentence(each)},
            "properties": {"phase": each.phase, "status": each.status, "evidence_id": each.evidence_id or ""},
        }
        for each in bad
    ]
    driver = {"name": "Foundry gates", "version": version, "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _sentence(report: GateReport) -> str:
    code = f" with exit code {report.exit_code}" if report.exit_code is not None else ""
    return f"gate {report.name} {report.status.replace('_', ' ')}{code}"
