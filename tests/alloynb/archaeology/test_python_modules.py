from __future__ import annotations

from pathlib import Path

from alloynb.archaeology.python_modules import find_packages, read_python
from alloynb.archaeology.repository import read_repository
from tests.alloynb.archaeology.signals.layered import layered


def written(root: Path, files: dict[str, str]):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_repository(root)


def test_packages_are_found_with_their_source_roots(tmp_path: Path) -> None:
    files = {
        "src/one/__init__.py": "",
        "two/__init__.py": "",
        "tests/__init__.py": "",
        "vendor/x/__init__.py": "",
    }
    found = find_packages(written(tmp_path, files))

    assert {(each.name, each.source_root) for each in found} == {("one", "src"), ("two", ".")}


def test_the_whole_graph_and_file_by_file_agree(tmp_path: Path) -> None:
    whole = read_python(written(tmp_path / "a", layered()))
    broken = layered() | {"shop/broken.py": "def (:\n"}
    single = read_python(written(tmp_path / "b", broken))

    assert whole is not None
    assert single is not None
    assert (whole.exact, whole.notes, single.exact) == (True, (), False)
    assert {(site.importer, site.imported) for site in whole.imports} == {
        (site.importer, site.imported) for site in single.imports
    }
    assert "does not parse: shop/broken.py" in single.notes


def test_tests_inside_a_package_are_left_out(tmp_path: Path) -> None:
    found = read_python(
        written(tmp_path, {"shop/__init__.py": "", "shop/tests/__init__.py": "", "shop/tests/test_a.py": ""})
    )

    assert found is not None
    assert not [name for name in found.paths if "tests" in name and found.paths[name]]


def test_a_repository_without_packages_has_no_map(tmp_path: Path) -> None:
    assert read_python(written(tmp_path, {"script.py": "import os\n"})) is None
