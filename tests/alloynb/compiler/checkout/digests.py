"""Compile the worked example and print every digest as one JSON object: `python digests.py FOLDER`.

Runs on any Python that has the base dependencies; FOLDER is a copy of the repository beside this file.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
OBJECTIVE = "Let a second payment vendor take over when the first is down, without charging anybody twice."


def digests_of(folder: Path) -> dict[str, str]:
    """Digest of each artifact of each template, and of what is written for people."""
    from alloynb.application.compile_intent import CompileIntent, preview_brief
    from alloynb.application.workspace import open_workspace
    from alloynb.intent.authority import Principal

    workspace = open_workspace(folder, principal=Principal("mira"), clock=lambda: datetime.now(UTC))
    found = {}
    for template in ("validate", "drift", "iterate", "prompt"):
        formation = preview_brief(workspace, CompileIntent(template=template, objective=OBJECTIVE))
        for name, artifact in vars(formation).items():
            found[f"{template} {name}"] = f"{artifact.id} {artifact.digest}"
    return found


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    print(json.dumps(digests_of(Path(sys.argv[1])), sort_keys=True))
