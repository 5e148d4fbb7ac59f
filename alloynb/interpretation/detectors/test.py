"""Drift in the tests that a record demands: gone, skipped, emptied, or failed in the last run (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.archaeology.named_tests import FileOutline, files_meant, outline_tests
from alloynb.intent.evidence_definition import EvidenceKind, TestEvidence
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.run_reports import failure_of, last_report


class TestDetector:
    """Reads Python tests as text; whether they pass, a run tells."""

    __test__ = False  # the name is ours; pytest shall not collect it
    kind: EvidenceKind = "test"

    def detect(self, look: Look) -> Detection:
        """Report each named test that is not there, does not run or asserts nothing, and a run in which they failed."""
        if not isinstance(look.definition, TestEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        files = look.reading.list_files()
        findings: list[DriftFinding] = []
        doubts: list[str] = []
        notes: list[str] = []
        for named in look.definition.test.tests:
            path, _, rest = named.partition("::")
            below = files_meant(files, path.rstrip("/"))
            if not below:
                findings.append(look.deviation((named, "missing"), f"{path} is not there; {_demanded(look)}"))
            ran = 0
            for file in below:
                outline = outline_tests(file, files.text(file))
                if outline is None:
                    notes.append(f"{file} is there; what its tests do is read in Python alone")
                    ran += 1
                elif outline.fault:
                    doubts.append(f"{file}: {outline.fault}")
                else:
                    ran += self._hold(look, (named, file, rest), outline, findings, notes)
            if below and not ran and not doubts and not findings:
                told = f"{named} holds no test; {_demanded(look)}"
                findings.append(look.finding(self.kind, (named, "missing"), below[0], (), told))
        report = last_report(look)
        if report is not None and report.status == "failed" and not findings:
            findings.append(look.deviation(("run",), failure_of(report, look)))
        passed = report is not None and report.status == "passed"
        told = "" if findings or passed else "the tests are there; whether they pass, a run tells"
        return Detection(tuple(findings), tuple(doubts), tuple(notes), elsewhere=told)

    def _hold(
        self,
        look: Look,
        named: tuple[str, str, str],
        outline: FileOutline,
        findings: list[DriftFinding],
        notes: list[str],
    ) -> int:
        """Hold the tests of one file against what is demanded; the number of tests that are meant."""
        node, path, rest = named
        meant = outline.meant_by(rest)
        if rest and not meant:
            told = f"{path} has no test {rest}; {_demanded(look)}"
            findings.append(look.finding(self.kind, (node, "missing"), path, (), told))
        for test in meant:
            if test.never_runs:
                told = f"{path} keeps {test.name} from running ({test.never_runs}); {_demanded(look)}"
                findings.append(
                    look.finding(self.kind, (node, test.name, "skipped"), path, [test.line], told)
                )
            elif test.empty:
                told = f"{path} lets {test.name} assert nothing; {_demanded(look)}"
                findings.append(
                    look.finding(self.kind, (node, test.name, "emptied"), path, [test.line], told)
                )
            elif test.sometimes:
                notes.append(f"{path}:{test.line} {test.name} runs only sometimes: {test.sometimes}")
        return len(meant) or bool(rest)


def _demanded(look: Look) -> str:
    return look.definition.description


DETECTOR: Detector = TestDetector()
