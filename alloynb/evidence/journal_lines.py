"""Reading a journal line by line and judging every line: what is a fact, what is refused and why, what was torn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from alloynb.evidence.columns import LARGEST_INTEGERS, TIME_COLUMNS
from runtime_artifacts.envelope import parse_timestamp
from runtime_artifacts.journal import MAX_LINE_BYTES, Fact

RAW_BYTES_KEPT = 1024


@dataclass(frozen=True)
class RefusedLine:
    """One line that is not a fact.

    Attributes:
        number: 1-based.
        raw: the first 1 KiB of the line as text; bytes that are not UTF-8 are written as `\\xNN`.
    """

    number: int
    reason: str
    raw: str


@dataclass
class Inspection:
    """What a journal holds.

    Attributes:
        bytes: size of the part that was read.
        lines: complete lines, refused ones among them.
        torn_bytes: length of a last line that was cut; it was never acknowledged and is left out.
    """

    bytes: int = 0
    lines: int = 0
    facts: int = 0
    torn_bytes: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


def inspect(journal: Path) -> Inspection:
    """Read a whole journal and count its facts, its refused lines and its torn tail.

    Raises:
        OSError: the file cannot be read.
    """
    found = Inspection()
    for _ in facts_of(journal, found):
        found.facts += 1
    return found


def facts_of(journal: Path, found: Inspection) -> Iterator[Fact]:
    """Yield the facts of a journal; what is refused or torn is noted in `found`.

    The rule for the tail is the journal's own: a last line without its newline, or that is not JSON, was cut when
    its writer died. Any other line that is not a fact is refused, and kept for the quarantine.
    """
    with journal.open("rb") as opened:
        number, line = 1, _next_line(opened, found)
        while line:
            following = _next_line(opened, found) if line.endswith(b"\n") else b""
            if not following and _is_torn(line):
                found.torn_bytes = len(line)
                return
            found.lines += 1
            fact, reason = judge(line)
            if fact is None:
                found.refused.append(RefusedLine(number, reason, _as_text(line)))
            else:
                yield fact
            number, line = number + 1, following


def judge(line: bytes) -> tuple[Fact | None, str]:
    """Turn one line into a fact, or say why it is none.

    Stricter than the model in what the typed columns could not hold: times without a zone, integers out of range.
    """
    if len(line) > MAX_LINE_BYTES:
        return None, f"longer than {MAX_LINE_BYTES} bytes"
    try:
        if b"NaN" in line or b"Infinity" in line:
            json.loads(line, parse_constant=_refuse_constant)
        fact = Fact.model_validate_json(line, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        return None, f"{where}: {first['msg']}" if where else str(first["msg"])
    except (ValueError, RecursionError) as error:
        return None, str(error)
    reason = _unfit_for_columns(fact)
    return (None, reason) if reason else (fact, "")


def _unfit_for_columns(fact: Fact) -> str:
    for name in TIME_COLUMNS:
        text = getattr(fact, name)
        if text is not None:
            try:
                parse_timestamp(text)
            except ValueError as error:
                return f"{name}: {error}"
    for name, largest in LARGEST_INTEGERS:
        number = getattr(fact, name)
        if number is not None and not -largest <= number <= largest:
            return f"{name}: {number} is out of range"
    return ""


def _next_line(opened: BinaryIO, found: Inspection) -> bytes:
    """Next line with its newline; of a line that is too long to be a fact, one byte more than may be, and a newline."""
    line = opened.readline(MAX_LINE_BYTES + 1)
    found.bytes += len(line)
    while line and not line.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
        rest = opened.readline(MAX_LINE_BYTES)
        found.bytes += len(rest)
        if rest.endswith(b"\n"):
            return line + b"\n"
        if not rest:
            break
    return line


def _is_torn(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _as_text(line: bytes) -> str:
    return line.rstrip(b"\n")[:RAW_BYTES_KEPT].decode("utf-8", errors="backslashreplace")
