"""Hypothesis strategies for JSON values and for the contents of every kind, made from the models themselves."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from runtime_artifacts import run_result
from runtime_artifacts.canonical import DIGEST_PATTERN, MAX_NUMBER
from runtime_artifacts.content import SAFE_PATH_PATTERN
from runtime_artifacts.timestamp import TIMESTAMP_PATTERN

# Characters that an artifact may hold: Unicode without control characters and surrogates, with tab and line feed.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t\n\r"), max_size=20)
NUMBERS = st.integers(-MAX_NUMBER, MAX_NUMBER) | st.floats(-1e15, 1e15)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda each: f"sha256:{each.hex()}")
TIMES = st.datetimes().map(lambda each: each.isoformat(timespec="microseconds") + "Z")
PATHS = st.lists(st.from_regex(r"[a-z0-9_.#:-]{0,6}[a-z]", fullmatch=True), min_size=1, max_size=3).map(
    "/".join
)
PATHS = PATHS.filter(lambda each: each[1:2] != ":")


def contents(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Valid instances of a content model, optional fields present or not."""
    required = {name: _field(name, info) for name, info in model.model_fields.items() if info.is_required()}
    optional = {
        name: _field(name, info) for name, info in model.model_fields.items() if not info.is_required()
    }
    if model is run_result.RunResult:
        required |= {"status": st.just("failed"), "failure_class": st.just("execution")}
        optional.pop("failure_class")
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: model(**values))


def _field(name: str, info: FieldInfo) -> st.SearchStrategy[Any]:
    if name == "gates":  # names are unique
        return _of(info.annotation, []).map(lambda gates: gates[:1])
    if name == "prompts":  # phases are unique
        return _of(info.annotation, []).map(lambda prompts: prompts[:1])
    return _of(info.annotation, [info.json_schema_extra or {}, *info.metadata])


def _of(kind: Any, rules: list[Any]) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of(arguments[0], [*rules, *arguments[1:]])
    if origin in {Union, types.UnionType}:
        return st.one_of([_of(each, rules) for each in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(_of(arguments[0], []), min_size=1, max_size=2).map(tuple)
        return st.tuples(*(_of(each, []) for each in arguments))
    if origin is dict:
        return OBJECTS if arguments[1] is Any else st.dictionaries(TEXT, TEXT, max_size=2)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return contents(kind)
    return _scalar(kind, _patterns(rules))


def _patterns(rules: list[Any]) -> set[str]:
    found = set()
    for rule in rules:
        extra = rule.json_schema_extra if isinstance(rule, FieldInfo) else rule
        inner = rule.metadata if isinstance(rule, FieldInfo) else ()
        found |= {str(extra["pattern"])} if isinstance(extra, dict) and "pattern" in extra else set()
        found |= {each.pattern for each in (rule, *inner) if getattr(each, "pattern", None)}
    return found


def _scalar(kind: Any, patterns: set[str]) -> st.SearchStrategy[Any]:
    known = {DIGEST_PATTERN: DIGESTS, TIMESTAMP_PATTERN: TIMES, SAFE_PATH_PATTERN: PATHS}
    for pattern in patterns:
        return known[pattern] if pattern in known else st.from_regex(pattern.rstrip("$") + r"\Z")
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT.filter(bool),
        bool: st.booleans(),
        int: st.integers(1, MAX_NUMBER),
        float: st.floats(0, 1, exclude_min=True),
        type(None): st.none(),
    }
    return simple[kind]
