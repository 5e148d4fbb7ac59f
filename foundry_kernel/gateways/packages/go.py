"""Go: go.mod and go.sum, through `go get`."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from foundry_kernel.gateways.packages.tool import (
    Audit,
    Changed,
    LockDiff,
    NoSuchTool,
    ToolCaller,
    read_manifest,
)

MODULE_FILE = "go.mod"
_REQUIRED = re.compile(r"^\s*(?:require\s+)?([A-Za-z0-9][^\s()]*\.[^\s()]+)\s+(v\d[^\s]*)", re.MULTILINE)
_INSTALL = "install Go"


def manifests(paths: Collection[str]) -> tuple[str, ...]:
    """go.mod, with go.sum."""
    return tuple(each for each in (MODULE_FILE, "go.sum") if each in paths) if MODULE_FILE in paths else ()


async def update(tree: Path, paths: Collection[str], call: ToolCaller) -> Changed:
    """Bring go.mod to the newest minor or patch releases.

    Raises:
        ToolMissing, ToolFailed: go is not there, or cannot reach its proxy.
    """
    return await _changed(tree, ("-u", "./..."), call)


async def raise_to(
    tree: Path, paths: Collection[str], package: str, version: str, call: ToolCaller
) -> Changed:
    """Bring one module to one version."""
    return await _changed(tree, (f"{package}@v{version.removeprefix('v')}",), call)


async def audit(tree: Path, paths: Collection[str], call: ToolCaller) -> Audit:
    """Refuse: no scanner is known for this stack.

    Raises:
        NoSuchTool: always.
    """
    raise NoSuchTool("no scanner is known for Go modules", next_step="let a gate of the repository scan them")


async def _changed(tree: Path, arguments: tuple[str, ...], call: ToolCaller) -> Changed:
    diff = LockDiff(_versions(tree))
    await call.call(("go", "get", *arguments), tree, install=_INSTALL)
    await call.call(("go", "mod", "tidy"), tree, install=_INSTALL)
    diff.after = _versions(tree)
    return Changed(diff.changes())


def _versions(tree: Path) -> dict[str, str]:
    return dict(_REQUIRED.findall(read_manifest(tree, MODULE_FILE).decode(errors="replace")))
