"""The history of the code is recorded once, goes on where it ended, and is one answer away."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from alloynb.application.keep_history import keep_history
from alloynb.application.workspace import open_workspace
from tests.fakes.alloy_workspace import Governed, governed_shop


@pytest.fixture
def shop(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop")


def changes(shop: Governed) -> list[tuple[str, str]]:
    found = shop.workspace.warehouse.query("SELECT path, change FROM path_changes ORDER BY ALL")
    return [(path, change) for path, change in found.rows]


def test_a_second_look_reads_only_what_is_new(shop: Governed) -> None:
    first = keep_history(shop.workspace)
    before = changes(shop)
    assert first.commits > 0
    assert len(before) == first.paths
    assert keep_history(shop.workspace).commits == 0

    (shop.shop.root / "shop" / "checkout" / "new.py").write_text("x = 1\n")
    shop.shop.commit("Add a module")
    again = keep_history(shop.workspace)

    assert (again.commits, again.paths) == (1, 1)
    assert ("shop/checkout/new.py", "added") in changes(shop)
    assert len(changes(shop)) == len(before) + 1


def test_what_was_recorded_before_an_interruption_is_not_recorded_twice(shop: Governed) -> None:
    class PulledOut(Exception):
        pass

    def pull_out(_commits: int) -> None:
        raise PulledOut

    with pytest.raises(PulledOut):
        keep_history(shop.workspace, tell=pull_out)
    before = changes(shop)
    assert before
    assert not len(shop.workspace.warehouse.query("FROM history_read"))

    assert keep_history(shop.workspace).commits == 0
    assert changes(shop) == before
    assert len(shop.workspace.warehouse.query("FROM history_read")) == 1


def test_a_shallow_clone_says_so_and_is_read_to_the_end_once_it_is_whole(
    shop: Governed, tmp_path: Path
) -> None:
    root = shop.shop.root
    for number in range(3):
        (root / "shop" / "checkout" / "new.py").write_text(f"x = {number}\n")
        shop.shop.commit(f"Change {number}")
    whole = keep_history(shop.workspace)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", root.as_uri(), str(clone)], check=True)
    workspace = open_workspace(clone)
    first = keep_history(workspace)
    assert (first.shallow, first.commits) == (True, 0)
    subprocess.run(["git", "-C", str(clone), "fetch", "-q", "--unshallow"], check=True)
    second = keep_history(workspace)
    assert (second.shallow, second.commits) == (False, whole.commits)
    assert keep_history(workspace).commits == 0
