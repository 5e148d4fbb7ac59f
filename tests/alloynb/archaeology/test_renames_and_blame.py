"""What git knows of a line and of a name, asked of real histories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from alloynb.archaeology.blame import who_wrote
from alloynb.archaeology.checkout import head_revision
from alloynb.archaeology.renames import read_renames

BODY = "".join(f"value_{number} = {number}\n" for number in range(12))


class History:
    """A repository that is committed to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self, why: str, author: str = "Ada <ada@example.org>") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", why, f"--author={author}")
        return head_revision(self.root)


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History(tmp_path / "repository")
    made.write("src/shop/cart.py", BODY)
    made.write("src/shop/__init__.py", "")
    made.commit("Open")
    return made


def test_a_file_that_moved_twice_has_two_former_names_the_latest_first(history: History) -> None:
    history.git("mv", "src/shop/cart.py", "src/shop/basket.py")
    history.commit("Rename")
    history.write("src/store/__init__.py", "# here\n")
    history.git("mv", "src/shop/basket.py", "src/store/basket.py")
    head = history.commit("Move")

    renames = read_renames(history.root, head, uncommitted=False)

    assert renames.former_paths("src/store/basket.py") == ("src/shop/basket.py", "src/shop/cart.py")
    assert renames.former_modules("store.basket") == ("shop.basket", "shop.cart")
    assert renames.former_modules("src.store.basket") == ("src.shop.basket", "src.shop.cart")
    assert renames.former_paths("src/shop/__init__.py") == ()


@pytest.mark.parametrize("staged", [True, False])
def test_a_move_that_is_not_committed_counts_staged_or_not_and_leaves_the_index_alone(
    history: History, staged: bool
) -> None:
    if staged:
        history.git("mv", "src/shop/cart.py", "src/shop/basket.py")
    else:
        (history.root / "src/shop/cart.py").rename(history.root / "src/shop/basket.py")
    before = history.git("status", "--porcelain=v2")
    head = head_revision(history.root)

    assert read_renames(history.root, head, uncommitted=True).former_modules("shop.basket") == ("shop.cart",)
    assert read_renames(history.root, head, uncommitted=False).pairs == ()
    assert history.git("status", "--porcelain=v2") == before


def test_a_name_with_blanks_and_accents_is_read_as_it_is(history: History) -> None:
    history.git("mv", "src/shop/cart.py", "src/shop/der Korb für R100.py")
    head = history.commit("Rename")
    assert read_renames(history.root, head, uncommitted=False).former_paths(
        "src/shop/der Korb für R100.py"
    ) == ("src/shop/cart.py",)


def test_each_line_is_told_by_whom_it_was_written_and_uncommitted_is_told_as_such(history: History) -> None:
    history.write("src/shop/cart.py", "import acme\n" + BODY)
    commit = history.commit("Be quick", "Bob <bob@example.org>")
    history.write("src/shop/cart.py", "import acme\nimport more\n" + BODY)

    wrote = who_wrote(history.root, {"src/shop/cart.py": [1, 2, 3], "gone.py": [1]}, None)

    first = wrote["src/shop/cart.py", 1]
    assert (first.commit, first.author, first.subject) == (commit, "Bob", "Be quick")
    assert (wrote["src/shop/cart.py", 2].commit, wrote["src/shop/cart.py", 3].author) == ("", "Ada")
    assert ("gone.py", 1) not in wrote
    assert ("src/shop/cart.py", 2) in who_wrote(history.root, {"src/shop/cart.py": [2]}, commit)


def test_a_shallow_clone_says_that_a_line_may_be_older(history: History, tmp_path: Path) -> None:
    history.write("src/shop/__init__.py", "import acme\n")
    history.commit("Later")
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"file://{history.root}", str(shallow)], check=True
    )
    assert who_wrote(shallow, {"src/shop/cart.py": [1]}, None)["src/shop/cart.py", 1].at_least
    assert not who_wrote(history.root, {"src/shop/cart.py": [1]}, None)["src/shop/cart.py", 1].at_least


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("a = 1\n")
    assert who_wrote(tmp_path, {"x.py": [1]}, None) == {}
    assert read_renames(tmp_path, "HEAD", uncommitted=True).pairs == ()
