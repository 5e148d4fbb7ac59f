"""Finding the one JSON object in an agent's text, and judging it (spec 4.7).

The rule: the last JSON object counts. It may stand bare or in a fenced block; blocks of other languages are passed
over. An object that is cut off, that says a key twice, or that no artifact could hold is not repaired: the agent is
asked again. A bare `{}` counts only when there is nothing else, because prose mentions it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundry_kernel.agents.errors import AgentFailed, AnswerUnusable
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import ArtifactError

AnswerT = TypeVar("AnswerT", bound=BaseModel)

_LONGEST_TEXT = 1_000_000
_MOST_WORK = 50_000_000
"""Characters that may be decoded in all, so that hostile text cannot hold up the run."""
_COUNTED_AT_ONCE = 4
"""An error counts the lines before it, about so many times as fast as text is decoded."""
_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`\n]*$")
_JSON_LABELS = ("", "json", "jsonc", "json5")
_OBJECT_BEGINS = re.compile(r'\{\s*["}]')
_BEGUN = re.compile(r"\s*(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-|\.|[eE][+-]?|\\(?:u[0-9a-fA-F]{0,3})?)?\s*")
"""What stands at the end of a text that was cut within a value, beginning where its decoding failed."""
_NOT_JSON = "there is no JSON object in it"


class AgentAnswer(BaseModel):
    """Root of the forms that structured answers are checked against; what a form does not name is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TriageAnswer(AgentAnswer):
    """Whether the gap that was found is worth work now."""

    accepted: bool
    reason: str = ""
    escalate: bool = Field(default=False, description="true when a human must decide first")


@dataclass(frozen=True)
class _Piece:
    """A stretch of text in which objects count."""

    text: str
    fenced: bool


def find_object(text: str) -> dict[str, Any]:
    """Find the JSON object that an agent's text answers with.

    Raises:
        AnswerUnusable: there is none, or it is cut off, ambiguous or beyond our limits; says which.
    """
    found: str | None = None
    empty: str | None = None
    torn = False
    for begins, fenced in _objects(text[-_LONGEST_TEXT:]):
        if begins is None:
            torn = True
        elif fenced or begins.strip("{} \t\r\n"):
            found, torn = begins, False
        else:
            empty = begins
    if torn:
        raise AnswerUnusable("the JSON object in it is cut off, or nested without end")
    chosen = found if found is not None else empty
    if chosen is None:
        raise AnswerUnusable(_NOT_JSON)
    try:
        value = parse_json(chosen.encode("utf-8", errors="surrogatepass"))
    except ArtifactError as error:
        raise AnswerUnusable(str(error)) from error
    assert isinstance(value, dict)
    return value


def parse_answer(text: str, form: type[AnswerT]) -> AnswerT:
    """Find the object in a text and check it against a form.

    Raises:
        AnswerUnusable: there is none, or it does not fit; names every field that is wrong.
    """
    value = find_object(text)
    try:
        return form.model_validate(value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        told = [f"{'.'.join(map(str, each['loc'])) or 'the object'}: {each['msg']}" for each in wrong[:10]]
        raise AnswerUnusable("; ".join(told)) from error


def judge_triage(outcome: TriageAnswer | AgentFailed) -> TriageAnswer:
    """Decide what triage said. An agent that failed to answer has not objected: that counts as accepted (spec 4.7).

    Who could not be asked at all, was cancelled, or changed the tree is no such case; those errors end the block.
    """
    if isinstance(outcome, TriageAnswer):
        return outcome
    return TriageAnswer(
        accepted=True, reason=f"triage gave no answer, which counts as accepted ({outcome.message})"
    )


def form_of(form: type[BaseModel]) -> str:
    """Say in words and JSON Schema which answer is expected; belongs at the end of a prompt."""
    schema = json.dumps(form.model_json_schema(), indent=1, ensure_ascii=False, sort_keys=True)
    return (
        "End your answer with exactly one JSON object in a ```json block, complete and valid, and nothing after it. "
        f"It must fit this JSON Schema:\n\n```text\n{schema}\n```\n"
    )


def _objects(text: str) -> Iterator[tuple[str | None, bool]]:
    """Yield the source of each outermost object, and whether it was fenced; None for one that is cut off."""
    decoder = json.JSONDecoder(strict=False)
    work = 0
    for piece in _pieces(text):
        begins = _OBJECT_BEGINS.search(piece.text)
        while begins is not None:
            at = begins.start()
            try:
                _, end = decoder.raw_decode(piece.text, at)
            except json.JSONDecodeError as error:
                work += error.pos - at + error.pos // _COUNTED_AT_ONCE + 1
                if work > _MOST_WORK or _cut_off(piece.text, error):
                    yield None, piece.fenced
                    break
                begins = _OBJECT_BEGINS.search(piece.text, at + 1)
            except (ValueError, RecursionError):  # a number with thousands of digits, or nesting without end
                yield None, piece.fenced
                break
            else:
                yield piece.text[at:end], piece.fenced
                begins = _OBJECT_BEGINS.search(piece.text, end)


def _cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether an object that began went on to the end of the text."""
    if error.msg.startswith(("Unterminated string", "Invalid \\")):
        return len(text) - error.pos <= len("\\u0000") or error.msg.startswith("Unterminated")
    return _BEGUN.fullmatch(text, error.pos) is not None


def _pieces(text: str) -> Iterator[_Piece]:
    """Split a text at its fences; blocks that are labelled as another language are left out."""
    prose: list[str] = []
    lines = [f"{line}\n" for line in text.split("\n")]
    closing = _closing_fences(lines)
    at = 0
    while at < len(lines):
        end = closing.get(at)
        if end is None:
            prose.append(lines[at])
            at += 1
            continue
        yield _Piece("".join(prose), fenced=False)
        prose = []
        opening = _FENCE.match(lines[at].rstrip("\r\n"))
        if opening is not None and opening[2].lower() in _JSON_LABELS:
            yield _Piece("".join(lines[at + 1 : end]), fenced=True)
        at = end + 1
    yield _Piece("".join(prose), fenced=False)


def _closing_fences(lines: list[str]) -> dict[int, int]:
    """Number of the closing line by number of the opening line; a fence that is never closed is none."""
    closing: dict[int, int] = {}
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line.rstrip("\r\n"))
        if fence is None:
            continue
        run, label = fence[1], fence[2]
        if opened is None:
            opened = (number, run)
        elif run[0] == opened[1][0] and len(run) >= len(opened[1]) and not label:
            closing[opened[0]] = number
            opened = None
    return closing
