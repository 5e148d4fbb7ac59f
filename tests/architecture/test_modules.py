"""Each module is small, well named, described and finished; the seam is one package (house: how we write)."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGES, ROOT, folders_with_code, run_python, source_files

MOST_LINES = 400
EMPTY_WORDS = {"base", "common", "data", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")


def words_of(name: str) -> set[str]:
    """Split `snake_case` and `CamelCase` into lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def long_modules(files: Iterable[Path]) -> list[str]:
    """Modules of more than `MOST_LINES` lines."""
    return [str(file) for file in files if len(file.read_text("utf-8").splitlines()) > MOST_LINES]


def empty_names(folder: Path, files: Iterable[Path]) -> list[str]:
    """Modules, folders and classes that are named after nothing; a class may repeat a word of its base class."""
    found = []
    for file in files:
        names = dict.fromkeys(file.relative_to(folder).with_suffix("").parts, EMPTY_WORDS)
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.ClassDef):
                bases = [words_of(ast.unparse(base).split(".")[-1]) for base in node.bases]
                names[node.name] = EMPTY_WORDS.difference(*bases)
        found += [f"{file}: {name}" for name, empty in names.items() if empty & words_of(name)]
    return found


def unfinished(files: Iterable[Path]) -> list[str]:
    """Places that say, in a comment, a docstring or code, that something is still to be done."""
    found = []
    for file in files:
        for token in tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline):
            in_words = token.type == tokenize.COMMENT or (
                token.type == tokenize.STRING and '"""' in token.string
            )
            if (in_words and UNFINISHED.search(token.string)) or token.string == "NotImplementedError":
                found.append(f"{file}:{token.start[0]}: {token.string.strip()[:60]}")
    return found


def imports_of_the_folder(files: Iterable[Path]) -> list[str]:
    """Places that import `artifacts`, which is a folder, instead of `runtime_artifacts`."""
    found = []
    for file in files:
        for node in ast.walk(parsed(file)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            found += [f"{file}:{node.lineno}" for name in names if name.split(".")[0] == "artifacts"]
    return found


def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text("utf-8"), str(file))


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    assert not long_modules(source_files())


def test_no_module_folder_or_class_is_named_after_nothing() -> None:
    assert not [name for folder in PACKAGES.values() for name in empty_names(folder, folder.rglob("*.py"))]


def test_nothing_is_left_to_be_done() -> None:
    assert not unfinished([*source_files(), *(ROOT / "tests").rglob("*.py")])


def test_the_seam_is_never_imported_by_the_name_of_its_folder() -> None:
    assert not imports_of_the_folder([*source_files(), *(ROOT / "tests").rglob("*.py")])
    assert not (ROOT / "artifacts" / "__init__.py").exists()


def test_the_seam_is_one_module_object() -> None:
    answer = run_python(
        "-c",
        "import sys, runtime_artifacts, runtime_artifacts.errors, alloynb, foundry_kernel\n"
        "print([name for name, module in sys.modules.items()\n"
        "       if 'artifacts/runtime_artifacts' in str(getattr(module, '__file__', ''))\n"
        "       and not name.startswith('runtime_artifacts')], 'artifacts' in sys.modules)",
    )

    assert answer.stdout == "[] False\n", answer.stderr


@pytest.mark.parametrize("folder", folders_with_code(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_package_says_what_it_is_for(folder: Path) -> None:
    entrance = folder / "__init__.py"

    assert entrance.exists()
    assert ast.get_docstring(parsed(entrance))


def test_these_rules_would_notice(tmp_path: Path) -> None:
    long, bad, todo = tmp_path / "long.py", tmp_path / "string_utils.py", tmp_path / "todo.py"
    long.write_text("\n" * (MOST_LINES + 1))
    bad.write_text(
        "import artifacts.runtime_artifacts\nfrom artifacts import x\n"
        "class RunManager: ...\nclass OurManager(KernelManager): ...\n"
    )
    todo.write_text(
        f"# {'TODO'}: more\nraise {'NotImplementedError'}\ntext = '{'TODO'} in a text is found by us'\n"
    )
    fine = tmp_path / "metadata.py"
    fine.write_text("class Database: ...\n")
    files = [long, bad, todo, fine]

    assert long_modules(files) == [str(long)]
    assert empty_names(tmp_path, files) == [f"{bad}: string_utils", f"{bad}: RunManager"]
    assert [line.split(": ")[0] for line in unfinished(files)] == [f"{todo}:1", f"{todo}:2"]
    assert imports_of_the_folder(files) == [f"{bad}:1", f"{bad}:2"]
