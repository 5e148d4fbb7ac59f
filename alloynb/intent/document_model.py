"""From a YAML document to a model, with every fault at its line and a hint for misspelt names (spec 2.1)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from alloynb.intent.errors import BrokenFiles, InvalidDocument
from alloynb.intent.yaml_document import Lines, YamlDocument

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a document.

    Attributes:
        place: keys and 0-based positions that lead to it.
        told: what is wrong, for a person; names the place too.
    """

    place: tuple[str | int, ...]
    told: str


def model_of(document: YamlDocument, model: type[ModelT]) -> ModelT:
    """Validate a document strictly, as JSON: no text is taken for a number, nor a number for text.

    Raises:
        BrokenFiles: one `InvalidDocument` per fault, each with file and line.
    """
    try:
        return model.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        raise BrokenFiles(_faults(error, document, model)) from error


def faults_of(value: Any, model: type[BaseModel]) -> tuple[Fault, ...]:
    """Say what `model_of` would refuse in a JSON value, each fault with its place; empty when nothing is."""
    try:
        model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        return tuple(_placed(error, model))
    return ()


def changed_model(model: ModelT, changes: Mapping[str, Any]) -> ModelT:
    """Give `model` with some fields replaced, validated as a whole.

    Raises:
        BrokenFiles: one `InvalidDocument` per fault, without file and line.
    """
    kind = type(model)
    try:
        return kind.model_validate(model.model_dump() | dict(changes))
    except ValidationError as error:
        raise BrokenFiles(_faults(error, YamlDocument(None, Lines(0), None), kind)) from error


def _faults(error: ValidationError, document: YamlDocument, model: type[BaseModel]) -> list[InvalidDocument]:
    told = [
        InvalidDocument(fault.told, file=document.file, line=document.lines.line_of(fault.place) or None)
        for fault in _placed(error, model)
    ]
    return sorted(told, key=lambda fault: fault.line or 0)


def _placed(error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    found = error.errors(include_url=False, include_input=False)
    places = [fault["loc"] for fault in found]
    for fault in found:
        place = fault["loc"]
        if fault["type"] == "too_short" and any(
            len(other) > len(place) == _shared(other, place) for other in places
        ):
            continue  # the list only became short because its items are wrong, which is told already
        steps, known = _follow(model, place)
        if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
            steps = (*steps, fault["ctx"]["discriminator"].strip("'"))
        yield Fault(steps, _in_words(fault["type"], fault["msg"], steps, known))


def _shared(left: tuple[str | int, ...], right: tuple[str | int, ...]) -> int:
    return sum(1 for one, other in zip(left, right, strict=False) if one == other)


def _in_words(kind: str, message: str, steps: tuple[str | int, ...], known: list[str]) -> str:
    name = ".".join(str(step) for step in steps) or "document"
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(steps[-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
        return f"unknown field {name!r}; {hint}"
    if kind in ("missing", "union_tag_not_found"):
        return f"{name!r} is missing"
    if kind == "string_type":
        return f"{name}: not text; write it in quotes if it is meant as text"
    if kind == "union_tag_invalid":
        return f"{name}: should be one of {message.rpartition('expected tags: ')[2]}"
    told = message.removeprefix("Value error, ")
    wanted = told.removeprefix("Input should be ")
    return f"{name}: should be {wanted}" if wanted != told else f"{name}: {told}"


def _follow(model: type[BaseModel], place: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], list[str]]:
    """Turn pydantic's place into the document's: without the steps that only name the branch of a union.

    Returns:
        the steps through the document, and the field names known where the last step was looked up.
    """
    here: list[type[BaseModel]] = [model]
    steps: list[str | int] = []
    known: list[str] = []
    free = False  # inside a mapping whose keys are the author's own
    for index, step in enumerate(place):
        if isinstance(step, int) or free:
            steps.append(step)
        elif step.startswith("("):
            continue
        elif len(here) > 1:
            here = [found for found in here if _is_branch(found, step)]
        else:
            known = sorted(name for found in here for name in found.model_fields)
            annotations = [
                found.model_fields[step].annotation for found in here if step in found.model_fields
            ]
            if annotations or index == len(place) - 1:
                steps.append(step)
            free = any(get_origin(annotation) is dict for annotation in annotations)
            here = [nested for annotation in annotations for nested in _models_in(annotation)] or here
    return tuple(steps), known


def _is_branch(model: type[BaseModel], tag: str) -> bool:
    """Whether `tag` names this model: by its class name, or by the one value of its discriminator field."""
    fields = [model.model_fields[name] for name in ("kind", "type") if name in model.model_fields]
    return tag == model.__name__ or any(get_args(field.annotation) == (tag,) for field in fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
