"""A Foundry of an earlier day as a command: it takes requests, and knows no gate overlays.

    foundry-kernel manifest --json
    foundry-kernel run REQUEST --workspace FOLDER

It really runs the gates of the checkout's `.hone-gates.json`, in a shell, and delivers a result of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST
from runtime_artifacts.envelope import seal
from runtime_artifacts.identity import new_id
from runtime_artifacts.run_result import GateStatus
from tests.fakes.alloy_workspace import ScriptedFoundry


class OlderFoundry(ScriptedFoundry):
    """Runs what the repository asks for."""

    def says(self, gate: str, command: str, workspace: Path) -> GateStatus:
        """Run the command."""
        done = subprocess.run(command, shell=True, cwd=workspace, capture_output=True, check=False)
        return "failed" if done.returncode else "passed"


def install(folder: Path) -> Path:
    """Make the command in a folder; the path of it."""
    program = folder / "older-foundry"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.fakes.older_foundry import main\nsys.exit(main(sys.argv[1:]))\n"
    )
    program.chmod(0o755)
    return program


def main(arguments: list[str]) -> int:
    """Answer one call."""
    foundry = OlderFoundry(overlays=False)
    if arguments[0] == "run":
        return foundry.run(arguments[1], Path(arguments[3]), quiet=True)
    manifest = seal(
        CAPABILITY_MANIFEST,
        foundry.manifest(),
        id=new_id(CAPABILITY_MANIFEST.id_prefix),
        created_at=datetime.now(UTC),
        created_by="older foundry",
        compiler_version="older 0",
    )
    print(json.dumps({"success": True, "data": manifest.as_json(), "error": None}))
    return 0
