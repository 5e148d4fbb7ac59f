"""Parameters of a run notebook: an unknown or ill-typed one is refused (spec 7.3).

Papermill only warns of a name that the notebook does not know, and turns `-p request 007` into the number 7. So the
notebook hands over the names that its cells have bound so far, and they are held against the declared parameters.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from foundry_kernel.errors import FoundryError

_NOT_PARAMETERS = (ModuleType, type, FunctionType, BuiltinFunctionType, MethodType)
_INTERACTIVE_NAMES = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})


class UnknownParameter(FoundryError):
    """A parameter was passed that the notebook does not declare."""

    failure_class = "validation"


class IllTypedParameter(FoundryError):
    """A parameter has a value of another type than its declaration."""

    failure_class = "validation"


class Parameters(BaseModel):
    """Root of every declaration of parameters: strict types, nothing undeclared."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


ParametersT = TypeVar("ParametersT", bound=Parameters)


def check_parameters(declared: type[ParametersT], names: Mapping[str, object]) -> ParametersT:
    """Hold what a notebook's cells have bound against the declared parameters.

    Imported modules, functions and classes, names that begin with an underscore, and IPython's own names are passed
    over: a parameter is a plain value.

    Args:
        declared: model of the parameters.
        names: the notebook's `globals()`.

    Raises:
        UnknownParameter: a name is not declared; the message offers the nearest one that is.
        IllTypedParameter: a value is not of the declared type; strings are not read as numbers, nor numbers as strings.
    """
    passed = {name: value for name, value in names.items() if _may_be_parameter(name, value)}
    known = list(declared.model_fields)
    unknown = sorted(set(passed) - set(known))
    if unknown:
        raise UnknownParameter(
            f"unknown parameter {', '.join(map(repr, unknown))}", next_step=_nearest(unknown[0], known)
        )
    try:
        return declared.model_validate(passed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(str(step) for step in first["loc"])
        value = first["input"] if name in passed else None
        raise IllTypedParameter(
            f"parameter {name!r}: {first['msg'].lower()}, found {value!r} ({type(value).__name__})",
            next_step="pass a text with papermill's `-r NAME VALUE`, which never guesses a type",
        ) from error


def _may_be_parameter(name: str, value: object) -> bool:
    return not (name.startswith("_") or name in _INTERACTIVE_NAMES or isinstance(value, _NOT_PARAMETERS))


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    declared = f"this notebook knows {', '.join(known)}"
    return f"did you mean {near[0]!r}? {declared}" if near else declared
