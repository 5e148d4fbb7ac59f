"""`FIELD=VALUE`: change single fields of a document without an editor (spec 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alloynb.errors import AlloyError


class BadAssignment(AlloyError):
    """A text is no `FIELD=VALUE`, or its field cannot be reached."""


def assigned(fields: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Give a JSON value with some fields replaced; an empty value removes a field.

    `scope.paths=["shop/**"]` reaches into a mapping; `evidence.0.required=false` into a list; `evidence.+={…}` adds to
    one. A value that begins with `[`, `{` or `"`, a number, `true` and `false` are read as YAML; all else is text.

    Raises:
        BadAssignment: with what is wrong.
    """
    changed: dict[str, Any] = _copy(dict(fields))
    for text in assignments:
        name, equals, value = text.partition("=")
        steps = name.strip().split(".")
        if not equals or not all(steps):
            raise BadAssignment(
                f"{text!r} assigns nothing", next_step="write FIELD=VALUE, such as severity=high"
            )
        _assign(changed, steps, _value_of(value.strip()), name.strip())
    return changed


def _assign(here: Any, steps: list[str], value: Any, name: str) -> None:
    for place, step in enumerate(steps[:-1]):
        if isinstance(here, dict):
            if here.get(step) is None:
                here[step] = [] if steps[place + 1] == "+" else {}
            here = here[step]
        else:
            here = here[_index(here, step, name)]
    last = steps[-1]
    if isinstance(here, dict):
        if value is None:
            here.pop(last, None)
        else:
            here[last] = value
    elif isinstance(here, list) and last == "+":
        here.append(value)
    elif value is None:
        del here[_index(here, last, name)]
    else:
        here[_index(here, last, name)] = value


def _index(here: Any, step: str, name: str) -> int:
    if not isinstance(here, list):
        raise BadAssignment(f"{name}: {step!r} cannot be reached: its parent is no mapping and no list")
    if not step.isdecimal() or int(step) >= len(here):
        raise BadAssignment(
            f"{name}: there is no {step!r} in a list of {len(here)}",
            next_step="count from 0, or write + to add one",
        )
    return int(step)


def _value_of(text: str) -> Any:
    from alloynb.intent.yaml_document import read_yaml

    if not text:
        return None
    if text[0] in '[{"' or text in ("true", "false") or text.replace(".", "", 1).isdecimal():
        try:
            return read_yaml(text.encode()).value
        except AlloyError as error:
            raise BadAssignment(
                f"{text[:60]!r} is no value: {error.message}", next_step="quote it, if it is meant as text"
            ) from error
    return text


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    return [_copy(child) for child in value] if isinstance(value, list) else value
