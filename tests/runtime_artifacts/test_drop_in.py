"""A plugin is one file; whoever drops in a bad one is named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime_artifacts.drop_in import DropIn, collect_drop_ins
from runtime_artifacts.errors import BadPlugin

Drop = Callable[[str, str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Drop a file into the folder `plugins_under_test`; other names become distributions with entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "plugins_under_test").mkdir()
    (tmp_path / "plugins_under_test" / "__init__.py").write_text("")

    def write(name: str, text: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    yield write
    for name in [each for each in sys.modules if each.startswith(("plugins_under_test", "other_package"))]:
        del sys.modules[name]


def text(value: object) -> str:
    """What a plugin must be, for these tests: a lower-case text."""
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    if not value.islower():
        raise ValueError(f"{value!r} is not lower-case")
    return value


def collect(entry_points: str | None = None) -> dict[str, DropIn[str]]:
    """Collect from the folder."""
    found = collect_drop_ins("plugins_under_test", "PLUGIN", text, name_of=str, entry_points=entry_points)
    return dict(found)


def entry_point(drop: Drop, name: str, value: str) -> None:
    """Install a distribution that offers one plugin."""
    drop("other-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    drop("other-1.0.dist-info/entry_points.txt", f"[group_under_test]\n{name} = {value}\n")


def test_every_file_of_the_folder_is_a_plugin_in_the_order_of_names(drop: Drop) -> None:
    drop("plugins_under_test/second.py", "PLUGIN = 'a'")
    drop("plugins_under_test/first.py", "PLUGIN = ('c', 'b')")
    drop("plugins_under_test/_hidden.py", "raise SystemExit")

    found = collect()

    assert list(found) == ["c", "b", "a"]
    assert found["a"].plugin == "a"
    assert found["a"].origin.endswith("plugins_under_test/second.py")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", r"bad\.py: offers no PLUGIN"),
        ("PLUGIN = 3", r"bad\.py: PLUGIN is not usable: a text is needed"),
        ("PLUGIN = ('a', 'B')", r"bad\.py: PLUGIN is not usable: 'B' is not lower-case"),
        ("PLUGIN = 'good'", r"good\.py: 'good' is taken by .*bad\.py"),
        ("1 / 0", r"plugins_under_test\.bad: cannot be imported: ZeroDivisionError"),
        ("def", r"plugins_under_test\.bad: cannot be imported: SyntaxError"),
        (
            "import nothing_of_this_name",
            r"cannot be imported: ModuleNotFoundError: No module named 'nothing_of",
        ),
        ("raise SystemExit(3)", r"plugins_under_test\.bad: cannot be imported: SystemExit: 3"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(drop: Drop, written: str, message: str) -> None:
    drop("plugins_under_test/good.py", "PLUGIN = 'good'")
    drop("plugins_under_test/bad.py", written)

    with pytest.raises(BadPlugin, match=message):
        collect()


@pytest.mark.parametrize("value", ["other_package", "other_package:PLUGIN"])
def test_another_package_offers_a_plugin_by_an_entry_point(drop: Drop, value: str) -> None:
    drop("plugins_under_test/good.py", "PLUGIN = 'good'")
    drop("other_package.py", "PLUGIN = 'other'")
    entry_point(drop, "mine", value)

    found = collect("group_under_test")

    assert list(found) == ["good", "other"]
    assert found["other"].origin == f"entry point mine of group_under_test ({value})"
    assert list(collect()) == ["good"]


def test_a_package_that_is_installed_while_we_run_is_found(drop: Drop) -> None:
    drop("plugins_under_test/good.py", "PLUGIN = 'good'")
    drop("other_package.py", "PLUGIN = 'other'")
    assert list(collect("group_under_test")) == ["good"]
    entry_point(drop, "mine", "other_package")

    assert list(collect("group_under_test")) == ["good", "other"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("", "offers no PLUGIN"),
        ("PLUGIN = 3", "not usable: a text is needed"),
        ("raise SystemExit", "cannot be loaded: SystemExit"),
    ],
)
def test_a_bad_entry_point_is_named(drop: Drop, written: str, message: str) -> None:
    drop("other_package.py", written)
    entry_point(drop, "mine", "other_package")

    with pytest.raises(BadPlugin, match=message):
        collect("group_under_test")
