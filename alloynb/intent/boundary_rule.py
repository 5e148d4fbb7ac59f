"""Declarative rules on who may import whom: layers, forbidden, independence, allowed-only (spec 2.3)."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from alloynb.intent.strict_model import RepositoryPath, StrictModel

_SEGMENT = r"(?:[^\W\d]\w*|\*{1,2})"
_MODULE = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*")


def _refuse_other_than_module(name: str) -> str:
    if not _MODULE.fullmatch(name):
        raise ValueError(f"{name!r} is not a dotted module name (`*` one segment, `**` any number)")
    return name


def _refuse_other_than_layer(entry: str) -> str:
    for sibling in siblings_of(entry):
        _refuse_other_than_module(sibling)
    return entry


def _refuse_other_than_import(text: str) -> str:
    importer, arrow, imported = (part.strip() for part in text.partition("->"))
    if not arrow:
        raise ValueError(f"{text!r} is not an import; write `a.b -> c.d`")
    return f"{_refuse_other_than_module(importer)} -> {_refuse_other_than_module(imported)}"


def siblings_of(layer: str) -> tuple[str, ...]:
    """Take one entry of `layers` apart: `"a | b"` names two siblings that are independent of each other."""
    return tuple(name.strip() for name in layer.split("|"))


ModulePattern = Annotated[
    str, StringConstraints(strip_whitespace=True), AfterValidator(_refuse_other_than_module)
]
"""A module and its descendants; `*` stands for one segment, `**` for any number."""

PackageName = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")]
Layer = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_refuse_other_than_layer)]
IgnoredImport = Annotated[str, AfterValidator(_refuse_other_than_import)]


class _Rule(StrictModel):
    """What all rules share.

    Attributes:
        packages: root packages over which the import graph is built.
        source_roots: folders of the repository in which the packages are found.
        indirect: also forbid chains of imports.
        type_checking: imports under `if TYPE_CHECKING` count.
        ignore_imports: single imports that the rule does not see, `a.b -> c.d`.
    """

    packages: tuple[PackageName, ...] = Field(min_length=1)
    source_roots: tuple[RepositoryPath, ...] = Field(default=(".",), min_length=1)
    indirect: bool = False
    type_checking: bool = True
    ignore_imports: tuple[IgnoredImport, ...] = ()


class ForbiddenRule(_Rule):
    """`sources` never import `targets`."""

    type: Literal["forbidden"]
    sources: tuple[ModulePattern, ...] = Field(min_length=1)
    targets: tuple[ModulePattern, ...] = Field(min_length=1)


class LayersRule(_Rule):
    """A lower layer never imports a higher one.

    Attributes:
        layers: top first; an entry `a | b` names siblings that never import each other.
    """

    type: Literal["layers"]
    layers: tuple[Layer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _orders_something(self) -> Self:
        modules = [module for layer in self.layers for module in siblings_of(layer)]
        if len(modules) < 2:
            raise ValueError("layers need at least two modules")
        twice = sorted({module for module in modules if modules.count(module) > 1})
        if twice:
            raise ValueError(f"in two layers at once: {', '.join(twice)}")
        return self


class IndependenceRule(_Rule):
    """None of `modules` imports another one of them."""

    type: Literal["independence"]
    modules: tuple[ModulePattern, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _compares_something(self) -> Self:
        if len(self.modules) < 2 and "*" not in self.modules[0]:
            raise ValueError("independence needs at least two modules, or a pattern")
        return self


class AllowedOnlyRule(_Rule):
    """`sources` import nothing of the universe but `targets` (and themselves).

    Attributes:
        universe: internal packages and external top-level names that are judged; only the rule's packages when empty.
    """

    type: Literal["allowed_only"]
    sources: tuple[ModulePattern, ...] = Field(min_length=1)
    targets: tuple[ModulePattern, ...]
    universe: tuple[ModulePattern, ...] = ()


ImportBoundaryRule = Annotated[
    ForbiddenRule | LayersRule | IndependenceRule | AllowedOnlyRule, Field(discriminator="type")
]
"""One import rule; `type` decides which model it is."""
