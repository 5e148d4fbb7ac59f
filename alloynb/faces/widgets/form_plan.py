"""From a pydantic model to the plan of a form: which controls, in which order, with which bounds and explanations.

A plan is plain JSON. The model stays the only judge of values; a plan merely lets somebody write them. What a field is
for comes from the model's own docstring.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, Discriminator, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

Plan = dict[str, Any]
_PLAIN = {
    bool: "flag",
    int: "integer",
    float: "number",
    dt.date: "date",
    dt.datetime: "moment",
    AwareDatetime: "moment",
}
_BOUNDS = {"ge": "least", "gt": "above", "le": "most", "lt": "below"}


class NoControl(TypeError):
    """A field has a type that no control of a form can write."""


def plan_of(model: type[BaseModel], *, without: Iterable[str] = ()) -> Plan:
    """Plan a group of controls for a model.

    Args:
        without: fields that nobody writes in this form.

    Raises:
        NoControl: a field cannot be written in a form.
    """
    helps = _explained(model)
    left_out = set(without)
    fields = [
        _field(name, field, helps.get(name, ""))
        for name, field in model.model_fields.items()
        if name not in left_out
    ]
    needs_something = any(each["required"] for each in fields)
    for each in fields:
        each["aside"] = needs_something and not each["required"]
    return {"control": "group", "help": _first_line(model), "fields": fields}


def _field(name: str, field: FieldInfo, help_text: str) -> Plan:
    marks = [
        *field.metadata,
        *([Discriminator(field.discriminator)] if isinstance(field.discriminator, str) else []),
    ]
    if isinstance(field.discriminator, Discriminator):
        marks.append(field.discriminator)
    try:
        plan = _plan(field.annotation, marks)
    except NoControl as error:
        raise NoControl(f"{name}: {error}") from None
    default = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    plan |= {"name": name, "label": name.replace("_", " "), "required": field.is_required()}
    if help_text or field.description:
        plan["help"] = help_text or field.description
    if isinstance(default, bool | int | float | str):
        plan["default"] = default
    return plan


def _plan(annotation: Any, marks: list[Any]) -> Plan:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner, *own = arguments
        return _plan(inner, [*_spread(own), *marks])
    if origin is Literal:
        return {"control": "choice", "options": list(arguments)}
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _list(_plan(arguments[0], []), marks)
    if origin in (Union, types.UnionType):
        given = [each for each in arguments if each is not types.NoneType]
        return _plan(given[0], marks) if len(given) == 1 else _union(given, marks)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return plan_of(annotation)
    if annotation is str:
        return _text(marks)
    for kind, control in _PLAIN.items():
        if annotation is kind:
            return {"control": control} | _bounds(marks)
    raise NoControl(f"no control writes {annotation!r}")


def _spread(marks: Iterable[Any]) -> list[Any]:
    """The marks of a type; those of a `Field(…)` are taken out of it."""
    found: list[Any] = []
    for each in marks:
        if not isinstance(each, FieldInfo):
            found.append(each)
            continue
        found += each.metadata
        if isinstance(each.discriminator, str):
            found.append(Discriminator(each.discriminator))
    return found


def _list(item: Plan, marks: list[Any]) -> Plan:
    control = {"choice": "choices", "text": "texts"}.get(item["control"], "list")
    shortest = next((each.min_length for each in marks if getattr(each, "min_length", None)), 0)
    return {"control": control, "item": item, "least": shortest}


def _union(kinds: list[Any], marks: list[Any]) -> Plan:
    by = next((each.discriminator for each in marks if isinstance(each, Discriminator)), None)
    branches = [_branch(each, by if isinstance(by, str) else None) for each in kinds]
    return {"control": "union", "by": by if isinstance(by, str) else None, "branches": branches}


def _branch(kind: Any, by: str | None) -> Plan:
    plan = _plan(kind, [])
    if by is not None:
        (own,) = [each for each in plan["fields"] if each["name"] == by]
        (tag,) = own["options"]
        plan["fields"].remove(own)
    else:
        needed = [each["name"] for each in plan.get("fields", ()) if each["required"]]
        tag = " and ".join(needed) or {"choice": "by name"}.get(plan["control"], "named")
    return plan | {"tag": tag, "label": tag.replace("_", " ")}


def _text(marks: list[Any]) -> Plan:
    plan: Plan = {"control": "text", "long": True}
    for each in marks:
        if isinstance(each, StringConstraints):
            plan |= {"long": each.pattern is None}
            plan |= {"most": each.max_length} if each.max_length else {}
        elif getattr(each, "max_length", None):
            plan["most"] = each.max_length
    return plan


def _bounds(marks: list[Any]) -> Plan:
    return {
        name: getattr(each, bound)
        for each in marks
        for bound, name in _BOUNDS.items()
        if getattr(each, bound, None) is not None
    }


def _first_line(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").partition("\n")[0]


def _explained(model: type[BaseModel]) -> dict[str, str]:
    """What the docstrings of a model and its parents say of each attribute."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not issubclass(kind, BaseModel) or kind is BaseModel:
            continue
        _, _, section = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:\n")
        section = section.partition("\n\n")[0]
        for entry in re.split(r"\n(?=    \S)", section):
            names, colon, said = entry.partition(":")
            if colon and re.fullmatch(r"[\w, ]+", names.strip()):
                found |= dict.fromkeys(re.split(r",\s*", names.strip()), " ".join(said.split()))
    return found
