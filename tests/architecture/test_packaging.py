"""What `pip install` brings, and that the ways to set up agree with one another."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.house import PACKAGES, ROOT, pyproject, run_python, source_files, tracked_files

KERNEL = "data/data/share/jupyter/kernels/foundry/"
LAUNCHER = "data/data/share/jupyter/labextensions/@alloy-foundry/launcher/"
COMES_WITH_ANOTHER = {"pydantic_core"}
"""pydantic asks for exactly one version of it."""
INSTALLED_EXTRAS = ("test", "lab")


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the wheel that this checkout builds."""
    return names_of_build(
        "-m", "hatchling", "build", "-t", "wheel", "-d", folder=tmp_path_factory.mktemp("wheel")
    )


def names_of_build(*command: str, folder: Path) -> set[str]:
    """Build into a folder; answer the names in the archive, the version taken out of them."""
    run = run_python(*command, str(folder))
    assert run.returncode == 0, run.stderr
    (archive,) = folder.glob("*.whl")
    return {
        re.sub(r"^alloy_foundry-[^/]*\.(data|dist-info)/", r"\1/", name)
        for name in zipfile.ZipFile(archive).namelist()
    }


@pytest.mark.slow
def test_the_wheel_holds_three_packages_with_all_their_files(wheel_names: set[str]) -> None:
    expected = {
        f"{package}/{file.relative_to(folder)}"
        for package, folder in PACKAGES.items()
        for file in tracked_files()
        if file.is_relative_to(folder)
    }

    assert {name.split("/")[0] for name in wheel_names} == {*PACKAGES, "data", "dist-info"}
    assert not expected - wheel_names


@pytest.mark.slow
def test_the_wheel_registers_the_kernel(wheel_names: set[str]) -> None:
    assert f"{KERNEL}kernel.json" in wheel_names


@pytest.mark.slow
def test_the_wheel_carries_the_run_notebooks_and_those_that_the_launcher_opens(wheel_names: set[str]) -> None:
    runs = {
        f"foundry_kernel/runner/notebooks/{file.name}" for file in (ROOT / "notebooks/runs").glob("*.ipynb")
    }
    opened = {
        f"{LAUNCHER}static/notebooks/{file.name}" for file in (ROOT / "notebooks/authoring").glob("*.ipynb")
    }

    assert "foundry_kernel/runner/notebooks/run_request.ipynb" in runs
    assert {name for name in wheel_names if name.endswith(".ipynb")} == runs | opened
    assert {f"{LAUNCHER}package.json", f"{LAUNCHER}static/remoteEntry.js"} <= wheel_names


@pytest.mark.slow
def test_an_editable_install_registers_the_kernel_and_copies_no_code(tmp_path: Path) -> None:
    names = names_of_build(
        "-c", "import sys; from hatchling.build import build_editable as b; b(sys.argv[1])", folder=tmp_path
    )

    assert f"{KERNEL}kernel.json" in names
    assert not {name.split("/")[0] for name in names} & set(PACKAGES)


def test_the_installed_kernel_is_the_one_in_the_checkout() -> None:
    if not is_installed_from_here():
        pytest.skip("another checkout is installed: this one is tested as a worktree of it")
    installed = Path(sysconfig.get_path("data"), "share/jupyter/kernels/foundry/kernel.json")
    source = ROOT / "foundry_kernel/kernel/kernelspec/kernel.json"

    assert installed.read_bytes() == source.read_bytes(), "install again: rm -r .venv/.ready; make test"


@pytest.mark.parametrize("command", pyproject()["project"]["scripts"])
def test_every_command_is_installed_and_answers(command: str) -> None:
    assert shutil.which(command, path=sysconfig.get_path("scripts"))
    target = pyproject()["project"]["scripts"][command]

    run = run_python(
        "-c", f"import {target.split(':')[0]} as face; assert callable(face.{target.split(':')[1]})"
    )

    assert run.returncode == 0, run.stderr


def test_the_conda_environment_installs_the_same() -> None:
    lines = [line.strip(" -") for line in (ROOT / "environment.yml").read_text("utf-8").splitlines()]
    project = pyproject()["project"]

    assert f"python{project['requires-python']}" in lines
    (extras,) = [re.fullmatch(r"editable \.\[(.*)\]", line) for line in lines if line.startswith("editable")]
    assert extras
    assert set(extras.group(1).split(",")) == set(INSTALLED_EXTRAS) <= set(project["optional-dependencies"])
    assert "constraint constraints.txt" in lines


def test_the_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()

    odd = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9][\w.-]*==[A-Za-z0-9][\w.!+-]*", line)]

    assert not odd


def test_the_constraints_fit_what_the_project_asks_for() -> None:
    pins = pinned_versions()
    project = pyproject()["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    requirements = [Requirement(text) for text in asked if not text.startswith(project["name"])]

    unfit = [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]

    assert not unfit


def test_the_constraints_cover_every_installed_dependency() -> None:
    pins = pinned_versions()

    assert not {
        name for name in installed_dependencies("alloy-foundry", INSTALLED_EXTRAS) if name not in pins
    }


def test_every_library_that_is_imported_is_asked_for() -> None:
    project = pyproject()["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {canonicalize_name(Requirement(text).name) for text in asked}
    homes = metadata.packages_distributions()

    missing = {
        f"{file.relative_to(ROOT)}: {library}"
        for file in source_files()
        for library in imported_libraries(file)
        if library not in COMES_WITH_ANOTHER
        and not names & {canonicalize_name(home) for home in homes.get(library, [library])}
    }

    assert not missing, "add it to the extra of the room that needs it, then `make constraints`"


def imported_libraries(file: Path) -> set[str]:
    """Top-level names that a file imports, other than the standard library's and our own."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - set(PACKAGES)


def is_installed_from_here() -> bool:
    """Whether the environment holds an editable install of this checkout."""
    origin = json.loads(metadata.distribution("alloy-foundry").read_text("direct_url.json") or "{}")
    return origin.get("url") == ROOT.as_uri()


def pinned_versions() -> dict[str, str]:
    """Name → version of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {
        canonicalize_name(name): version
        for name, _, version in (line.partition("==") for line in lines)
        if version
    }


def installed_dependencies(project: str, extras: tuple[str, ...]) -> set[str]:
    """The names of all installed distributions that a project needs with these extras, itself left out."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(canonicalize_name(project), extras)]
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    while waiting:
        name, wanted = waiting.pop()
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        for extra in ("", *wanted):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for requirement in map(Requirement, texts):
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    waiting.append((canonicalize_name(requirement.name), tuple(requirement.extras)))
    return found - {canonicalize_name(project)}
