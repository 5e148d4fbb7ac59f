"""What gates really run: the recipes, package scripts and files that a gate's command names, and what those name."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.comparing.comparison import Side

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_SCRIPT_SUFFIXES = (".sh", ".bash", ".zsh", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".mk", "")
_MAX_SCRIPTS = 200
_MAX_DEEP = 4
_MAX_RULE_CHARACTERS = 2_000
_OPERATORS = re.compile(r"&&|\|\||[;|&()<>\n]")
_RULE = re.compile(r"^(?P<targets>[^\s:#=][^:=#\n]*?)\s*::?(?!=)\s*(?P<needs>[^#\n;]*)(?:#[^\n]*)?$")
_RUNNERS = {"npm", "yarn", "pnpm", "bun"}
_NO_SCRIPTS = {"install", "ci", "exec", "x", "dlx", "add", "audit", "pack", "publish"}


@dataclass(frozen=True)
class CalledScript:
    """A script that a gate calls, at whatever remove.

    Attributes:
        path: file that holds it.
        part: recipe or package script in that file; empty for the whole file.
        text: what it does.
        gate: name of a gate that calls it.
    """

    path: str
    part: str
    text: str
    gate: str


def called_scripts(side: Side, gates: tuple[Gate, ...]) -> dict[tuple[str, str], CalledScript]:
    """Scripts that gates call, by path and part; tests and source files that a gate names are none."""
    found: dict[tuple[str, str], CalledScript] = {}
    for gate in gates:
        command = gate.command if isinstance(gate.command, str) else shlex.join(gate.command)
        _follow(side, command, gate.working_directory, gate.name, found, 0)
    return found


def _follow(
    side: Side, command: str, folder: str, gate: str, found: dict[tuple[str, str], CalledScript], deep: int
) -> None:
    if deep > _MAX_DEEP:
        return
    for script in _named_in(side, command, folder, gate):
        key = (script.path, script.part)
        if key in found or len(found) >= _MAX_SCRIPTS:
            continue
        found[key] = script
        if not script.path.endswith((".py", ".js", ".ts", ".mjs", ".cjs")):
            _follow(side, script.text, folder, gate, found, deep + 1)


def _named_in(side: Side, command: str, folder: str, gate: str) -> Iterator[CalledScript]:
    for simple in _OPERATORS.split(command):
        words = _words(simple)
        while words and (
            "=" in words[0] or words[0] in ("env", "exec", "command", "time", "@", "sudo", "xargs")
        ):
            words = words[1:]
        if not words:
            continue
        program = PurePosixPath(words[0].lstrip("@-+")).name
        arguments = words[1:]
        if program in ("make", "gmake", "$(MAKE)", "${MAKE}"):
            yield from _recipes(side, arguments, folder, gate)
        elif program in _RUNNERS:
            yield from _package_scripts(side, arguments, folder, gate)
        for word in words:
            path = _path(folder, word.lstrip("@-+"))
            if path is not None and PurePosixPath(path).suffix in _SCRIPT_SUFFIXES and not _is_test(path):
                text = side.text_of(path)
                if text is not None:
                    yield CalledScript(path, "", text, gate)


def _recipes(side: Side, arguments: list[str], folder: str, gate: str) -> Iterator[CalledScript]:
    for at, word in enumerate(arguments[:-1]):
        if word == "-C":
            folder = _path(folder, arguments[at + 1]) or folder
    for name in _MAKEFILES:
        path = _path(folder, name)
        text = side.text_of(path) if path else None
        if path is None or text is None:
            continue
        rules = recipes(text)
        wanted = [word for word in arguments if not word.startswith("-") and "=" not in word]
        waiting = [target for target in wanted if target in rules] or list(rules)[:1]
        seen: set[str] = set()
        while waiting:
            target = waiting.pop()
            if target in seen or target not in rules:
                continue
            seen.add(target)
            needs, recipe = rules[target]
            waiting += needs
            yield CalledScript(path, target, recipe, gate)
        return


def recipes(text: str) -> dict[str, tuple[list[str], str]]:
    """Targets of a makefile: what each needs, and its recipe. Targets that begin with a dot are settings."""
    found: dict[str, tuple[list[str], str]] = {}
    current: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            for target in current:
                needs, recipe = found[target]
                found[target] = (needs, f"{recipe}{line.strip()}\n")
            continue
        match = _RULE.match(line) if len(line) <= _MAX_RULE_CHARACTERS else None
        if match is None:
            if line.strip() and not line.startswith("#"):
                current = []
            continue
        current = [target for target in match["targets"].split() if not target.startswith(".")]
        for target in current:
            needs, recipe = found.get(target, ([], ""))
            found[target] = ([*needs, *match["needs"].split()], recipe)
    return found


def _package_scripts(side: Side, arguments: list[str], folder: str, gate: str) -> Iterator[CalledScript]:
    path = _path(folder, "package.json")
    words = [word for word in arguments if not word.startswith("-") and word not in ("run", "run-script")]
    if path is None or not words or words[0] in _NO_SCRIPTS:
        return
    try:
        scripts = json.loads(side.text_of(path) or "{}").get("scripts", {})
    except (ValueError, RecursionError, AttributeError):
        return
    name = {"t": "test", "tst": "test"}.get(words[0], words[0])
    for each in (f"pre{name}", name, f"post{name}"):
        if isinstance(scripts, dict) and isinstance(scripts.get(each), str):
            yield CalledScript(path, each, scripts[each], gate)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _path(folder: str, word: str) -> str | None:
    """A word of a command as a path of the tree, None when it cannot be one."""
    if not word or word.startswith(("-", "/", "~", "$")) or len(word) > 500:
        return None
    parts: list[str] = []
    for part in (*PurePosixPath(folder).parts, *PurePosixPath(word).parts):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or None


def _is_test(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith("test_") or ".test." in name or ".spec." in name or name.endswith("_test.py")
