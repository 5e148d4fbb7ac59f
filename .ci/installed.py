"""Say whether this environment holds what an extra of pyproject.toml asks for, and this checkout itself.

Usage: `python .ci/installed.py EXTRA [--pinned]`; ends with 0 when it does, else with 1. With `--pinned` the versions
must be those of constraints.txt. Nothing is printed: the answer is the exit code.
"""

from __future__ import annotations

import filecmp
import json
import re
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

try:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name
except ImportError:  # a new environment holds pip alone
    from pip._vendor.packaging.requirements import Requirement  # type: ignore[assignment]
    from pip._vendor.packaging.utils import canonicalize_name  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent.parent


def requirements_of(project: dict, extra: str) -> list[Requirement]:
    """Collect the requirements of the project and of one extra, extras of extras included."""
    found = [Requirement(text) for text in project["dependencies"]]
    waiting, seen = [extra], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for text in project["optional-dependencies"][name]:
            requirement = Requirement(text)
            if requirement.name == project["name"]:
                waiting.extend(requirement.extras)
            else:
                found.append(requirement)
    return found


def is_this_checkout(project: dict, shared: dict[str, str]) -> bool:
    """Say whether the project is installed editable from here, with its commands and the files it shares."""
    try:
        installed = metadata.distribution(project["name"])
    except metadata.PackageNotFoundError:
        return False
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if origin.get("url") != ROOT.as_uri() or not origin.get("dir_info", {}).get("editable"):
        return False
    if not all(Path(sysconfig.get_path("scripts"), name).exists() for name in project["scripts"]):
        return False
    return all(
        is_same(ROOT / source, Path(sysconfig.get_path("data"), target)) for source, target in shared.items()
    )


def is_same(source: Path, target: Path) -> bool:
    """Say whether every file of a shared folder is installed as it stands here."""
    names = [file.name for file in source.iterdir() if file.is_file()]
    return filecmp.cmpfiles(source, target, names, shallow=False)[0] == names


def is_installed(requirement: Requirement, pins: dict[str, str]) -> bool:
    """Say whether a requirement is met; with pins, by the pinned version."""
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return True
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    pinned = pins.get(canonicalize_name(requirement.name), version)
    return version == pinned and requirement.specifier.contains(version, prereleases=True)


def main(extra: str, *options: str) -> bool:
    """Answer for one extra."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = document["project"]
    shared = document["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    pins = {}
    if "--pinned" in options:
        lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        pins = dict(re.split("==", line) for line in lines if "==" in line)
        pins = {canonicalize_name(name): version for name, version in pins.items()}
    return is_this_checkout(project, shared) and all(
        is_installed(one, pins) for one in requirements_of(project, extra)
    )


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
