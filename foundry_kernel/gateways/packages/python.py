"""Python: pins in requirements and constraints files, through `pip` and `pip-audit`.

Only exact pins (`name==1.2`) are bumped. What the new versions are is asked of pip's resolver for all pins together,
without installing or building anything, so that they fit each other. Files with hashes are left alone: their hashes
belong to whoever can vouch for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from foundry_kernel.gateways.packages.tool import (
    Audit,
    Changed,
    KnownVulnerability,
    ToolCaller,
    ToolFailed,
    VersionChange,
    json_object,
    read_manifest,
)
from runtime_artifacts.write_once import replace_whole

PROJECT_FILE = "pyproject.toml"
PATTERNS = ("requirements*.txt", "constraints*.txt", "requirements/*.txt")
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]\s]*\])?(?P<equals>\s*==\s*)"
    r"(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)(?P<rest>\s*(?:;[^#\\]*)?(?:\s#.*)?)$"
)
_INSTALL_PIP = "install Python with pip, and put python3 on the path"
_INSTALL_AUDIT = "install pip-audit, for example with `pipx install pip-audit`"


def manifests(paths: Collection[str]) -> tuple[str, ...]:
    """Requirements and constraints files, and pyproject.toml, sorted."""
    return tuple(
        sorted(
            path
            for path in paths
            if path == PROJECT_FILE
            or any(fnmatchcase(path, each) and path.count("/") == each.count("/") for each in PATTERNS)
        )
    )


async def update(tree: Path, paths: Collection[str], call: ToolCaller) -> Changed:
    """Bump every exact pin to the newest version that fits all others.

    Raises:
        ToolMissing, ToolFailed: pip is not there, finds no set that fits, or cannot reach its index.
    """
    files, remarks = _pin_files(tree, paths)
    wanted = {
        f"{pin['name']}{pin['extras'] or ''}{_marker(pin['rest'])}": _canonical(pin["name"])
        for text in files.values()
        for pin in _pins(text)
    }
    if not wanted:
        return Changed(remarks=(*remarks, "python: nothing is pinned with =="))
    newest = await _newest(sorted(wanted), tree, call)
    changes: list[VersionChange] = []
    for path, text in files.items():
        changes += _rewrite(tree / path, text, newest)
    return Changed(tuple(dict.fromkeys(changes)), tuple(remarks))


async def raise_to(
    tree: Path, paths: Collection[str], package: str, version: str, call: ToolCaller
) -> Changed:
    """Raise the pins of one package to a version; nothing is resolved, the gates have to prove that it fits."""
    files, remarks = _pin_files(tree, paths)
    changes: list[VersionChange] = []
    for path, text in files.items():
        changes += _rewrite(tree / path, text, {_canonical(package): version})
    return Changed(tuple(dict.fromkeys(changes)), tuple(remarks))


async def audit(tree: Path, paths: Collection[str], call: ToolCaller) -> Audit:
    """Ask pip-audit about every requirements file, or about pyproject.toml when there is none.

    A file of exact pins is taken at its word; any other is resolved by pip-audit first, in an environment of its own.

    Raises:
        ToolMissing, ToolFailed: pip-audit is not there, or does not answer.
    """
    listed = [path for path in manifests(paths) if path != PROJECT_FILE]
    fixed = ("pip-audit", "--format", "json", "--progress-spinner", "off", "--desc", "on", "--aliases", "on")
    calls: list[tuple[str, ...]] = []
    for path in listed:
        whole = _is_all_pinned(read_manifest(tree, path).decode(errors="replace"))
        calls.append((*fixed, *(("--disable-pip", "--no-deps") if whole else ()), "-r", path))
    if not listed and PROJECT_FILE in paths:
        calls.append((*fixed, "."))
    found: list[KnownVulnerability] = []
    unaudited: list[str] = []
    for argv in calls:
        report = json_object(await call.call(argv, tree, fine=(0, 1), install=_INSTALL_AUDIT), "pip-audit")
        found += vulnerabilities_of(report)
        unaudited += [
            f"{each['name']}: {each['skip_reason']}"
            for each in report["dependencies"]
            if each.get("skip_reason")
        ]
    return Audit(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(unaudited)))


def vulnerabilities_of(report: Mapping[str, Any]) -> Iterable[KnownVulnerability]:
    """Read pip-audit's JSON report.

    Raises:
        ToolFailed: it has another form.
    """
    try:
        return [
            KnownVulnerability(
                name=str(each["id"]),
                package=str(dependency["name"]),
                scanner="pip-audit",
                installed_version=str(dependency.get("version", "")),
                aliases=tuple(map(str, each.get("aliases") or ())),
                fixed_versions=tuple(map(str, each.get("fix_versions") or ())),
                summary=str(each.get("description") or "").strip()[:1000],
            )
            for dependency in report["dependencies"]
            for each in dependency.get("vulns") or ()
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolFailed(f"pip-audit: its report has another form: {error!r}") from error


def newest_in(report: Mapping[str, Any]) -> dict[str, str]:
    """Versions by canonical name, from the report of `pip install --dry-run`.

    Raises:
        ToolFailed: it has another form.
    """
    try:
        return {
            _canonical(each["metadata"]["name"]): str(each["metadata"]["version"])
            for each in report["install"]
        }
    except (KeyError, TypeError) as error:
        raise ToolFailed(f"pip: its report has another form: {error!r}") from error


async def _newest(wanted: list[str], tree: Path, call: ToolCaller) -> dict[str, str]:
    argv = (
        *("python3", "-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary", ":all:"),
        *("--quiet", "--no-input", "--disable-pip-version-check", "--report", "-", *wanted),
    )
    return newest_in(json_object(await call.call(argv, tree, install=_INSTALL_PIP), "pip"))


def _pin_files(tree: Path, paths: Collection[str]) -> tuple[dict[str, str], list[str]]:
    files: dict[str, str] = {}
    remarks: list[str] = []
    for path in manifests(paths):
        if path == PROJECT_FILE:
            continue
        text = read_manifest(tree, path).decode(errors="surrogateescape")
        if "--hash=" in text:
            remarks.append(f"python: {path} holds hashes and is left alone")
        else:
            files[path] = text
    return files, remarks


def _pins(text: str) -> Iterable[re.Match[str]]:
    return filter(None, (_PIN.match(line.rstrip("\r\n")) for line in text.splitlines()))


def _rewrite(file: Path, text: str, newest: Mapping[str, str]) -> list[VersionChange]:
    """Raise the pins of one file; a pin is never lowered."""
    changes: list[VersionChange] = []
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        body = line.rstrip("\r\n")
        pin = _PIN.match(body)
        new = newest.get(_canonical(pin["name"])) if pin else None
        if pin is None or new is None or not is_newer(new, pin["version"]):
            continue
        begin, end = pin.span("version")
        lines[number] = body[:begin] + new + body[end:] + line[len(body) :]
        changes.append(VersionChange(pin["name"], pin["version"], new))
    if changes:
        replace_whole(file, "".join(lines).encode(errors="surrogateescape"))
    return changes


def is_newer(one: str, other: str) -> bool:
    """Whether a version is newer than another, by its numbers; a final one is newer than its own candidates."""
    mine, theirs = _numbers(one), _numbers(other)
    if mine != theirs:
        return mine > theirs
    return bool(re.search(r"(a|b|rc|dev)\d*", other)) and not re.search(r"(a|b|rc|dev)\d*", one)


def _numbers(version: str) -> tuple[int, ...]:
    plain = version.split("+", 1)[0].rpartition("!")[2]
    release = re.match(r"v?(\d+(?:\.\d+)*)", plain)
    numbers = [int(each) for each in release[1].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _is_all_pinned(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    return all(_PIN.match(line) for line in named) or "--hash=" in text


def _marker(rest: str) -> str:
    marker = rest.split("#", 1)[0].strip()
    return f" {marker}" if marker.startswith(";") else ""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
