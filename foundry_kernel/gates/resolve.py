"""Which gates stand: the repository's own, and those of the overlay (spec 3.5, 4.5).

The repository's file is `.hone-gates.json`, as the existing Foundry reads it:
`{"gates": [{"name": …, "command": …, "required": true, "timeout": 600}]}`. `command` is a text for a shell, or an
argument list; `required` is true and `timeout` (seconds) 600 when left out.

An overlay adds, and never removes or loosens. An overlay gate whose name is taken by the repository stands beside it
as `overlay:<name>`. Order: the file's, then the overlay's.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.errors import MalformedGateFile, MalformedOverlay
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import MalformedDocument
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate
from runtime_artifacts.safe_path import resolve_inside

GATE_FILE = ".hone-gates.json"
MAX_GATE_FILE_BYTES = 1024 * 1024
DEFAULT_TIMEOUT_S = 600.0
MAX_TIMEOUT_S = 86_400.0
MAX_GATES = 500
_KNOWN_FIELDS = frozenset({"name", "command", "required", "timeout"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_START_OF_GATES = re.compile(r'"gates"\s*:\s*\[')


@dataclass(frozen=True)
class Resolution:
    """The gates that stand.

    Attributes:
        gate_file_digest: `sha256:` digest of the file's bytes; None when there is no file.
        remarks: what was renamed or not understood, each in one sentence.
    """

    gates: tuple[Gate, ...]
    gate_file_digest: str | None = None
    remarks: tuple[str, ...] = ()


def resolve(gate_file: bytes | None, overlay: GateOverlay | None, tree: Path) -> Resolution:
    """Put the repository's gates and the overlay's together. Reads nothing but the arguments.

    Args:
        gate_file: bytes of `GATE_FILE`, None when the repository has none.
        tree: root of the work tree, for messages, and for checking working directories.

    Raises:
        MalformedGateFile: with file and line.
        MalformedOverlay: two gates of one name.
        UnsafePath: a working directory leads out of the tree.
    """
    gates, remarks = _of_repository(gate_file, tree / GATE_FILE) if gate_file is not None else ([], [])
    names = {each.name for each in gates}
    for asked in overlay.gates if overlay is not None else ():
        name = asked.name
        if name in names:
            name = f"overlay:{asked.name}"
            remarks.append(f"gate {asked.name}: the name is taken; the overlay's stands beside it as {name}")
        if name in names:
            raise MalformedOverlay(
                f"two overlay gates are called {asked.name!r}", next_step="recompile the brief"
            )
        names.add(name)
        resolve_inside(tree, asked.working_directory)
        gates.append(_of_overlay(asked, name))
    digest = None if gate_file is None else "sha256:" + hashlib.sha256(gate_file).hexdigest()
    return Resolution(tuple(gates), digest, tuple(remarks))


def _of_overlay(asked: OverlayGate, name: str) -> Gate:
    return Gate(
        name=name,
        command=asked.command,
        required=asked.mode != "advisory",
        mode=asked.mode,
        source="overlay",
        timeout_s=asked.timeout_s,
        working_directory=asked.working_directory,
        environment=asked.environment,
        applies_to=asked.applies_to,
        evidence_id=asked.evidence_id,
        phase=asked.phase,
    )


def _of_repository(text: bytes, file: Path) -> tuple[list[Gate], list[str]]:
    try:
        document = parse_json(text, file)
    except MalformedDocument as error:
        line = error.place.line if error.place is not None else None
        raise MalformedGateFile(error.message, file=file, line=line) from error
    listed = document.get("gates") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise MalformedGateFile('must be {"gates": […]}', file=file, line=1)
    if len(listed) > MAX_GATES:
        raise MalformedGateFile(f"{len(listed)} gates, at most {MAX_GATES}", file=file, line=1)
    gates: list[Gate] = []
    remarks: list[str] = []
    for index, said in enumerate(listed):
        try:
            gate = _gate(said)
            if any(each.name == gate.name for each in gates):
                raise ValueError(f"a second gate is called {gate.name!r}")
        except ValueError as error:
            line = _line_of_gate(text.decode(), index)
            raise MalformedGateFile(f"gate {index + 1}: {error}", file=file, line=line) from error
        unknown = ", ".join(sorted(set(said) - _KNOWN_FIELDS))
        if unknown:
            remarks.append(f"gate {gate.name}: {GATE_FILE} says {unknown}, which is not understood")
        gates.append(gate)
    return gates, remarks


def _gate(said: Any) -> Gate:
    """Read one entry of the file.

    Raises:
        ValueError: what is wrong with it.
    """
    if not isinstance(said, dict):
        raise ValueError("must be an object")
    name, command = said.get("name"), said.get("command")
    required, timeout_s = said.get("required", True), said.get("timeout", DEFAULT_TIMEOUT_S)
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 200 or _CONTROL.search(name):
        raise ValueError("name must be a text of 1 to 200 characters")
    if name.startswith("overlay:"):
        raise ValueError("names that begin with overlay: belong to overlays")
    if not isinstance(required, bool):
        raise ValueError("required must be true or false")
    if (
        isinstance(timeout_s, bool)
        or not isinstance(timeout_s, int | float)
        or not 0 < timeout_s <= MAX_TIMEOUT_S
    ):
        raise ValueError(f"timeout must be above 0 and at most {MAX_TIMEOUT_S:g} seconds")
    return Gate(
        name=name,
        command=_command(command),
        required=required,
        mode="required_for_mutation" if required else "advisory",
        source="repository",
        timeout_s=float(timeout_s),
    )


def _command(command: Any) -> tuple[str, ...] | str:
    if isinstance(command, str) and command.strip():
        return command
    if (
        isinstance(command, list)
        and command
        and all(isinstance(each, str) for each in command)
        and command[0]
    ):
        return tuple(command)
    raise ValueError("command must be a text or a list of texts, and not empty")


def _line_of_gate(text: str, index: int) -> int | None:
    """Line where an entry of the list begins, None when it cannot be found."""
    start = _START_OF_GATES.search(text)
    if start is None:
        return None
    decoder = json.JSONDecoder()
    position = start.end()
    for current in range(index + 1):
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if current == index:
            return text.count("\n", 0, position) + 1
        _, position = decoder.raw_decode(text, position)
    return None
