"""One pass over the files of a repository: what there is, in which language, and what is left unread (spec 2.5).

Nothing outside the repository is read: links are never followed, and a folder that became a link is passed over. What
cannot or should not be read is named with the reason instead.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from alloynb.archaeology.git_stream import git_records
from alloynb.archaeology.projected import without_projections

MOST_FILES = 200_000
LARGEST_FILE_BYTES = 1 << 20
LARGEST_CACHE_BYTES = 256 << 20
_GIT_LIMIT_S = 60.0

LANGUAGES = {
    ".py": "python",
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    **dict.fromkeys((".md", ".rst", ".adoc"), "document"),
}
_DOCUMENT_NAMES = {"CODEOWNERS", "README", "CHARTER", "CONTRIBUTING", "ARCHITECTURE"}
_VENDORED = {
    *("node_modules", "vendor", "third_party", "site-packages", ".venv", "venv", "dist", "build", "target"),
    *(
        "__pycache__",
        ".git",
        ".tox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".eggs",
        "_vendor",
        ".alloy",
    ),
}
_TEST_FOLDERS = {"test", "tests", "testing", "__tests__", "spec", "specs", "e2e", "features"}
_TEST_FILE = re.compile(
    r"(^|/)(test_[^/]*\.py|[^/]*_tests?\.(py|go|rs)|conftest\.py|[^/]*\.(test|spec)\.[cm]?[jt]sx?|[^/]*Tests?\.java)$"
)
_ASIDE = {
    "doc",
    "docs",
    "example",
    "examples",
    "samples",
    "benchmarks",
    "templates",
    "scripts",
    "tools",
    "ci",
}

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is (0 when unknown)."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One readable file.

    Attributes:
        path: relative to the root, with `/`.
        language: `python`, `go`, …, `document`, or empty.
        size: bytes.
    """

    path: str
    language: str
    size: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is not read, and why."""

    path: str
    why: str


@dataclass(frozen=True)
class Repository:
    """The files of one tree.

    Attributes:
        root: absolute folder of the tree.
        files: readable files, sorted by path.
        skipped: what is left unread, sorted by path.
        hidden: a test on paths and texts of what archaeology must not see (for calibration), or None.
    """

    root: Path
    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]
    hidden: Callable[[str, str], str] | None = None
    _texts: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    _room: list[int] = field(default_factory=lambda: [LARGEST_CACHE_BYTES], repr=False, compare=False)

    @cached_property
    def paths(self) -> frozenset[str]:
        """All readable paths."""
        return frozenset(file.path for file in self.files)

    def text(self, path: str) -> str | None:
        """Read a file of the listing as UTF-8, bad bytes replaced; None when it is gone, a link or too large.

        What we exported ourselves is left out of it.
        """
        if path not in self._texts:
            content = self._read(path) if path in self.paths else None
            content = without_projections(content) if content is not None else None
            if content is not None and self.hidden is not None:
                content = self.hidden(path, content)
            if len(content or "") > self._room[0]:
                return content
            self._texts[path] = content
            self._room[0] -= len(content or "")
        return self._texts[path]

    def named(self, *names: str) -> Iterator[tuple[str, str]]:
        """Yield path and text of readable files of these file names, nearest to the root first."""
        found = (file.path for file in self.files if PurePosixPath(file.path).name in names)
        for path in sorted(found, key=lambda each: (each.count("/"), each)):
            text = None if is_vendored(path) else self.text(path)
            if text is not None:
                yield path, text

    def of_language(self, *languages: str) -> tuple[SourceFile, ...]:
        """The files of some languages that are the project's own."""
        return tuple(file for file in self.files if file.language in languages and not is_vendored(file.path))

    def _read(self, path: str) -> str | None:
        place = self.root / path
        try:
            if not place.parent.resolve().is_relative_to(self.root):
                return None
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, RuntimeError):
            return None
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE_BYTES:
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as opened:
                return opened.read(LARGEST_FILE_BYTES).decode("utf-8", "replace")
        except OSError:
            return None
        finally:
            os.close(descriptor)


