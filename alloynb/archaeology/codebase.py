"""Everything that signals may look at, each part read at most once and only when it is asked for (spec 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from alloynb.archaeology.contracts import Contract, read_contracts
from alloynb.archaeology.documents import Decision, Statement, read_decisions, read_statements
from alloynb.archaeology.foreign_modules import read_foreign
from alloynb.archaeology.history import History, read_history
from alloynb.archaeology.manifests import OwnCheck, declared_libraries, own_checks
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.python_modules import read_python
from alloynb.archaeology.python_outline import PythonOutline, read_outline
from alloynb.archaeology.repository import Progress, Repository, is_test, no_progress
from alloynb.archaeology.units import Flow, Layering, chosen_units, flow_between, infer_layering, sibling_rate

MOST_CONTAINERS = 24
_DEEPEST_CONTAINER = 3


@dataclass(frozen=True)
class Container:
    """A package looked at as a set of units: its children, or what they were taken apart into."""

    name: str
    found: ModuleMap
    flow: Flow
    layering: Layering | None


@dataclass(frozen=True)
class Codebase:
    """One repository, seen by signals.

    Attributes:
        repository: its files.
        known_history: its commits when they were read already, else they are read from the repository's folder.
    """

    repository: Repository
    known_history: History | None = None
    progress: Progress = field(default=no_progress, compare=False)

    @cached_property
    def python(self) -> ModuleMap | None:
        """Python modules and imports, or None when there are no packages."""
        self.progress("reading Python imports", 0, 0)
        return read_python(self.repository)

    @cached_property
    def maps(self) -> tuple[ModuleMap, ...]:
        """Module maps of every language that the repository holds, Python first."""
        self.progress("reading imports of other languages", 0, 0)
        foreign = read_foreign(self.repository)
        return (self.python, *foreign) if self.python is not None else foreign

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The packages with at least three units, largest first, at most `MOST_CONTAINERS`."""
        found = []
        for each in self.maps:
            names = [
                name
                for name, children in each.children.items()
                if len(children) >= 3 and name.count(".") < _DEEPEST_CONTAINER + each.packages[0].count(".")
            ]
            names.sort(key=lambda name: (-each.sizes[name], name))
            for name in names[:MOST_CONTAINERS]:
                flow = flow_between(each, chosen_units(each, name))
                found.append(Container(name, each, flow, infer_layering(flow)))
        return tuple(found)

    @cached_property
    def sibling_rates(self) -> dict[str, float]:
        """Language → how likely one sibling imports another."""
        return {each.language: sibling_rate(each) for each in self.maps}

    @cached_property
    def history(self) -> History:
        """The newest commits."""
        if self.known_history is not None:
            return self.known_history
        return read_history(self.repository.root, progress=self.progress)

    @cached_property
    def outline(self) -> PythonOutline:
        """Classes, raises and test doubles of the Python files."""
        self.progress("scanning Python files", 0, 0)
        return read_outline(self.repository)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What the documents demand."""
        return read_statements(self.repository)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Decision records."""
        return read_decisions(self.repository)

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """Import contracts that the project enforces."""
        return read_contracts(self.repository)

    @cached_property
    def checks(self) -> tuple[OwnCheck, ...]:
        """Commands by which the project checks itself."""
        return own_checks(self.repository)

    @cached_property
    def libraries(self) -> frozenset[str]:
        """Libraries that the project declares."""
        return declared_libraries(self.repository)

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """Paths of test files."""
        return tuple(file.path for file in self.repository.files if file.language and is_test(file.path))

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read, for the reader of the answer."""
        return tuple(note for each in self.maps for note in each.notes)
