"""Gates removed, changed, made optional, or given more time."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.resolve import GATE_FILE

_STRENGTH = {"advisory": 0, "required_for_dry_run": 1, "required_for_mutation": 2}


def _find(comparison: Comparison) -> Iterator[Weakening]:
    yield from _gate_file(comparison)
    before, after = comparison.before.gates or (), comparison.after.gates or ()
    partners = _partners(before, after)
    for gate in before:
        path, line = _place(comparison, gate.name)
        now = partners.get(gate.name)
        if now is None:
            yield weakening(
                "gate_removed",
                path,
                gate.name,
                f"gate {gate.name} was removed",
                line=line,
                before=_said(gate),
            )
        else:
            _, new_line = _place(comparison, now.name, new=True)
            yield from _loosened(gate, now, path, new_line)


def _partners(before: tuple[Gate, ...], after: tuple[Gate, ...]) -> dict[str, Gate]:
    """The gate that each earlier gate became: of the same name, else a new one that runs the same command."""
    names = {gate.name for gate in before}
    new = [gate for gate in after if gate.name not in names]
    by_name = {gate.name: gate for gate in after}
    found = {}
    for gate in before:
        partner = by_name.get(gate.name) or next((each for each in new if _runs(each) == _runs(gate)), None)
        if partner is not None:
            found[gate.name] = partner
            if partner in new:
                new.remove(partner)
    return found


def _loosened(old: Gate, new: Gate, path: str, line: int | None) -> Iterator[Weakening]:
    if _runs(old) != _runs(new):
        yield weakening(
            "gate_command_changed",
            path,
            new.name,
            f"gate {new.name} runs {_said(new)} instead of {_said(old)}",
            line=line,
            before=_said(old),
            after=_said(new),
        )
    if old.required and not new.required:
        yield weakening(
            "gate_made_optional",
            path,
            new.name,
            f"gate {new.name} is no longer required",
            line=line,
            before="required",
            after="optional",
        )
    elif _STRENGTH[new.mode] < _STRENGTH[old.mode]:
        yield weakening(
            "gate_mode_loosened",
            path,
            new.name,
            f"gate {new.name} is {new.mode} instead of {old.mode}",
            line=line,
            before=old.mode,
            after=new.mode,
        )
    if new.timeout_s > old.timeout_s:
        yield weakening(
            "gate_timeout_raised",
            path,
            new.name,
            f"gate {new.name} may take {new.timeout_s:g} s instead of {old.timeout_s:g} s",
            line=line,
            before=f"{old.timeout_s:g}",
            after=f"{new.timeout_s:g}",
        )
    more = sorted(set(new.environment) - set(old.environment))
    if more:
        yield weakening(
            "gate_environment_widened",
            path,
            new.name,
            f"gate {new.name} now sees the variables {', '.join(more)}, which may change what it says",
            line=line,
            before=" ".join(sorted(old.environment)),
            after=" ".join(sorted(new.environment)),
            severity="suspicious",
        )


def _gate_file(comparison: Comparison) -> Iterator[Weakening]:
    """The file itself, whatever was resolved: gone, or no longer a gate file."""
    old, new = comparison.before.text_of(GATE_FILE), comparison.after.text_of(GATE_FILE)
    if old is not None and GATE_FILE in comparison.changed:
        if new is None:
            yield weakening(
                "gate_file_removed", GATE_FILE, GATE_FILE, "the gate file was deleted", before="present"
            )
        elif _is_gate_file(old) and not _is_gate_file(new):
            yield weakening(
                "gate_file_broken",
                GATE_FILE,
                GATE_FILE,
                "the gate file can no longer be read as one",
                before="readable",
                after="broken",
            )
    elif comparison.after.gates is None and comparison.before.gates:
        yield weakening(
            "gate_file_broken", "", "gates", "the gates can no longer be resolved", before="resolved"
        )


def _is_gate_file(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("gates"), list)


def _runs(gate: Gate) -> tuple[object, str]:
    """What a gate runs and where; a text and the argument list that it stands for are different: one has a shell."""
    command = gate.command
    said = (" ".join(command.split()),) if isinstance(command, str) else (None, *command)
    return said, gate.working_directory.rstrip("/") or "."


def _said(gate: Gate) -> str:
    said = gate.command if isinstance(gate.command, str) else shlex.join(gate.command)
    return f"`{said}`" + (f" in {gate.working_directory}" if gate.working_directory != "." else "")


def _place(comparison: Comparison, name: str, *, new: bool = False) -> tuple[str, int | None]:
    """File and line that name a gate; no file when none does, as for a gate of an overlay."""
    text = (comparison.after if new else comparison.before).text_of(GATE_FILE) or ""
    match = re.search(r'"name"\s*:\s*' + re.escape(json.dumps(name)), text)
    if match is None:
        return ("", None)
    return (GATE_FILE, text.count("\n", 0, match.start()) + 1)


WEAKENING = WeakeningDetector("loosened-gate", _find)
