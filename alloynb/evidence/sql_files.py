"""SQL of the store, found by walking its folders: numbered migrations, views in the order they need, macros."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

from alloynb.evidence.errors import CannotPublish

SQL_FOLDER = Path(__file__).parent / "sql"
_READS = re.compile(r"^-- Reads: *(?P<names>.*)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^-- Example: *(?P<first>.*)\n(?P<rest>(?:--  +.*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class SqlFile:
    """One view or macro: a purpose, what it reads, an example, and the statements that make it.

    Attributes:
        name: name of the view or macro, which is the file's name.
        purpose: first comment lines.
        reads: names of the views that it is made of.
        example: a query that uses it.
    """

    name: str
    purpose: str
    reads: tuple[str, ...]
    example: str
    statements: str

    @property
    def kind(self) -> Literal["view", "macro"]:
        """Whether it is a view, or a macro that is called with arguments."""
        return "view" if " VIEW " in self.statements else "macro"


@dataclass(frozen=True)
class SqlSources:
    """All SQL below one folder."""

    folder: Path = SQL_FOLDER

    def migrations(self) -> list[tuple[int, str]]:
        """Number and statements of every migration, in order.

        Raises:
            CannotPublish: the numbers do not run from 1 without a gap.
        """
        found = [
            (int(file.name.split("_", 1)[0]), file.read_text("utf-8"))
            for file in sorted((self.folder / "migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))
        ]
        if [number for number, _ in found] != list(range(1, len(found) + 1)):
            raise CannotPublish("migrations must be numbered from 0001 without a gap", file=self.folder)
        return found

    @property
    def schema_version(self) -> int:
        """Version of the native tables: the number of the last migration."""
        return len(self.migrations())

    @property
    def recent(self) -> str:
        """Template of the view over what is not folded yet."""
        return (self.folder / "recent.sql").read_text("utf-8")

    def views(self) -> list[SqlFile]:
        """Every view, each after those that it reads.

        Raises:
            CannotPublish: views read each other in a circle, or one reads what does not exist.
        """
        return self._in_order("views")

    def macros(self) -> list[SqlFile]:
        """Every macro, each after those other macros that it reads.

        Raises:
            CannotPublish: macros read each other in a circle, or one reads a macro that does not exist.
        """
        return self._in_order("macros")

    def digest(self) -> str:
        """Changes when any view or macro changes."""
        texts = [self.recent, *(each.statements for each in (*self.views(), *self.macros()))]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def _in_order(self, kind: str) -> list[SqlFile]:
        found = {each.name: each for each in self._read(kind)}
        sorter = TopologicalSorter({name: each.reads for name, each in sorted(found.items())})
        try:
            order = list(sorter.static_order())
        except CycleError as error:
            raise CannotPublish(f"{kind} read each other in a circle: {error.args[1]}") from error
        for name in order:
            if name not in found:
                raise CannotPublish(
                    f"one of the {kind} reads {name!r}, which is none", file=self.folder / kind
                )
        return [found[name] for name in order]

    def _read(self, kind: str) -> Iterator[SqlFile]:
        for file in sorted((self.folder / kind).glob("*.sql")):
            yield read_sql_file(file)


def read_sql_file(file: Path) -> SqlFile:
    """Read one view or macro with the comment that it begins with.

    Raises:
        CannotPublish: the comment lacks its purpose or its example.
    """
    text = file.read_text("utf-8")
    reads, example = _READS.search(text), _EXAMPLE.search(text)
    lines = text.splitlines()
    head = next((number for number, line in enumerate(lines) if re.match(r"-- (Reads|Example):", line)), 0)
    purpose = " ".join(line.removeprefix("--").strip() for line in lines[:head])
    if not purpose or example is None:
        raise CannotPublish("must begin with a comment: its purpose, then `-- Example:`", file=file)
    query = "\n".join(
        line.removeprefix("--").strip() for line in (example["first"], *example["rest"].splitlines())
    )
    names = tuple(name.strip() for name in reads["names"].split(",")) if reads else ()
    return SqlFile(file.stem, purpose, names, query.strip(), text)
