"""Rust: Cargo.lock, through `cargo update` and `cargo audit`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from foundry_kernel.gateways.packages.tool import (
    Audit,
    Changed,
    KnownVulnerability,
    LockDiff,
    ToolCaller,
    ToolFailed,
    json_object,
    read_manifest,
)

LOCK_FILE = "Cargo.lock"
_INSTALL = "install Rust with cargo"
_INSTALL_AUDIT = "cargo install cargo-audit --locked"
_VERSION = re.compile(r"\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.-]+)?")


def manifests(paths: Collection[str]) -> tuple[str, ...]:
    """Cargo.toml, with its lock file."""
    return tuple(each for each in ("Cargo.toml", LOCK_FILE) if each in paths) if "Cargo.toml" in paths else ()


async def update(tree: Path, paths: Collection[str], call: ToolCaller) -> Changed:
    """Bring Cargo.lock to the newest versions that Cargo.toml allows.

    Raises:
        ToolMissing, ToolFailed: cargo is not there, or cannot reach its registry.
    """
    return await _locked(tree, paths, ("cargo", "update", "--quiet"), call)


async def raise_to(
    tree: Path, paths: Collection[str], package: str, version: str, call: ToolCaller
) -> Changed:
    """Bring one package of Cargo.lock to one version; of a range such as `>=1.2` to where it begins."""
    exact = _VERSION.search(version)
    precise = ("--precise", exact[0]) if exact else ()
    return await _locked(tree, paths, ("cargo", "update", "--quiet", "--package", package, *precise), call)


async def audit(tree: Path, paths: Collection[str], call: ToolCaller) -> Audit:
    """Ask cargo-audit about Cargo.lock.

    Raises:
        ToolMissing, ToolFailed: cargo-audit is not there, there is no lock file, or it gives no advice.
    """
    if LOCK_FILE not in paths:
        raise ToolFailed("cargo audit needs Cargo.lock", next_step="cargo generate-lockfile, and commit it")
    argv = ("cargo", "audit", "--json", "--file", LOCK_FILE)
    text = await call.call(argv, tree, fine=(0, 1), install=_INSTALL_AUDIT)
    return Audit(tuple(dict.fromkeys(vulnerabilities_of(json_object(text, "cargo audit")))))


def vulnerabilities_of(report: Mapping[str, Any]) -> Iterable[KnownVulnerability]:
    """Read cargo-audit's JSON report; warnings, such as an unmaintained crate, are not vulnerabilities.

    Raises:
        ToolFailed: it has another form.
    """
    try:
        return [
            KnownVulnerability(
                name=str(each["advisory"]["id"]),
                package=str(each["package"]["name"]),
                scanner="cargo audit",
                installed_version=str(each["package"]["version"]),
                aliases=tuple(map(str, each["advisory"].get("aliases") or ())),
                fixed_versions=tuple(map(str, (each.get("versions") or {}).get("patched") or ())),
                severity=str(each["advisory"].get("severity") or each["advisory"].get("cvss") or ""),
                summary=str(each["advisory"].get("title") or ""),
            )
            for each in report["vulnerabilities"]["list"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolFailed(f"cargo audit: its report has another form: {error!r}") from error


async def _locked(tree: Path, paths: Collection[str], argv: tuple[str, ...], call: ToolCaller) -> Changed:
    if LOCK_FILE not in paths:
        return Changed(remarks=("cargo: there is no Cargo.lock, so nothing is pinned",))
    diff = LockDiff(_versions(tree))
    await call.call(argv, tree, install=_INSTALL)
    diff.after = _versions(tree)
    return Changed(diff.changes())


def _versions(tree: Path) -> dict[str, str]:
    """Versions in the lock file, by name; several of one name stand together."""
    try:
        locked = tomllib.loads(read_manifest(tree, LOCK_FILE).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ToolFailed(f"{LOCK_FILE}: not TOML: {error}") from error
    found: dict[str, list[str]] = {}
    for each in locked.get("package", ()):
        found.setdefault(str(each.get("name")), []).append(str(each.get("version")))
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