def read_repository(
    root: Path,
    *,
    hidden: Callable[[str, str], str] | None = None,
    progress: Progress = no_progress,
    most_files: int = MOST_FILES,
) -> Repository:
    """List the files of the repository at `root`: what git tracks or would add, else what a walk finds.

    Args:
        hidden: takes path and text of a file and gives the text that archaeology may see.
        most_files: files beyond this number are skipped, and that is said.

    Raises:
        NotADirectoryError: `root` is no folder.

    Spec: 2.5.
    """
    root = root.resolve()
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder")
    files: list[SourceFile] = []
    skipped: list[Skipped] = []
    for number, (path, why) in enumerate(sorted(_listed(root) or _walked(root))):
        if number >= most_files:
            skipped.append(Skipped("…", f"more than {most_files} files; the rest is not looked at"))
            break
        if number % 2000 == 0:
            progress("listing files", number, 0)
        found = _judge(root, path, why)
        if isinstance(found, SourceFile):
            files.append(found)
        elif found is not None:
            skipped.append(found)
    return Repository(root, tuple(files), tuple(skipped), hidden)


def read_export(root: Path) -> Repository:
    """List every file of a committed tree that was taken out of git: all of it counts, also vendored folders.

    Raises:
        NotADirectoryError: `root` is no folder.
    """
    root = root.resolve()
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder")
    judged = [_judge(root, path, why) for path, why in sorted(_walked(root, frozenset()))]
    files = tuple(each for each in judged if isinstance(each, SourceFile))
    return Repository(root, files, tuple(each for each in judged if isinstance(each, Skipped)))


def is_vendored(path: str) -> bool:
    """Whether a path lies in a folder that holds other people's or generated files."""
    return not _VENDORED.isdisjoint(path.split("/")[:-1])


def is_test(path: str) -> bool:
    """Whether a path is a test by its folder or name."""
    return not _TEST_FOLDERS.isdisjoint(path.lower().split("/")[:-1]) or _TEST_FILE.search(path) is not None


def is_aside(path: str) -> bool:
    """Whether a path lies in a folder of documents, examples, scripts or templates rather than the product."""
    return not _ASIDE.isdisjoint(path.lower().split("/")[:-1])


def _judge(root: Path, path: str, why: str) -> SourceFile | Skipped | None:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if why:
        return Skipped(shown, why)
    if shown != path or any(ord(character) < 32 for character in path):
        return Skipped(ascii(path)[1:-1], "the name is not printable UTF-8")
    try:
        facts = (root / path).lstat()
    except OSError:
        return None  # deleted in the working tree, or a parent became something else
    if stat.S_ISLNK(facts.st_mode):
        return Skipped(shown, "a link; links are not followed")
    if not stat.S_ISREG(facts.st_mode):
        return Skipped(shown, "not a plain file")
    pure = PurePosixPath(path)
    language = LANGUAGES.get(pure.suffix.lower(), "document" if pure.stem in _DOCUMENT_NAMES else "")
    if facts.st_size > LARGEST_FILE_BYTES:
        return Skipped(shown, f"{facts.st_size} bytes; files over {LARGEST_FILE_BYTES} are not read")
    return SourceFile(path, language, facts.st_size)


def _listed(root: Path) -> list[tuple[str, str]]:
    """What git knows below `root`: path, and why it is not to be read (empty when it is)."""
    found: dict[str, str] = {}
    tracked = git_records(root, "ls-files", "-z", "--stage", separator=b"\0", time_limit_s=_GIT_LIMIT_S)
    for record in tracked:
        facts, _, name = record.partition(b"\t")
        why = "a submodule; it is another repository" if facts.startswith(b"160000") else ""
        found[os.fsdecode(name)] = why
    others = ("ls-files", "-z", "--others", "--exclude-standard")
    for record in git_records(root, *others, separator=b"\0", time_limit_s=_GIT_LIMIT_S):
        path = os.fsdecode(record)
        found.setdefault(path, "another repository inside this one" if path.endswith("/") else "")
    return list(found.items())


def _walked(root: Path, passed_over: Collection[str] = _VENDORED) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(root, followlinks=False):
        relative = os.path.relpath(folder, root)
        prefix = "" if relative == "." else f"{relative}/"
        for name in folders:
            if (Path(folder) / name).is_symlink():
                yield f"{prefix}{name}", "a link; links are not followed"
        folders[:] = sorted(
            name for name in folders if name not in passed_over and not (Path(folder) / name).is_symlink()
        )
        for name in names:
            yield f"{prefix}{name}", ""
