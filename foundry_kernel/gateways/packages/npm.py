"""JavaScript and TypeScript: the lock file, through `npm`. No script of a package ever runs, nothing is installed."""

from __future__ import annotations

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

PACKAGE_FILE = "package.json"
LOCK_FILE = "package-lock.json"
_QUIET = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")
_INSTALL = "install Node.js with npm"


def manifests(paths: Collection[str]) -> tuple[str, ...]:
    """package.json, with its lock file."""
    return tuple(each for each in (PACKAGE_FILE, LOCK_FILE) if each in paths) if PACKAGE_FILE in paths else ()


async def update(tree: Path, paths: Collection[str], call: ToolCaller) -> Changed:
    """Bring the lock file to the newest versions that package.json allows.

    Raises:
        ToolMissing, ToolFailed: npm is not there, or cannot reach its registry.
    """
    return await _locked(tree, paths, ("npm", "update", *_QUIET), call)


async def raise_to(
    tree: Path, paths: Collection[str], package: str, version: str, call: ToolCaller
) -> Changed:
    """Bring one package of the lock file to the newest version that its dependents allow; `version` is not forced."""
    return await _locked(tree, paths, ("npm", "update", package, *_QUIET), call)


async def audit(tree: Path, paths: Collection[str], call: ToolCaller) -> Audit:
    """Ask npm about the lock file.

    Raises:
        ToolMissing, ToolFailed: npm is not there, there is no lock file, or the registry gives no advice.
    """
    if LOCK_FILE not in paths:
        raise ToolFailed(
            "npm audit needs package-lock.json", next_step="npm install --package-lock-only, and commit it"
        )
    text = await call.call(
        ("npm", "audit", "--json", "--package-lock-only"), tree, fine=(0, 1), install=_INSTALL
    )
    return Audit(tuple(dict.fromkeys(vulnerabilities_of(json_object(text, "npm audit"), _versions(tree)))))


def vulnerabilities_of(
    report: Mapping[str, Any], installed: Mapping[str, str]
) -> Iterable[KnownVulnerability]:
    """Read npm's audit report, version 2; a package that is only affected through another is not named again.

    Raises:
        ToolFailed: npm reports an error, or the report has another form.
    """
    if "error" in report or "vulnerabilities" not in report:
        error = report.get("error")
        said = error.get("summary") or error.get("code") if isinstance(error, dict) else None
        raise ToolFailed(f"npm audit: {said or report.get('message') or 'its report has another form'}")
    try:
        return [
            KnownVulnerability(
                name=_name_of(each),
                package=str(each.get("name") or package),
                scanner="npm audit",
                installed_version=installed.get(str(each.get("name") or package), ""),
                fixed_versions=_fixed(found.get("fixAvailable"), str(each.get("name") or package)),
                severity=str(each.get("severity") or found.get("severity") or ""),
                summary=str(each.get("title") or ""),
            )
            for package, found in report["vulnerabilities"].items()
            for each in found["via"]
            if isinstance(each, dict)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolFailed(f"npm audit: its report has another form: {error!r}") from error


async def _locked(tree: Path, paths: Collection[str], argv: tuple[str, ...], call: ToolCaller) -> Changed:
    if LOCK_FILE not in paths:
        return Changed(remarks=("npm: there is no package-lock.json, so nothing is pinned",))
    diff = LockDiff(_versions(tree))
    await call.call(argv, tree, install=_INSTALL)
    diff.after = _versions(tree)
    return Changed(diff.changes())


def _versions(tree: Path) -> dict[str, str]:
    """Versions in the lock file, by name; of several the last."""
    text = read_manifest(tree, LOCK_FILE).decode(errors="replace")
    if not text:
        return {}
    listed = json_object(text, LOCK_FILE).get("packages") or {}
    return {
        place.rpartition("node_modules/")[2]: str(each.get("version", ""))
        for place, each in listed.items()
        if "node_modules/" in place and isinstance(each, dict)
    }


def _name_of(advisory: Mapping[str, Any]) -> str:
    address = str(advisory.get("url") or "")
    last = address.rstrip("/").rpartition("/")[2]
    return last if last.startswith(("GHSA-", "CVE-")) else f"npm-{advisory.get('source')}"


def _fixed(available: Any, package: str) -> tuple[str, ...]:
    if isinstance(available, dict) and available.get("name") == package and available.get("version"):
        return (str(available["version"]),)
    return ()
