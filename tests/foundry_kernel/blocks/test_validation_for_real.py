"""The validation formation with nothing faked: a real repository, real gates, the real clock."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.events.event import entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal, read_run
from foundry_kernel.formations import formation_for
from foundry_kernel.gateways.gateway_set import GatewaySet

RUN_ID = "run_01JZZZZZZZZZZZZZZZZZZZZZZZ"


def a_repository(folder: Path, *gates: dict[str, object]) -> Path:
    folder.mkdir()
    (folder / ".hone-gates.json").write_text(json.dumps({"gates": gates}))
    (folder / "a.py").write_text("x = 1\n")
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "begin"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


async def validate(tmp_path: Path, *gates: dict[str, object]) -> tuple[Outcome, Path]:
    tree = a_repository(tmp_path / "tree", *gates)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    formation = formation_for("validation_requested")
    context = RunContext(
        run_dir, formation, tree=tree, gateways=GatewaySet(environment={"PATH": os.environ["PATH"]})
    )
    clock = context.gateways.clock
    with RunJournal(
        run_dir / "journal", RunIdentity(RUN_ID, "demo"), clock.now, redact=context.redactor
    ) as journal:
        at = datetime.now(UTC)
        entry = entry_event(
            RUN_ID, "validation_requested", "demo", throttle="dry_run", payload={}, occurred_at=at
        )
        return await Engine(load_blocks(formation), journal, context).run(entry), run_dir


@pytest.mark.parametrize(
    ("gates", "status"),
    [
        (
            [
                {"name": "shell", "command": "grep -q x a.py && echo fine"},
                {"name": "list", "command": ["true"]},
            ],
            "completed",
        ),
        ([{"name": "bad", "command": "echo no; exit 1", "required": False}], "completed_with_findings"),
        ([{"name": "bad", "command": "echo no; exit 1"}], "failed"),
        ([{"name": "compiles", "command": ["python3", "-m", "compileall", "-q", "."]}], "completed"),
        ([{"name": "fixes", "command": "echo 'x = 2' > a.py"}], "stopped"),
        ([{"name": "litters", "command": "touch new.txt"}], "stopped"),
    ],
)
async def test_a_repository_is_validated(gates: list[dict[str, object]], status: str, tmp_path: Path) -> None:
    outcome, run_dir = await validate(tmp_path, *gates)
    assert outcome.status == status, outcome
    facts = list(read_run(run_dir / "journal"))
    assert [fact.gate for fact in facts if fact.kind == "gate_finished"] == [each["name"] for each in gates]
    assert (facts[-1].kind, facts[-1].status) == ("run_finished", status)
    assert (run_dir / "gates" / f"preflight-1-{gates[0]['name']}" / "output.txt").is_file()
