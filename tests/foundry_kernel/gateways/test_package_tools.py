"""Package tools: what is called, what their answers mean, and what is said when there is none (spec 4.6).

The tools are executables that print what the real ones printed; see `tests/fakes/foundry_tools.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gateways.package_tools import (
    NoSuchTool,
    PackageTools,
    ToolCaller,
    ToolFailed,
    ToolMissing,
    manifests_among,
    stacks_among,
)
from foundry_kernel.gateways.packages.python import is_newer
from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.secrets import Redactor
from tests.fakes.foundry_tools import (
    CARGO_AUDIT,
    NPM_AUDIT,
    NPM_CANNOT,
    PIP_AUDIT,
    PIP_AUDIT_CANNOT,
    asked_of,
    path_with,
    pip_report,
    put_tool,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


@pytest.fixture
def tools(bin_folder: Path) -> PackageTools:
    caller = ToolCaller(ProcessShell(), {"PATH": path_with(bin_folder)}, Redactor(), time_limit_s=30)
    return PackageTools(caller)


def lock(folder: Path, **versions: str) -> None:
    packages: dict[str, Any] = {
        "": {"name": "x"},
        **{f"node_modules/{n}": {"version": v} for n, v in versions.items()},
    }
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    (folder / "package.json").write_text('{"name": "x"}')


async def test_pins_are_raised_and_everything_else_stays(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    put_tool(bin_folder, "python3", says=pip_report(Jinja2="3.1.6", click="8.1.0", MarkupSafe="3.0.2"))
    (tree / "requirements.txt").write_text(
        "# what we need\n-c constraints.txt\njinja2 == 2.11.2  # old\nclick==8.2.0\nrich>=13\n"
        "tomli==1.1; python_version < '3.11'\n"
    )
    (tree / "constraints.txt").write_text("markupsafe==1.1.1\r\n")
    (tree / "requirements-lock.txt").write_text("jinja2==2.11.2 --hash=sha256:00\n")
    done = await tools.update(tree)
    assert (tree / "requirements.txt").read_text() == (
        "# what we need\n-c constraints.txt\njinja2 == 3.1.6  # old\nclick==8.2.0\nrich>=13\n"
        "tomli==1.1; python_version < '3.11'\n"
    ), "a pin is never lowered, and what is no pin is not touched"
    assert (tree / "constraints.txt").read_bytes() == b"markupsafe==3.0.2\r\n"
    assert [str(each) for each in done.changes] == ["markupsafe 1.1.1 → 3.0.2", "jinja2 2.11.2 → 3.1.6"]
    assert done.remarks == ("python: requirements-lock.txt holds hashes and is left alone",)
    (asked,) = asked_of(bin_folder, "python3")
    assert asked.endswith("--report - click jinja2 markupsafe tomli ; python_version < '3.11'")
    assert "--only-binary :all:" in asked, "nothing is built, so nothing of a package runs"


async def test_pins_that_do_not_fit_together_are_told_as_pip_tells_it(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    put_tool(bin_folder, "python3", script="echo 'ERROR: ResolutionImpossible: for help visit' >&2", code=1)
    (tree / "requirements.txt").write_text("a==1\nb==1\n")
    with pytest.raises(ToolFailed, match="ResolutionImpossible"):
        await tools.update(tree)
    assert (tree / "requirements.txt").read_text() == "a==1\nb==1\n"


async def test_nothing_pinned_is_said_and_nobody_is_asked(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    put_tool(bin_folder, "python3", code=1)
    (tree / "pyproject.toml").write_text("[project]\n")
    assert (await tools.update(tree)).remarks == ("python: nothing is pinned with ==",)
    assert asked_of(bin_folder, "python3") == []


async def test_the_lock_file_of_npm_is_updated_without_scripts(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    lock(tree, minimist="1.2.0", gone="1.0.0")
    after = tree.parent / "after.json"
    after.write_text(json.dumps({"packages": {"node_modules/minimist": {"version": "1.2.8"}}}))
    put_tool(bin_folder, "npm", script=f"cp {after} package-lock.json")
    done = await tools.update(tree, "typescript")
    assert [str(each) for each in done.changes] == ["gone 1.0.0 → (gone)", "minimist 1.2.0 → 1.2.8"]
    (asked,) = asked_of(bin_folder, "npm")
    assert asked.startswith("update --package-lock-only --ignore-scripts")


async def test_cargo_and_go_update_their_lock_files(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    (tree / "Cargo.toml").write_text("[package]\n")
    (tree / "Cargo.lock").write_text('[[package]]\nname = "time"\nversion = "0.1.42"\n')
    (tree / "go.mod").write_text("module x\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)\n")
    put_tool(bin_folder, "cargo", script="sed -i s/0.1.42/0.3.1/ Cargo.lock")
    put_tool(bin_folder, "go", script='[ "$1" = get ] && sed -i s/a.v1.0.0/"a v1.2.0"/ go.mod')
    done = await tools.update(tree)
    assert [str(each) for each in done.changes] == ["time 0.1.42 → 0.3.1", "example.com/a v1.0.0 → v1.2.0"]
    assert asked_of(bin_folder, "cargo") == ["update --quiet"]
    assert asked_of(bin_folder, "go") == ["get -u ./...", "mod tidy"]
    await tools.raise_to(tree, "time", ">=0.2.23", "rust")
    assert asked_of(bin_folder, "cargo")[-1] == "update --quiet --package time --precise 0.2.23"
    await tools.raise_to(tree, "example.com/b", "1.1.0", "go")
    assert asked_of(bin_folder, "go")[-2] == "get example.com/b@v1.1.0"


async def test_one_package_is_raised_without_asking_anyone(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    (tree / "requirements.txt").write_text("Jinja_2==2.11.2\nclick==8.1\n")
    done = await tools.raise_to(tree, "jinja-2", "2.11.3")
    assert [str(each) for each in done.changes] == ["Jinja_2 2.11.2 → 2.11.3"]
    assert (tree / "requirements.txt").read_text() == "Jinja_2==2.11.3\nclick==8.1\n"


async def test_every_scanner_is_read(tree: Path, bin_folder: Path, tools: PackageTools) -> None:
    (tree / "requirements.txt").write_text("jinja2==2.11.2\nmarkupsafe==1.1.1\n")
    (tree / "requirements-dev.txt").write_text("-r requirements.txt\npytest\n")
    (tree / "Cargo.toml").write_text("")
    (tree / "Cargo.lock").write_text("")
    lock(tree, minimist="0.0.8")
    put_tool(bin_folder, "pip-audit", says=PIP_AUDIT, code=1)
    put_tool(bin_folder, "npm", says=NPM_AUDIT, code=1)
    put_tool(bin_folder, "cargo", says=CARGO_AUDIT, code=1)
    audit = await tools.audit(tree)
    assert [
        (each.name, each.package, each.installed_version, each.fixed_versions) for each in audit.found
    ] == [
        ("PYSEC-2021-66", "jinja2", "2.11.2", ("2.11.3",)),
        ("GHSA-xvch-5gv4-984h", "minimist", "0.0.8", ("1.2.8",)),
        ("RUSTSEC-2020-0071", "time", "0.1.42", (">=0.2.23",)),
    ], "a finding of two files is one, and a package that is affected through another is not named again"
    assert audit.found[0].is_called("CVE-2020-28493")
    calls = asked_of(bin_folder, "pip-audit")
    assert calls[0].endswith("-r requirements-dev.txt")
    assert "--no-deps" not in calls[0], "a file that is not pinned is resolved first"
    assert calls[1].endswith("--disable-pip --no-deps -r requirements.txt")


async def test_what_could_not_be_audited_is_not_clean(
    tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    (tree / "requirements.txt").write_text("jinja2==2.11.2\n")
    put_tool(bin_folder, "pip-audit", says=PIP_AUDIT_CANNOT)
    audit = await tools.audit(tree)
    assert audit.found == ()
    assert len(audit.unaudited) == 1
    assert audit.unaudited[0].startswith("jinja2: Dependency not found")


@pytest.mark.parametrize(
    ("says", "code", "what"),
    [
        (NPM_CANNOT, 1, "405 Method Not Allowed"),
        ("<html>proxy</html>", 0, "not JSON"),
        ("[]", 0, "not a JSON object"),
        ({"vulnerabilities": {"x": {"via": 7}}}, 1, "another form"),
        ("boom", 7, "exit code 7: boom"),
    ],
)
async def test_a_scanner_without_advice_is_a_failure_not_a_clean_tree(
    says: Any, code: int, what: str, tree: Path, bin_folder: Path, tools: PackageTools
) -> None:
    lock(tree)
    put_tool(bin_folder, "npm", says=says, code=code)
    with pytest.raises(ToolFailed, match=what) as failed:
        await tools.audit(tree)
    assert (failed.value.failure_class, failed.value.exit_code) == ("dispatch", 4)


async def test_a_missing_scanner_is_named_with_the_way_to_get_it(tree: Path, tmp_path: Path) -> None:
    (tree / "requirements.txt").write_text("a==1\n")
    (tree / "Cargo.toml").write_text("")
    (tree / "Cargo.lock").write_text("")
    empty, only_cargo = tmp_path / "empty", tmp_path / "only"
    empty.mkdir()
    put_tool(only_cargo, "cargo", script="echo 'error: no such command: `audit`' >&2", code=101)
    for folder, stack, step in (
        (empty, "python", "pip-audit"),
        (only_cargo, "rust", "cargo install cargo-audit"),
    ):
        environment = {"PATH": f"{folder}:/bin" if folder is only_cargo else str(folder)}
        caller = ToolCaller(ProcessShell(), environment, Redactor(), time_limit_s=30)
        with pytest.raises(ToolMissing) as missing:
            await PackageTools(caller).audit(tree, stack)
        assert step in missing.value.next_step


def test_stacks_are_recognised_by_files_at_the_root() -> None:
    paths = (
        "requirements.txt",
        "requirements/dev.txt",
        "docs/requirements.txt",
        "package.json",
        "src/go.mod",
    )
    assert stacks_among(paths) == ("python", "npm")
    assert stacks_among(paths, "typescript") == ("npm",)
    assert manifests_among(paths) == ("requirements.txt", "requirements/dev.txt", "package.json")
    with pytest.raises(NoSuchTool, match="nothing at the root"):
        stacks_among(("README.md",))
    with pytest.raises(NoSuchTool, match="'elixir'"):
        stacks_among(paths, "elixir")
    with pytest.raises(NoSuchTool, match="as rust"):
        stacks_among(paths, "rust")


async def test_credentials_of_an_index_are_redacted(tree: Path, bin_folder: Path, tmp_path: Path) -> None:
    put_tool(bin_folder, "python3", script='echo "cannot reach $PIP_INDEX_URL as $OTHER" >&2', code=1)
    (tree / "requirements.txt").write_text("a==1\n")
    environment = {
        "PATH": path_with(bin_folder),
        "PIP_INDEX_URL": "mirror://me:geheim@index",
        "OTHER": "unseen",
    }
    caller = ToolCaller(ProcessShell(), environment, Redactor(), time_limit_s=30)
    with pytest.raises(ToolFailed, match=r"cannot reach \*\*\*PIP_INDEX_URL\*\*\* as$"):
        await PackageTools(caller).update(tree)


VERSION = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(VERSION, VERSION)
def test_of_two_versions_at_most_one_is_newer(one: str, other: str) -> None:
    assert not (is_newer(one, other) and is_newer(other, one))
    assert not is_newer(one, one)
    assert not is_newer(f"{one}.0", one)


@pytest.mark.parametrize(
    ("one", "other"), [("1.10", "1.9"), ("2.0", "2.0rc1"), ("2024.1", "3.0"), ("1.0.1", "1.0")]
)
def test_a_newer_version_is_newer(one: str, other: str) -> None:
    assert is_newer(one, other)
    assert not is_newer(other, one)
