"""Untrusted paths never lead out of their folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime_artifacts.errors import Place, UnsafePath
from runtime_artifacts.safe_path import SAFE_PATH_PATTERN, resolve_inside, why_unsafe

STEPS = st.sampled_from(
    ["..", ".", "", "~", "a", "inner", "out", "loop", "up", "dangling", "C:", "\\", "\x00", "ä", "…"]
)
PATHS = st.text() | st.lists(STEPS, max_size=6).map("/".join)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with links: to itself, out of it, in circles, to nowhere."""
    outside = tmp_path_factory.mktemp("outside")
    workspace = outside / "workspace"
    (workspace / "a" / "b").mkdir(parents=True)
    (workspace / "inner").symlink_to("a")
    (workspace / "a" / "up").symlink_to("..")
    (workspace / "out").symlink_to(outside)
    (workspace / "a" / "out").symlink_to("../..")
    (workspace / "loop").symlink_to("loop")
    (workspace / "dangling").symlink_to(outside / "nothing")
    return workspace


@given(PATHS)
@example("/etc/passwd")
@example("a/../../x")
@example("inner/up/out/x")
@example("a/out/workspace2")
@example("dangling")
@example("loop/x")
@example("\ud800")
@example("\udcff")
@example("a" * 300)
@example("x/" * 600)
def test_no_text_leads_out_of_the_workspace(root: Path, path: str) -> None:
    try:
        found = resolve_inside(root, path)
    except UnsafePath:
        return
    assert found == found.resolve()
    assert found.is_relative_to(root.resolve())


@given(PATHS | st.from_regex(r"[~/.a:C\\-]{0,8}", fullmatch=True))
def test_the_published_pattern_says_the_same(path: str) -> None:
    assert bool(re.search(SAFE_PATH_PATTERN, path)) == (not why_unsafe(path))


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        (".", "."),
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("inner/b", "a/b"),
        ("a/up/a", "a"),
        ("new/file.json", "new/file.json"),
    ],
)
def test_a_plain_path_is_found_whether_it_exists_or_not(root: Path, path: str, leads_to: str) -> None:
    assert resolve_inside(root, path) == (root / leads_to).resolve()


@pytest.mark.parametrize("path", ["out", "out/x", "a/out/x", "dangling", "a/up/out"])
def test_a_link_out_of_the_workspace_is_refused(root: Path, path: str) -> None:
    with pytest.raises(UnsafePath, match="a link leads out of the workspace"):
        resolve_inside(root, path)


def test_a_workspace_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafePath, match="cannot be followed"):
        resolve_inside(tmp_path / "none", "a")


def test_the_error_names_the_place_where_the_path_was_written(root: Path) -> None:
    with pytest.raises(
        UnsafePath, match=r"^request\.json at /content/brief/local_path: leaves the workspace"
    ):
        resolve_inside(root, "../x", Place(Path("request.json"), "/content/brief/local_path"))
