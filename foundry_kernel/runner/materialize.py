"""Laying out a run's folder: verified copies, prompts, `run.json`; whole, or nothing at all (spec 5.2)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundry_kernel.runner.run_folder import ARTIFACT_FILES, RunFolder, RunRecord
from foundry_kernel.runner.verify import VerifiedRequest
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.prompt_pack import Prompt, PromptPack


def materialize(verified: VerifiedRequest, record: RunRecord, runs: Path) -> RunFolder:
    """Lay out the folder of a run; it appears whole under its name, or not at all.

    Args:
        record: facts for `run.json`; its `run_id` names the folder.
        runs: folder of all runs.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    folder = RunFolder(runs / record.run_id)
    with _appearing_whole(folder.path) as building:
        for name, file in ARTIFACT_FILES.items():
            artifact: Artifact[object] = getattr(verified, name)  # type: ignore[type-var]
            _write(building / "artifacts" / file, artifact.to_bytes())
        for approval in verified.approvals:
            _write(building / "artifacts" / "approvals" / f"{approval.id}.json", approval.to_bytes())
        if verified.granted.approvals:
            told = verified.granted.as_json(verified.verified_at)
            _write(
                building / "approved.json", (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
            )
        for prompt in verified.prompt_pack.content.prompts:
            text = prompt_text(prompt, verified.brief, verified.prompt_pack)
            _write(building / "artifacts" / "prompts" / f"{prompt.phase}.md", text.encode())
        RunFolder(building).write_record(record)
    return folder


def prompt_text(prompt: Prompt, brief: Artifact[FormationBrief], pack: Artifact[PromptPack]) -> str:
    """Write a prompt as an agent reads it, below a header that says where it comes from (spec 3.3)."""
    lines = [
        "<!--",
        f"phase: {prompt.phase}",
        f"brief: {brief.id} {brief.digest}",
        f"prompt pack: {pack.id}",
        f"records: {', '.join(prompt.record_ids) or 'none'}",
        *([f"references: {', '.join(prompt.references)}"] if prompt.references else []),
        f"template: {prompt.template}",
        f"compiler: {pack.compiler_version}",
        *(
            " ".join(f"edited by {edit.edited_by} at {edit.edited_at}: {edit.why}".split())
            for edit in pack.content.human_edits
            if edit.phase == prompt.phase
        ),
        *(f"left out: {each.record_id} ({each.reason})" for each in prompt.left_out),
        "-->",
    ]
    header = "\n".join(line if line in {"<!--", "-->"} else line.replace("--", "- -") for line in lines)
    return f"{header}\n\n{prompt.text.rstrip()}\n"


def discard(folder: RunFolder) -> None:
    """Remove a run's folder that was laid out for nothing, because another runner claimed the request first."""
    shutil.rmtree(folder.path, ignore_errors=True)


@contextmanager
def _appearing_whole(folder: Path) -> Iterator[Path]:
    building = folder.with_name(f".{folder.name}.part")
    building.mkdir(parents=True)
    try:
        yield building
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(file: Path, text: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)
