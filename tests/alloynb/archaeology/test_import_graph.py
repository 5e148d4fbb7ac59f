from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alloynb.archaeology.import_graph import (
    ImportGraph,
    ImportsUnreadable,
    SourceDoesNotDecode,
    SourceDoesNotParse,
    read_import_graph,
)
from alloynb.archaeology.package_files import BadPackageName, PackageNotInTree, UnsafeSourceTree


def plant(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def pairs(graph: ImportGraph) -> set[tuple[str, str, int]]:
    return {(site.importer, site.imported, site.line) for site in graph.imports}


def test_an_import_is_found_with_file_line_and_text(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": "", "a/x.py": "\n\nimport b.y\n", "b/__init__.py": "", "b/y.py": ""})

    graph = read_import_graph(tmp_path, ("a", "b"))

    (site,) = graph.imports
    assert (site.importer, site.imported, site.path, site.line) == ("a.x", "b.y", "a/x.py", 3)
    assert site.text == "import b.y"
    assert graph.modules == ("a", "a.x", "b", "b.y")
    assert graph.paths["a"] == "a/__init__.py"


def test_a_mention_in_a_docstring_or_comment_is_no_import(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": '"""Never `import click` here.\n\nimport click\n"""\n# import click\n'})

    assert read_import_graph(tmp_path, ("a",)).imports == ()


def test_external_packages_appear_under_their_top_level_name(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": "import json.decoder\nfrom click.core import Group\n"})

    graph = read_import_graph(tmp_path, ("a",))

    assert graph.external == ("click", "json")
    assert pairs(graph) == {("a", "json", 1), ("a", "click", 2)}


def test_imports_under_type_checking_count_only_when_asked(tmp_path: Path) -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import click\n"
    plant(tmp_path, {"a/__init__.py": source})

    assert "click" in read_import_graph(tmp_path, ("a",)).external
    assert "click" not in read_import_graph(tmp_path, ("a",), type_checking=False).external


def test_two_versions_of_one_package_do_not_mix(tmp_path: Path) -> None:
    old = plant(
        tmp_path / "old", {"shop/__init__.py": "", "shop/x.py": "import shop.gone\n", "shop/gone.py": ""}
    )
    new = plant(
        tmp_path / "new", {"shop/__init__.py": "", "shop/x.py": "\nimport shop.come\n", "shop/come.py": ""}
    )

    first, second, third = (read_import_graph(tree, ("shop",)) for tree in (old, new, old))

    assert pairs(first) == {("shop.x", "shop.gone", 1)}
    assert pairs(second) == {("shop.x", "shop.come", 2)}
    assert third == first


def test_the_tree_is_read_and_not_the_installed_package_of_the_same_name(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"pydantic/__init__.py": "import tree_only\n", "alloynb/__init__.py": "", "json.py": "import a\n"},
    )

    graph = read_import_graph(tmp_path, ("pydantic", "alloynb", "json"))

    assert graph.modules == ("alloynb", "json", "pydantic")
    assert graph.external == ("a", "tree_only")


def test_even_grimp_itself_can_be_a_target_and_reports_its_errors(tmp_path: Path) -> None:
    plant(tmp_path, {"grimp/__init__.py": "import a\n", "grimp/broken.py": "def f(:\n"})

    with pytest.raises(ImportsUnreadable):
        read_import_graph(tmp_path, ("grimp",))


def test_nothing_of_the_target_is_executed(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    names = (
        "top/__init__.py",
        "top/inner/__init__.py",
        "sitecustomize.py",
        "grimp.py",
        "json.py",
        "logging.py",
    )
    plant(tmp_path, dict.fromkeys(names, trap))

    read_import_graph(tmp_path, ("top.inner", "sitecustomize", "json", "logging"))

    assert not (tmp_path / "ran").exists()


def test_no_cache_and_no_bytecode_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = plant(tmp_path / "tree", {"a/__init__.py": "import b\n"})
    monkeypatch.chdir(tmp_path)

    read_import_graph(tree, ("a",))

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["__init__.py", "a", "tree"]


def test_single_modules_and_namespace_packages_and_orphans_are_read(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "src/single.py": "import space.inner.m\n",
            "src/space/inner/m.py": "import single\n",
            "other/space/second.py": "from .inner import m\n",
            "src/a/__init__.py": "",
            "src/a/plain_folder/deep/hidden.py": "import single\n",
        },
    )

    graph = read_import_graph(tmp_path, ("single", "space", "a"), ("src", "other"))

    assert pairs(graph) == {
        ("single", "space.inner.m", 1),
        ("space.inner.m", "single", 1),
        ("space.second", "space.inner.m", 1),
        ("a.plain_folder.deep.hidden", "single", 1),
    }
    assert graph.paths["single"] == "src/single.py"
    assert graph.unread == ()


def test_a_namespace_beside_a_package_with_the_same_beginning_is_read(tmp_path: Path) -> None:
    plant(tmp_path, {"n/reg/__init__.py": "", "n/regular_not/m.py": "import click\n", "n/reg/x.py": ""})

    graph = read_import_graph(tmp_path, ("n",))

    assert pairs(graph) == {("n.regular_not.m", "click", 1)}
    assert graph.unread == ()


def test_a_namespace_over_two_source_roots_is_one_package(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"one/n/in_/a.py": "import n.in_.b\n", "two/n/in_/b.py": "import click\n", "two/n/z/c.py": ""},
    )

    graph = read_import_graph(tmp_path, ("n",), ("one", "two"))

    assert pairs(graph) == {("n.in_.a", "n.in_.b", 1), ("n.in_.b", "click", 1)}
    assert graph.unread == ()


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": "", "a/bad.py": "x = 1\ndef f(:\n"})

    with pytest.raises(
        SourceDoesNotParse, match=r"bad\.py:2: syntax error: def f\(:.*nothing was checked"
    ) as caught:
        read_import_graph(tmp_path, ("a",))

    assert caught.value.exit_code == 4
    assert caught.value.file == tmp_path / "a/bad.py"


def test_a_syntax_error_in_a_single_module_names_the_real_file(tmp_path: Path) -> None:
    plant(tmp_path, {"bad.py": "def f(:\n"})

    with pytest.raises(SourceDoesNotParse) as caught:
        read_import_graph(tmp_path, ("bad",))

    assert caught.value.file == tmp_path / "bad.py"


def test_bytes_that_are_no_text_name_file_and_line(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": "", "a/bad.py": b"x = 1\ny = '\xe9'\n"})

    with pytest.raises(SourceDoesNotDecode, match=r"bad\.py:2: not utf-8 text"):
        read_import_graph(tmp_path, ("a",))


@pytest.mark.parametrize(
    "content",
    [
        b"# coding: latin-1\nx = '\xe9'\nimport b\n",
        b"\xef\xbb\xbfimport b\n",
        b"x = 1\r\nimport b\r\n",
        b"x = 1\rimport b\r",
        b"x = 1\n\x0cimport b\n",
    ],
    ids=["latin-1", "byte-order-mark", "crlf", "cr", "form-feed"],
)
def test_odd_encodings_and_line_ends_are_read(tmp_path: Path, content: bytes) -> None:
    plant(tmp_path, {"a/__init__.py": content})

    assert read_import_graph(tmp_path, ("a",)).external == ("b",)


def test_a_missing_package_says_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()

    with pytest.raises(PackageNotInTree, match=r"package a is not in the tree.*src.*source_roots"):
        read_import_graph(tmp_path, ("a",), ("src",))


@pytest.mark.parametrize(
    ("packages", "roots"),
    [(("../a",), (".",)), (("a b",), (".",)), ((), (".",)), (("a",), ("/etc",)), (("a",), ("x/../..",))],
)
def test_names_and_roots_that_could_lead_elsewhere_are_refused(
    tmp_path: Path, packages: tuple[str, ...], roots: tuple[str, ...]
) -> None:
    with pytest.raises(BadPackageName):
        read_import_graph(tmp_path, packages, roots)


def test_links_out_of_the_tree_are_refused(tmp_path: Path) -> None:
    plant(tmp_path / "elsewhere", {"a/__init__.py": "", "m.py": ""})
    tree = plant(tmp_path / "tree", {"b/__init__.py": "", "c/__init__.py": "", "d/__init__.py": ""})
    (tree / "a").symlink_to(tmp_path / "elsewhere/a")
    (tree / "b/m.py").symlink_to(tmp_path / "elsewhere/m.py")
    (tree / "c/loop").symlink_to(tree / "c")
    (tree / "d/gone.py").symlink_to(tree / "nowhere.py")

    for package in "abcd":
        with pytest.raises(UnsafeSourceTree):
            read_import_graph(tree, (package,))


def test_the_reader_is_ended_at_the_time_limit(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": ""})

    with pytest.raises(ImportsUnreadable, match=r"longer than 0\.001 s"):
        read_import_graph(tmp_path, ("a",), time_limit_s=0.001)


def test_grimp_is_not_loaded_into_this_process(tmp_path: Path) -> None:
    plant(tmp_path, {"a/__init__.py": ""})
    before = "grimp" in sys.modules

    read_import_graph(tmp_path, ("a",))

    assert ("grimp" in sys.modules) == before
