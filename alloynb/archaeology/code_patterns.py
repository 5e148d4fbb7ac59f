"""Where a structural pattern occurs in source files: tree-sitter queries, asked in a process of its own (spec 2.3).

The file texts are handed over, nothing of the tree is run or opened by the process that parses. A query that does not
fit the grammar, a language without a grammar and a file that takes too long are named and never taken for "occurs not".
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alloynb.archaeology import pattern_process
from alloynb.archaeology.foreign_imports import GRAMMARS as _FOREIGN
from alloynb.errors import AlloyError, CannotRun

GRAMMARS: Mapping[str, tuple[str, str]] = {"python": ("tree_sitter_python", "language"), **_FOREIGN}
"""Module and function of the grammar of each language that patterns can be written for."""

TIME_LIMIT_S = 120.0
FILE_LIMIT_S = 5.0
_MOST_STARTS = 30


class UnknownLanguage(AlloyError):
    """No grammar of this language is known."""


class BrokenQuery(AlloyError):
    """The query is not one of the grammar."""


class PatternsUnreadable(CannotRun):
    """The reader of patterns is missing, crashed or took too long."""


@dataclass(frozen=True, slots=True)
class PatternPlace:
    """One place where a pattern occurs.

    Attributes:
        line, last_line: 1-based.
        symbol: dotted names of the definitions around it; empty at the top of a file.
        excerpt: its text in one line, cut.
    """

    line: int
    last_line: int
    symbol: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class PatternSeen:
    """What one file holds of a pattern; `doubt` says why that may not be all, and is empty when it is."""

    path: str
    places: tuple[PatternPlace, ...]
    doubt: str = ""


def find_pattern(
    language: str,
    query: str,
    texts: Iterable[tuple[str, str]],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    file_limit_s: float = FILE_LIMIT_S,
) -> tuple[PatternSeen, ...]:
    """Ask a query of files. The capture `@place` decides where it occurs, else the outermost capture does.

    Args:
        texts: path and text of each file.
        time_limit_s: seconds for all files; those that were not reached by then are in doubt.
        file_limit_s: seconds for one file.

    Raises:
        UnknownLanguage: there is no grammar of this name.
        BrokenQuery: with what the grammar says.
        PatternsUnreadable: the grammar is not installed, or the reader gives no answer.
    """
    if language not in GRAMMARS:
        raise UnknownLanguage(
            f"no grammar for {language!r}", next_step=f"write one of: {', '.join(sorted(GRAMMARS))}"
        )
    until = time.monotonic() + time_limit_s
    module, function = GRAMMARS[language]
    question = {"module": module, "function": function, "query": query, "limit_s": file_limit_s}
    left, seen = list(texts), []
    told = ""
    for _ in range(_MOST_STARTS):
        answers, told = _ask(question, left, until - time.monotonic())
        beginning = next(answers, None)
        if beginning is None:
            raise PatternsUnreadable(f"the reader of patterns gave no answer: {told or 'no message'}")
        if "error" in beginning:
            _raise(beginning, language)
        answered = [_seen(answer) for answer in answers]
        seen += answered
        left = left[len(answered) :]
        if not left or time.monotonic() >= until:
            break
        culprit, *left = left
        seen.append(PatternSeen(culprit[0], (), _why_it_ended(told, file_limit_s)))
        if not left:
            break
    rest = (PatternSeen(path, (), told or "the reader ended before it was looked at") for path, _ in left)
    return (*seen, *rest)


def _ask(
    question: dict[str, Any], texts: list[tuple[str, str]], time_limit_s: float
) -> tuple[Iterator[dict[str, Any]], str]:
    """Let the reader answer; what it answered until it ended, and why it ended early, if it did."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    script = str(Path(pattern_process.__file__).resolve())
    told = ""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as asked,
        tempfile.TemporaryFile("w+", encoding="utf-8") as answered,
    ):
        asked.write(json.dumps(question) + "\n")
        asked.writelines(json.dumps({"path": path, "text": text}) + "\n" for path, text in texts)
        asked.seek(0)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", "-X", "utf8", script],
                stdin=asked,
                stdout=answered,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=max(time_limit_s, 0.1),
                check=False,
            )
            if done.returncode != 0:
                last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
                told = f"the reader ended with {done.returncode} {last[0] if last else ''}".strip()
        except subprocess.TimeoutExpired:
            told = "the time for all files was over"
        except OSError as error:
            raise PatternsUnreadable(f"the reader of patterns did not start: {error}") from error
        answered.seek(0)
        lines = answered.read().split("\n")
    return (json.loads(line) for line in lines[:-1]), told  # what follows the last line end is torn


def _why_it_ended(told: str, file_limit_s: float) -> str:
    ended_by_alarm = told.startswith(f"the reader ended with -{int(signal.SIGALRM)}")
    return f"looking took longer than {file_limit_s:g} s" if ended_by_alarm else told


def _raise(answer: dict[str, Any], language: str) -> None:
    if answer["error"] == "query":
        raise BrokenQuery(
            f"the query is not one of the {language} grammar: {answer['text']}",
            next_step="correct `pattern.query` in the record",
        )
    raise PatternsUnreadable(
        f"the grammar of {language} cannot be used: {answer['text']}",
        next_step="install the `languages` extra: pip install 'alloy-foundry[languages]'",
    )


def _seen(answer: dict[str, Any]) -> PatternSeen:
    places = tuple(PatternPlace(*each) for each in answer["places"])
    return PatternSeen(str(answer["path"]), places, str(answer["doubt"]))
