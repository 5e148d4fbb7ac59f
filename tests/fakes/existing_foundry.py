"""The command line of the existing Foundry, in the form that it documents: `foundry emit …` and `foundry trace …`.

It resolves and runs the gates of `.hone-gates.json` as that one does, and leaves a trace below `~/.foundry/traces` or
`$FOUNDRY_TRACES_DIR`. What it was asked stands in `asked.jsonl` beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python}
import argparse, datetime, json, os, pathlib, secrets, subprocess, sys, time

parser = argparse.ArgumentParser(prog="foundry")
commands = parser.add_subparsers(dest="command", required=True)
emit = commands.add_parser("emit")
emit.add_argument("event")
emit.add_argument("project")
emit.add_argument("--throttle", default="full", choices=["full", "audit_only", "dry_run"])
emit.add_argument("--payload", type=json.loads, default={{}})
trace = commands.add_parser("trace")
trace.add_argument("id")
trace.add_argument("--verbose", action="store_true")
said = vars(parser.parse_args())
traces = pathlib.Path(os.environ.get("FOUNDRY_TRACES_DIR", pathlib.Path.home() / ".foundry" / "traces"))

if said["command"] == "trace":
    for file in traces.glob(f"*/{{said['id']}}.json"):
        for block in json.loads(file.read_text())["block_executions"]:
            print(block["block_name"], block["summary"])
        sys.exit(0)
    sys.exit(f"no trace {{said['id']}}")

with pathlib.Path(__file__).with_name("asked.jsonl").open("a") as log:
    log.write(json.dumps(said) + "\\n")
began = time.monotonic()


def event(event_type, payload):
    at = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return {{"id": "evt_" + secrets.token_hex(32), "event_type": event_type, "project": said["project"],
            "occurred_at": at, "recorded_at": at, "throttle": said["throttle"], "trace_id": None, "payload": payload}}


def block(name, trigger, success, summary, emitted, output=None, exit_code=None):
    return {{"block_name": name, "trigger_event_id": trigger["id"], "success": success, "summary": summary,
            "emitted_event_ids": [emitted["id"]], "duration_ms": 5, "raw_output": output, "exit_code": exit_code,
            "trigger_payload": trigger["payload"], "emitted_payloads": [emitted["payload"]], "audit_artifacts": []}}


gates = json.loads(pathlib.Path(".hone-gates.json").read_text())["gates"]
root = event(said["event"], said["payload"])
resolved = event("gate_resolution_completed", {{"gates": [gate["name"] for gate in gates]}})
done = [(gate, subprocess.run(gate["command"], shell=True, capture_output=True, text=True)) for gate in gates]
failed = [gate["name"] for gate, ran in done if ran.returncode and gate.get("required", True)]
verified = event("gate_verification_completed", {{"success": not failed}})
blocks = [
    block("resolve_gates", root, True, f"{{len(gates)}} gates", resolved),
    block("run_verify_gates", resolved, not failed, f"failed: {{failed}}" if failed else "all gates passed", verified,
          "".join(ran.stdout + ran.stderr for _, ran in done), 1 if failed else 0),
]
whole = {{"events": [root, resolved, verified], "block_executions": blocks,
         "total_duration_ms": round((time.monotonic() - began) * 1000)}}
folder = traces / root["occurred_at"][:10]
folder.mkdir(parents=True, exist_ok=True)
(folder / (root["id"] + ".json")).write_text(json.dumps(whole))
print("Event emitted: " + root["id"])
"""


class ExistingFoundry:
    """The program `foundry` in a folder of its own, to be put on PATH."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        program = folder / "foundry"
        program.write_text(_PROGRAM.format(python=sys.executable))
        program.chmod(0o755)

    def asked(self) -> list[dict[str, Any]]:
        """Every `emit` that reached it, in order."""
        log = self.folder / "asked.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
