"""Write what a look told as SARIF, with what each finding looks like when that was asked (spec 6.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from alloynb import __version__
from alloynb.application.judge_findings import JudgedEvidence
from alloynb.application.look_for_drift import SeenDrift
from alloynb.application.workspace import Workspace
from alloynb.interpretation.sarif import sarif_of
from runtime_artifacts.write_once import replace_whole


def write_sarif(
    workspace: Workspace, seen: SeenDrift, file: Path, judged: Iterable[JudgedEvidence] = ()
) -> None:
    """Write one file, whole or not at all.

    Raises:
        BrokenFiles: records cannot be read.
        OSError: the file cannot be written.
    """
    verdicts = tuple(judged)
    document = sarif_of(
        seen.findings,
        workspace.intent.load_all(),
        tool_version=__version__,
        revision=seen.report.revision,
        could_not_check=seen.report.could_not_check,
        allowed={finding_id: each.told() for finding_id, each in seen.allowed.items()},
        verdicts={each.finding.finding_id: each.verdict for each in verdicts if each.finding is not None},
        lost={
            each.evidence_id: f"{', '.join(each.lost_names)} is no more; {each.verdict.told_with_strength}"
            for each in verdicts
            if each.finding is None
        },
    )
    replace_whole(file, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
