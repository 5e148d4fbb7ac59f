"""The registry is the existing Foundry's file: read strictly, changed whole, and nothing in it is lost (spec 4.9)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.cli import main
from foundry_kernel.gateways.project_registry import (
    BadRegistry,
    NoRegistry,
    RegistryFile,
    UnknownProject,
    read_registry,
    registry_path,
)
from foundry_kernel.gateways.registry_edit import ProjectIsRegistered, add_project, edit_project

WHOLE = {
    "version": 2,
    "daemon": {"port": 50051},
    "projects": [
        {
            "name": "shop",
            "path": "/srv/shop",
            "stack": "python",
            "agent": "claude",
            "repo": "acme/shop",
            "branch": "main",
            "skip": None,
            "actions": {"iterate": True, "maintain": True, "push": True, "audit": False, "release": False},
            "install": {"command": "pipx install --force ."},
            "notes": "the one that earns the money",
            "timeout_secs": 1800,
            "mood": ["new in version 2.7"],
        },
        {"name": "attic", "path": "~/attic", "skip": "nobody lives there", "install": {"brew": "attic"}},
    ],
}


def written(folder: Path, document: Any) -> Path:
    file = folder / "registry.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))
    return file


def test_a_whole_registry_is_read(tmp_path: Path) -> None:
    shop, attic = RegistryFile(written(tmp_path, WHOLE)).projects()
    assert (shop.name, shop.folder, shop.stack, shop.branch) == ("shop", Path("/srv/shop"), "python", "main")
    assert shop.actions.as_flags() == {
        "iterate": True,
        "maintain": True,
        "push": True,
        "audit": False,
        "release": False,
    }
    assert shop.install is not None
    assert shop.install.command == "pipx install --force ."
    assert (shop.timeout_secs, shop.skip_reason) == (1800, "")
    assert attic.folder == Path.home() / "attic"
    assert (attic.skip_reason, attic.timeout_secs) == ("nobody lives there", 3600)
    assert not any(attic.actions.as_flags().values()), "what is not said is not allowed"
    assert attic.install is not None
    assert attic.install.command is None


@pytest.mark.parametrize(
    ("skip", "reason"),
    [(None, ""), (False, ""), (True, "no reason is given"), ("moving", "moving"), ("", "")],
)
def test_skip_is_nothing_null_a_boolean_or_a_reason(skip: object, reason: str, tmp_path: Path) -> None:
    document = {"version": 2, "projects": [{"name": "a", "path": "/a", "skip": skip}]}
    (project,) = read_registry(json.dumps(document).encode(), tmp_path)
    assert project.skip_reason == reason


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('{"version": 2,\n "projects": [}', ":2:", "not JSON"),
        ('{"version": 2,\n "version": 2, "projects": []}', "", "version"),
        ("[]", ":1", "must be an object"),
        ('{\n"version": 3, "projects": []}', ":2:", "version is 3, and 2 is read"),
        ('{"projects": []}', ":1:", "version is None"),
        ('{"version": 2,\n"projects": {}}', ":2:", "must be a list"),
        ('{"version": 2, "projects": [\n{"name": "a", "path": "/a"},\n\n7]}', ":4:", "must be an object"),
        ('{"version": 2, "projects": [\n{"name": "a",\n"path": "a"}]}', ":3:", "project a: path: .*absolute"),
        ('{"version": 2, "projects": [\n{"path": "/a"}]}', ":2:", "project number 1: name"),
        ('{"version": 2, "projects": [{"name": "a",\n"path": "/a",\n"stack": "cobol"}]}', ":3:", "stack"),
        (
            '{"version": 2, "projects": [{"name": "a", "path": "/a",\n"actions": {"push": "yes"}}]}',
            ":2:",
            r"actions\.push",
        ),
        (
            '{"version": 2, "projects": [{"name": "a", "path": "/a",\n"timeout_secs": 0}]}',
            ":2:",
            "timeout_secs",
        ),
        (
            '{"version": 2, "projects": [{"name": "a", "path": "/a"},\n{"name": "a", "path": "/b"}]}',
            ":2:",
            "stands in line 1 already",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused_with_file_and_line(
    text: str, place: str, what: str, tmp_path: Path
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(BadRegistry, match=what) as refused:
        RegistryFile(file).projects()
    assert f"{file}{place}" in str(refused.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    with contextlib.suppress(BadRegistry):
        read_registry(text, Path("registry.json"))


def test_an_edit_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    edit_project(file, "shop", {"actions": {"push": False}, "notes": None, "branch": "trunk"})
    found = json.loads(file.read_text())
    expected = json.loads(json.dumps(WHOLE))
    expected["projects"][0] |= {"branch": "trunk"}
    expected["projects"][0]["actions"]["push"] = False
    del expected["projects"][0]["notes"]
    assert found == expected
    assert list(found["projects"][0])[:3] == ["name", "path", "stack"], "fields keep their order"


def test_a_refused_edit_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    before = file.read_bytes()
    with pytest.raises(BadRegistry):
        edit_project(file, "shop", {"timeout_secs": -1})
    with pytest.raises(UnknownProject):
        edit_project(file, "ship", {"notes": "x"})
    with pytest.raises(ProjectIsRegistered):
        add_project(file, {"name": "attic", "path": "/attic"})
    with pytest.raises(BadRegistry):
        edit_project(file, "shop", {"name": "attic"})
    assert file.read_bytes() == before


def test_an_edit_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    file = written(real, WHOLE)
    link = tmp_path / "registry.json"
    link.symlink_to(file)
    add_project(link, {"name": "new", "path": "/new"})
    assert link.is_symlink()
    assert [each.name for each in RegistryFile(file).projects()] == ["shop", "attic", "new"]


def test_projects_that_are_added_at_once_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "foundry" / "registry.json"
    names = [f"p{number}" for number in range(8)]
    threads = [
        threading.Thread(target=add_project, args=(file, {"name": name, "path": f"/{name}"}))
        for name in names
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.name for each in RegistryFile(file).projects()) == names


def test_where_the_registry_is(tmp_path: Path) -> None:
    assert registry_path({"FOUNDRY_REGISTRY_PATH": "/x/y.json", "HOME": "/home/me"}) == Path("/x/y.json")
    assert registry_path({"HOME": "/home/me"}) == Path("/home/me/.foundry/registry.json")
    with pytest.raises(NoRegistry, match="registry add"):
        RegistryFile(tmp_path / "none.json").projects()
    assert RegistryFile(tmp_path / "none.json").find("shop") is None


def call(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(main, ["registry", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_the_command_line_adds_shows_edits_lists_and_validates(tmp_path: Path) -> None:
    file = str(tmp_path / "registry.json")
    shop, gone = tmp_path / "shop", tmp_path / "gone"
    for folder in (shop, gone):
        folder.mkdir()
    for arguments in (
        ["init", "--quiet", "-b", "main"],
        ["commit", "--quiet", "--allow-empty", "-m", "begin"],
    ):
        subprocess.run(["git", *arguments], cwd=shop, check=True)
    options = ["--stack", "python", "--branch", "main", "--allow", "maintain", "--install", "make install"]
    assert call("add", "shop", str(shop), "--file", file, *options)[0] == 0
    assert call("add", "gone", str(gone), "--file", file, "--timeout", "60")[0] == 0
    code, said = call("show", "shop", "--file", file)
    assert (code, said["data"]["actions"]["maintain"], said["data"]["install"]["command"]) == (
        0,
        True,
        "make install",
    )
    code, said = call("validate", "--file", file)
    assert code == 1
    assert [each["problem"] for each in said["data"]] == [
        "",
        f"{gone.resolve()} is not a git repository with a commit",
    ]
    assert call("edit", "shop", "--file", file, "--forbid", "maintain", "--skip", "moving")[0] == 0
    _, said = call("list", "--file", file)
    assert [(each["name"], each["skip"]) for each in said["data"]] == [("shop", "moving"), ("gone", None)]
    assert said["data"][0]["actions"]["maintain"] is False
    assert call("edit", "shop", "--file", file, "--skip", "")[0] == 0
    assert call("show", "shop", "--file", file)[1]["data"]["skip"] is False
    assert call("show", "ship", "--file", file)[0] == 2
    assert call("list", "--file", str(tmp_path / "none.json"))[0] == 4
