"""The port for package tools: updating, raising and auditing dependencies, by stack (spec 4.6).

A stack is recognised by its files at the root of a tree; a tree may have several.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from foundry_kernel.gateways.packages import cargo, go, npm, python
from foundry_kernel.gateways.packages.python import is_newer
from foundry_kernel.gateways.packages.tool import (
    Audit,
    Changed,
    KnownVulnerability,
    NoSuchTool,
    PackageTool,
    ToolCaller,
    ToolFailed,
    ToolMissing,
)

__all__ = [
    "Audit",
    "Changed",
    "KnownVulnerability",
    "NoSuchTool",
    "PackageTools",
    "ToolCaller",
    "ToolFailed",
    "ToolMissing",
    "is_newer",
    "manifests_among",
    "stacks_among",
]

TOOLS: dict[str, PackageTool] = {"python": python, "npm": npm, "rust": cargo, "go": go}
_STACK_OF_REGISTRY = {"typescript": "npm", "javascript": "npm"}


def stacks_among(paths: Collection[str], chosen: str | None = None) -> tuple[str, ...]:
    """Stacks that the files of a tree speak for.

    Args:
        chosen: only this one, by our name or the registry's.

    Raises:
        NoSuchTool: the chosen one is not known, or not there; or there is none at all.
    """
    there = tuple(name for name, tool in TOOLS.items() if tool.manifests(paths))
    known = ", ".join(TOOLS)
    if chosen is not None:
        name = _STACK_OF_REGISTRY.get(chosen, chosen)
        if name not in TOOLS:
            raise NoSuchTool(f"no package tool is known for stack {chosen!r}", next_step=f"known: {known}")
        there = tuple(each for each in there if each == name)
    if not there:
        raise NoSuchTool(
            "nothing at the root says what the project depends on"
            + (f" as {chosen}" if chosen is not None else ""),
            next_step="known are requirements files, pyproject.toml, package.json, Cargo.toml and go.mod",
        )
    return there


def manifests_among(paths: Collection[str]) -> tuple[str, ...]:
    """Paths that say what a project depends on, in any stack."""
    return tuple(dict.fromkeys(path for tool in TOOLS.values() for path in tool.manifests(paths)))


class PackageTools:
    """The package tools of this machine."""

    def __init__(self, call: ToolCaller) -> None:
        self._call = call

    async def update(self, tree: Path, chosen: str | None = None) -> Changed:
        """Bring the dependencies of a tree up to date, in every stack that it has.

        Raises:
            NoSuchTool, ToolMissing, ToolFailed, FileUnreadable: it cannot be done; what was done stays in the tree.
        """
        paths = root_paths(tree)
        parts = [await TOOLS[stack].update(tree, paths, self._call) for stack in stacks_among(paths, chosen)]
        return _together(parts)

    async def raise_to(self, tree: Path, package: str, version: str, chosen: str | None = None) -> Changed:
        """Bring one dependency to at least one version; no change means that the tree does not pin it itself.

        Raises:
            NoSuchTool, ToolMissing, ToolFailed, FileUnreadable: it cannot be done.
        """
        paths = root_paths(tree)
        parts = [
            await TOOLS[stack].raise_to(tree, paths, package, version, self._call)
            for stack in stacks_among(paths, chosen)
        ]
        return _together(parts)

    async def audit(self, tree: Path, chosen: str | None = None) -> Audit:
        """Compare the dependencies of a tree with what is known to be vulnerable; one finding per name and package.

        Raises:
            NoSuchTool, ToolMissing, ToolFailed, FileUnreadable: it cannot be done, and nothing is known.
        """
        paths = root_paths(tree)
        found: dict[tuple[str, str], KnownVulnerability] = {}
        unaudited: list[str] = []
        for stack in stacks_among(paths, chosen):
            audit = await TOOLS[stack].audit(tree, paths, self._call)
            unaudited += audit.unaudited
            for each in audit.found:
                found.setdefault((each.name, each.package), each)
        return Audit(tuple(found.values()), tuple(unaudited))


def root_paths(tree: Path) -> tuple[str, ...]:
    """Plain files at the root of a tree and in its folder `requirements`, where manifests may be."""
    found = [each.name for each in tree.iterdir() if each.is_file()]
    inner = tree / "requirements"
    if inner.is_dir() and not inner.is_symlink():
        found += [f"requirements/{each.name}" for each in inner.iterdir() if each.is_file()]
    return tuple(sorted(found))


def _together(parts: list[Changed]) -> Changed:
    changes = tuple(each for part in parts for each in part.changes)
    return Changed(changes, tuple(remark for part in parts for remark in part.remarks))
