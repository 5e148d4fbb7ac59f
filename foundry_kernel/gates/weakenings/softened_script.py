"""Scripts that gates call made to let failures pass: recipes of make, package scripts, scripts of the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundry_kernel.gates.comparing.called_scripts import CalledScript, called_scripts
from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.settings import line_of
from foundry_kernel.gates.comparing.softening import Softening, does_something, softened, without_comments

_IGNORED_FAILURE = re.compile(r"^[@+]*-", re.MULTILINE)


def _find(comparison: Comparison) -> Iterator[Weakening]:
    before = comparison.before.gates or ()
    old = called_scripts(comparison.before, before)
    changed = {key: script for key, script in old.items() if script.path in comparison.changed}
    if not changed:
        return
    new = called_scripts(comparison.after, before)
    for key, script in changed.items():
        now = new.get(key)
        if now is None:
            yield weakening(
                "gate_script_removed",
                script.path,
                script.part or script.path,
                f"{_said(script)} is gone or no longer called",
                before=script.text,
            )
        else:
            text = comparison.after.text_of(now.path) or ""
            yield from _compared(script, now, text)


def _compared(was: CalledScript, now: CalledScript, file: str) -> Iterator[Weakening]:
    if _plain(was.text) == _plain(now.text):
        return
    subject = was.part or was.path
    found = list(softened(was.text, now.text))
    if was.path.rsplit("/", 1)[-1].lower().endswith("makefile"):
        had, has = (len(_IGNORED_FAILURE.findall(each.text)) for each in (was, now))
        if has > had:
            found.append(Softening("`-` before a command was added", str(had), str(has), None))
    for each in found:
        yield weakening(
            "gate_script_softened",
            now.path,
            subject,
            f"{_said(was)}: {each.said}",
            line=_line(now, file, each.line),
            before=each.before,
            after=f"{each.said} {each.after}",
        )
    if does_something(was.text) and not does_something(now.text):
        yield weakening(
            "gate_script_emptied",
            now.path,
            subject,
            f"{_said(was)} does nothing any more",
            line=line_of(file, f"{subject}:", f'"{subject}"'),
            before=was.text,
            after=now.text,
        )
    elif not found:
        yield weakening(
            "gate_script_changed",
            now.path,
            subject,
            f"{_said(was)} was changed",
            line=line_of(file, f"{subject}:", f'"{subject}"') if was.part else None,
            before=was.text,
            after=now.text,
            severity="suspicious",
        )


def _said(script: CalledScript) -> str:
    what = f"{script.part} of {script.path}" if script.part else script.path
    return f"{what}, which the gate {script.gate} calls,"


def _line(now: CalledScript, file: str, line: int | None) -> int | None:
    if not now.part:
        return line
    lines = now.text.splitlines()
    said = lines[line - 1].strip() if line is not None and 0 < line <= len(lines) else ""
    return line_of(file, said, f"{now.part}:", f'"{now.part}"')


def _plain(text: str) -> str:
    return " ".join(without_comments(text).split())


WEAKENING = WeakeningDetector("softened-script", _find)
