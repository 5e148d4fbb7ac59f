"""Libraries that a project declares, and the commands by which it checks itself (spec 2.5)."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alloynb.archaeology.repository import Repository

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_RUN = re.compile(r"^\s*(?:-\s*)?run:\s*(?P<command>[^|>\s].*)$")
_TOOLS = re.compile(
    r"\b(lint-imports|tach check|mypy|pyright|pytest|tox|nox|ruff|flake8|bandit|semgrep|deptry|vulture"
    r"|cargo (?:test|clippy|deny)"
    r"|go (?:test|vet)|golangci-lint|npm (?:test|run \S+)|yarn \S+|pnpm \S+"
    r"|eslint|depcruise|mvn \S+|gradle\w* \S+|make \S+"
    r"|just \S+|hatch run \S+)\b"
)
MOST_COMMANDS = 60


@dataclass(frozen=True)
class OwnCheck:
    """One command by which the project checks itself.

    Attributes:
        name: what its file calls it, or the tool.
        command: argument list, or empty where it is no plain command.
        required: whether the project itself demands it.
    """

    name: str
    command: tuple[str, ...]
    required: bool
    path: str
    line: int
    text: str


def declared_libraries(repository: Repository) -> frozenset[str]:
    """Names of the libraries in pyproject.toml, requirements*.txt, package.json, Cargo.toml and go.mod."""
    found: set[str] = set()
    for _, text in repository.named("pyproject.toml"):
        found |= set(_of_pyproject(text))
    for file in repository.files:
        if re.search(r"(^|/)requirements[^/]*\.(txt|in)$", file.path):
            found |= {
                match[1]
                for line in (repository.text(file.path) or "").splitlines()
                if (match := _NAME.match(line))
            }
    for _, text in repository.named("package.json"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found |= {name for key in ("dependencies", "devDependencies") for name in value.get(key) or {}}
    return frozenset(found)


def own_checks(repository: Repository) -> tuple[OwnCheck, ...]:
    """Commands from `.hone-gates.json`, CI workflows, pre-commit hooks and Makefiles, in this order."""
    found = [*_gates(repository), *_workflows(repository), *_hooks(repository)]
    seen: dict[tuple[str, ...], OwnCheck] = {}
    for check in found:
        seen.setdefault(check.command or (check.name,), check)
    return tuple(list(seen.values())[:MOST_COMMANDS])


def _of_pyproject(text: str) -> Iterator[str]:
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = value.get("project", {})
    lists = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    lists += list(value.get("dependency-groups", {}).values())
    for requirement in (each for entries in lists if isinstance(entries, list) for each in entries):
        if isinstance(requirement, str) and (match := _NAME.match(requirement)):
            yield match[1]
    poetry = value.get("tool", {}).get("poetry", {}).get("dependencies", {})
    yield from (name for name in poetry if isinstance(name, str))


def _gates(repository: Repository) -> Iterator[OwnCheck]:
    for path, text in repository.named(".hone-gates.json"):
        try:
            gates = json.loads(text).get("gates", [])
        except (ValueError, AttributeError, RecursionError):
            continue
        for gate in gates if isinstance(gates, list) else ():
            if isinstance(gate, Mapping) and isinstance(gate.get("command"), str):
                yield _check(
                    str(gate.get("name", "gate")),
                    gate["command"],
                    path,
                    text,
                    required=bool(gate.get("required")),
                )


def _workflows(repository: Repository) -> Iterator[OwnCheck]:
    for file in repository.files:
        if not re.search(
            r"(^|/)(\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|azure-pipelines\.yml)$", file.path
        ):
            continue
        for number, line in enumerate((repository.text(file.path) or "").splitlines(), start=1):
            tool = _TOOLS.search(line)
            if tool and not line.lstrip().startswith("#"):
                run = _RUN.match(line)
                command = run["command"] if run else line.strip().removeprefix("- ")
                yield OwnCheck(tool[1], _argv(command), True, file.path, number, line.strip())


def _hooks(repository: Repository) -> Iterator[OwnCheck]:
    for path, text in repository.named(".pre-commit-config.yaml"):
        for number, line in enumerate(text.splitlines(), start=1):
            hook = re.match(r"^\s*-\s*id:\s*([\w.-]+)", line)
            if hook:
                yield OwnCheck(
                    hook[1], ("pre-commit", "run", hook[1], "--all-files"), True, path, number, line.strip()
                )


def _check(name: str, command: str, path: str, text: str, *, required: bool) -> OwnCheck:
    lines = text.splitlines()
    line = next((number for number, each in enumerate(lines, start=1) if command in each), 1)
    return OwnCheck(name, _argv(command), required, path, line, f"{name}: {command}")


def _argv(command: str) -> tuple[str, ...]:
    """An argument list, or nothing where a shell would be needed."""
    if re.search(r"[|&;<>`$(){}*?\n]", command):
        return ()
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return ()


def mapping_at(value: Any, *keys: str) -> Mapping[str, Any]:
    """Walk down nested mappings; an empty one where the way ends."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
