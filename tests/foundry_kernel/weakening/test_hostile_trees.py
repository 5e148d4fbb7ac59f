"""No content of a tree makes the comparison fail, hang, or fall silent."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening
from foundry_kernel.gates.comparing.tree import MAX_FILE_BYTES
from foundry_kernel.gates.weakening import (
    FolderTree,
    RevisionTree,
    allowed_by,
    changed_between,
    find_weakenings,
    findings_of,
    weakening_detectors,
)
from tests.foundry_kernel.weakening.test_planted_in_settings import MAKEFILE, PACKAGE, PYPROJECT
from tests.foundry_kernel.weakening.test_planted_in_tests import CART, GO, JAVA, PATH, RUST, TYPESCRIPT
from tests.foundry_kernel.weakening.trees import Files, MemoryTree, found, gate, said

EVERY_KIND_OF_FILE: Files = {
    PATH: CART,
    "tests/conftest.py": "collect_ignore = []\n",
    "a.test.ts": TYPESCRIPT,
    "a_test.go": GO,
    "src/lib.rs": RUST,
    "src/test/java/SumTest.java": JAVA,
    "pyproject.toml": PYPROJECT,
    "setup.cfg": "[flake8]\nignore = E1\n",
    "tox.ini": "[pytest]\naddopts = -q\n",
    "package.json": PACKAGE,
    "tsconfig.json": '{"compilerOptions": {"strict": true}}',
    ".eslintrc.json": '{"rules": {"curly": "error"}}',
    "Makefile": MAKEFILE,
    "Cargo.toml": "[lints.clippy]\na = 'deny'\n",
    ".golangci.yml": "linters:\n  enable:\n    - a\n",
    ".pre-commit-config.yaml": "- id: a\n",
    ".github/workflows/ci.yml": "jobs: {}\n",
    ".hone-gates.json": '{"gates": []}',
}
GATES = [gate("a", "make check"), gate("b", "npm test"), gate("c", "python tests/test_cart.py")]


@given(st.sampled_from(sorted(EVERY_KIND_OF_FILE)), st.binary(max_size=300) | st.text(max_size=300))
def test_any_content_of_any_file_is_compared_without_failing(path: str, content: bytes | str) -> None:
    content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content

    for before, after in ((EVERY_KIND_OF_FILE[path], content), (content, EVERY_KIND_OF_FILE[path])):
        named = found({**EVERY_KIND_OF_FILE, path: before}, {**EVERY_KIND_OF_FILE, path: after}, GATES)
        assert "detector_gave_up" not in {each.kind for each in named}


def test_an_indented_line_below_a_key_without_value_is_broken_settings_and_no_failure() -> None:
    before = {**EVERY_KIND_OF_FILE, "setup.cfg": "[flake8]\nignore = E1\n"}
    named = found(before, {**before, "setup.cfg": "[flake8]\nignore\n\n = E1\n"}, GATES)
    assert {"cannot_be_judged"} == {each.kind for each in named}


@given(st.sampled_from(sorted(EVERY_KIND_OF_FILE)), st.data())
def test_any_damage_to_any_file_is_compared_without_failing(path: str, data: st.DataObject) -> None:
    text = str(EVERY_KIND_OF_FILE[path])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inserted = data.draw(
        st.sampled_from(["", "(", "{", "[", '"', "'", "`", "/*", "#", "\0", "\\", "\n\n", "é"])
    )

    named = found(
        EVERY_KIND_OF_FILE, {**EVERY_KIND_OF_FILE, path: text[:start] + inserted + text[end:]}, GATES
    )

    assert "detector_gave_up" not in {each.kind for each in named}


HUGE = 150_000
HOSTILE: dict[str, tuple[str, str]] = {
    "deep expression": (PATH, "def test_a():\n    assert " + "-" * 3_000 + "1\n"),
    "long sum": (PATH, "def test_a():\n    assert x" + " + x" * 20_000 + "\n"),
    "deep brackets": (PATH, "(" * 5_000),
    "null bytes": (PATH, "def test_a():\0"),
    "functions that call each other": (
        PATH,
        "".join(f"def h{at}():\n    h{at + 1}(); " + f"h{at + 1}(); " * 300 + "\n" for at in range(5))
        + "def test_a():\n    h0()\n",
    ),
    "open brackets": ("a.test.ts", "it('a', function(" * (HUGE // 17)),
    "nested blocks": ("a.test.ts", "describe('a', () => { it('b', () => { " * (HUGE // 40)),
    "blank lines": ("a.test.ts", "x =" + "\n" * HUGE),
    "slashes": ("a.test.ts", "=/[" * (HUGE // 3)),
    "open comment": ("a_test.go", "/*" * (HUGE // 2)),
    "attributes": ("src/lib.rs", "#[test]\n" * (HUGE // 8)),
    "annotations": ("src/test/java/SumTest.java", "@Ignore @Test " * (HUGE // 14)),
    "generics": ("src/test/java/SumTest.java", "a<" * (HUGE // 2)),
    "rule of blanks": ("Makefile", "a" + " " * HUGE + "\n"),
    "commands of one line": (".github/workflows/ci.yml", "pytest " * (HUGE // 7)),
    "blank pipeline": (".github/workflows/ci.yml", "\n" * HUGE),
    "blank hooks": (".pre-commit-config.yaml", "\n" * HUGE),
    "many remarks": ("a.py", "x = 1  # noqa\n" * (HUGE // 14)),
    "deep JSON": ("tsconfig.json", "[" * HUGE),
    "deep TOML": ("pyproject.toml", "a = " + "[" * 50_000),
    "many rules": (".eslintrc.json", "'a': 0, " * (HUGE // 8)),
}


SLOW = {"functions that call each other"}


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[pytest.mark.slow] if what in SLOW else []) for what in HOSTILE]
)
def test_a_hostile_file_neither_fails_nor_hangs(what: str) -> None:
    path, text = HOSTILE[what]
    started = time.process_time()

    named = found(EVERY_KIND_OF_FILE, {**EVERY_KIND_OF_FILE, path: text}, GATES)

    assert "detector_gave_up" not in {each.kind for each in named}
    assert time.process_time() - started < 60


@pytest.mark.parametrize("what", ["deep expression", "long sum"])
def test_a_test_file_that_python_runs_and_we_cannot_read_is_a_weakening(what: str) -> None:
    path, text = HOSTILE[what]

    assert said(found({path: CART}, {path: text})) == [("cannot_be_judged", "weakening")]


def test_a_test_file_that_grew_beyond_what_is_judged_is_a_weakening() -> None:
    after = CART + "#" * MAX_FILE_BYTES

    assert said(found({PATH: CART}, {PATH: after})) == [("cannot_be_judged", "weakening")]


def test_paths_that_lead_out_of_the_tree_are_not_read() -> None:
    before, after = MemoryTree({}), MemoryTree({})

    find_weakenings(
        before, after, [gate(command="sh ../../x.sh /etc/passwd")], [], ["../a.py", "/etc/passwd", "a//b.py"]
    )

    assert not [path for path in before.read_paths if ".." in path or path.startswith("/")]


def test_what_a_finding_says_is_safe_to_print() -> None:
    (only,) = found({}, {}, [gate("a", "echo \x1b[31m" + "x" * 5_000)], [])

    assert only.before.isprintable()
    assert len(only.before) <= 300


def test_a_folder_is_read_without_following_links_or_waiting_for_pipes(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("a")
    (tmp_path / "tests" / "link.py").symlink_to("/etc/passwd")
    (tmp_path / "out").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    tree = FolderTree(tmp_path)

    assert tree.read("tests/test_a.py") == b"a"
    assert tree.read("tests/link.py") == b"/etc/passwd"
    assert [tree.read(path) for path in ("out/passwd", "pipe", "tests", "none", "../x", "/etc/passwd")] == [
        None
    ] * 6


def test_a_folder_lists_its_files_without_environments_and_caches(tmp_path: Path) -> None:
    for path in ("a.py", "b/c.py", ".git/config", "node_modules/x.js", ".venv/y.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")

    assert list(FolderTree(tmp_path).paths()) == ["a.py", "b/c.py"]


def test_a_revision_is_asked_for_each_path_once() -> None:
    asked: list[str] = []
    tree = RevisionTree(lambda path: asked.append(path) or b"x", lambda: ["a.py"])

    assert [tree.read(path) for path in ("a.py", "a.py", "none.py", "../b")] == [b"x", b"x", None, None]
    assert asked == ["a.py"]


def test_what_changed_between_a_revision_and_a_folder_is_found_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "same.py").write_text("1")
    (tmp_path / "new.py").write_text("2")
    before = RevisionTree({"same.py": b"1", "old.py": b"3"}.get, lambda: ["same.py", "old.py"])

    assert changed_between(before, FolderTree(tmp_path)) == ("new.py", "old.py")


def test_an_approval_covers_its_own_scope_alone() -> None:
    skipped = CART.replace("def test_total", "@pytest.mark.skip\ndef test_total")
    named = found({PATH: CART, "tests/test_b.py": OTHER_TEST}, {PATH: skipped})

    assert [each.kind for each in allowed_by(named, ()).refused] == ["test_file_deleted", "test_skipped"]
    assert allowed_by(named, ()).missing_scopes == ("gate_weakening", "test_deletion")
    assert [each.kind for each in allowed_by(named, {"test_deletion"}).refused] == ["test_skipped"]
    assert [each.kind for each in allowed_by(named, {"test_deletion"}).allowed] == ["test_file_deleted"]
    assert not allowed_by(named, {"gate_weakening", "test_deletion"}).refused
    assert len(allowed_by(named, {"mutation", "commit", "release"}).refused) == 2


OTHER_TEST = "def test_b():\n    assert b(every='word', other=2) == 7\n"


def test_what_is_suspicious_needs_a_look_and_no_approval() -> None:
    named = found({"a.py": "x = 1\n"}, {"a.py": "x = 1  # noqa: F401\n"})

    allowance = allowed_by(named, ())

    assert (allowance.refused, allowance.allowed, allowance.to_review) == ((), (), named)


def test_every_detector_of_the_folder_is_found() -> None:
    assert {each.name for each in weakening_detectors()} >= {
        "loosened-gate",
        "lost-python-test",
        "lost-lexed-test",
        "narrowed-collection",
        "lowered-threshold",
        "loosened-types",
        "disabled-lint-rule",
        "added-suppression",
        "loosened-contract",
        "softened-script",
        "softened-pipeline",
    }


def test_a_detector_that_gives_up_is_itself_a_weakening() -> None:
    def fail(_: Comparison) -> list[Weakening]:
        raise KeyError("x")

    before = MemoryTree({})
    named = findings_of([WeakeningDetector("broken", fail)], before, before, [], [], [])

    assert [(each.kind, each.severity, each.subject) for each in named] == [
        ("detector_gave_up", "weakening", "broken")
    ]
