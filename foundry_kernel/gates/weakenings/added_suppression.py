"""Remarks in source that tell a checker to look away: each new one, with file and line.

One that silences everything, or a whole file, is a weakening; one that names a rule on one line is worth a look.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from foundry_kernel.gates.comparing.comparison import Comparison, Side, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Severity, Weakening, weakening
from foundry_kernel.gates.comparing.lexing import language_of, lexed

_PYTHON: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"#\s*(?:ruff|flake8)\s*:\s*noqa\b(?::\s*[A-Z][\w, ]*)?", re.IGNORECASE), "weakening"),
    (re.compile(r"#\s*mypy\s*:\s*(?:ignore-errors|disable-error-code|allow-)[^#]*"), "weakening"),
    (re.compile(r"#\s*pylint\s*:\s*(?:skip-file|disable\s*=\s*all\b)"), "weakening"),
    (re.compile(r"#\s*pyright\s*:\s*(?:basic|ignore\s*$|report\w+\s*=\s*false)"), "weakening"),
    (re.compile(r"#\s*noqa\b(?!\s*:\s*[A-Z]+\d)", re.IGNORECASE), "weakening"),
    (re.compile(r"#\s*type\s*:\s*ignore\b(?!\[)"), "weakening"),
    (re.compile(r"#\s*nosec\b(?!\s*:?\s*B\d)"), "weakening"),
    (re.compile(r"#\s*noqa\s*:\s*[A-Z]+\d[\w, ]*", re.IGNORECASE), "suspicious"),
    (re.compile(r"#\s*type\s*:\s*ignore\[[^\]]*\]"), "suspicious"),
    (re.compile(r"#\s*pylint\s*:\s*disable\s*=\s*[\w, -]+"), "suspicious"),
    (re.compile(r"#\s*pyright\s*:\s*ignore\[[^\]]*\]"), "suspicious"),
    (re.compile(r"#\s*nosec\s*:?\s*B\d+"), "suspicious"),
    (re.compile(r"#\s*pragma\s*:\s*no\s*(?:cover|branch)"), "suspicious"),
)
_LEXED: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"/\*\s*eslint-disable(?!-)(?:\s+[\w@/, -]+)?"), "weakening"),
    (re.compile(r"@ts-nocheck"), "weakening"),
    (re.compile(r"@ts-ignore"), "weakening"),
    (re.compile(r"eslint-disable-(?:next-)?line(?!\s+[\w@])"), "weakening"),
    (re.compile(r"//\s*nolint\b(?!\s*:\s*\w)|//\s*nolint:all\b"), "weakening"),
    (re.compile(r"eslint-disable-(?:next-)?line\s+[\w@/, -]+"), "suspicious"),
    (re.compile(r"@ts-expect-error"), "suspicious"),
    (re.compile(r"//\s*nolint\s*:\s*[\w, -]+"), "suspicious"),
    (re.compile(r"biome-ignore\b[^:]*|oxlint-disable\S*|prettier-ignore"), "suspicious"),
    (re.compile(r"(?:istanbul|c8|v8)\s+ignore\s+\w+|NOSONAR|NOLINT\w*"), "suspicious"),
)
_CODE: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"#!\[\s*allow\([^)]{0,300}\)"), "weakening"),
    (re.compile(r"@SuppressWarnings\(\s*\{?\s*\"all\""), "weakening"),
    (re.compile(r"#\[\s*(?:allow|cfg_attr\([^)]{0,300}allow)\([^)]{0,300}\)"), "suspicious"),
    (re.compile(r"@Suppress(?:Warnings|Lint)?\([^)]{0,300}\)"), "suspicious"),
    (re.compile(r"#pragma\s+warning\s+disable|\[SuppressMessage\b"), "suspicious"),
)
_KNOWN_SUFFIXES = (".py", ".pyi")


@dataclass(frozen=True)
class _Remark:
    path: str
    line: int
    said: str
    beside: str
    severity: Severity


def _find(comparison: Comparison) -> Iterator[Weakening]:
    before = [each for path in comparison.changed for each in _remarks(comparison.before, path)]
    after = [each for path in comparison.changed for each in _remarks(comparison.after, path)]
    for each in _new(before, after):
        yield weakening(
            "suppression_added",
            each.path,
            f"{each.said} | {each.beside}",
            f"`{each.said}` was added",
            line=each.line,
            after=each.said,
            severity=each.severity,
        )


def _new(before: list[_Remark], after: list[_Remark]) -> list[_Remark]:
    """Remarks that are new: neither beside the same code anywhere before, nor in a line of the file that was edited."""
    beside_code = Counter((each.said, each.beside) for each in before)
    edited = Counter((each.path, each.said) for each in before)
    rest = []
    for each in after:
        if beside_code[each.said, each.beside] > 0:
            beside_code[each.said, each.beside] -= 1
            edited[each.path, each.said] -= 1
        else:
            rest.append(each)
    new = []
    for each in rest:
        if edited[each.path, each.said] > 0:
            edited[each.path, each.said] -= 1
        else:
            new.append(each)
    return new


def _remarks(side: Side, path: str) -> Iterator[_Remark]:
    text = side.text_of(path)
    if text is None:
        return
    if path.endswith(_KNOWN_SUFFIXES):
        for line, comment, code in _python_comments(text):
            yield from _matching(_PYTHON, path, line, comment, code)
    elif (language := language_of(path)) is not None and language != "shell":
        read = lexed(text, language)
        lines = read.code.splitlines()
        for start, end in read.comments:
            line = read.line_at(start)
            yield from _matching(
                _LEXED, path, line, text[start:end], lines[line - 1] if line <= len(lines) else ""
            )
        for line, code in enumerate(read.without_comments.splitlines(), 1):
            yield from _matching(_CODE, path, line, code, code)


def _matching(
    marks: tuple[tuple[re.Pattern[str], Severity], ...], path: str, line: int, text: str, code: str
) -> Iterator[_Remark]:
    """The marks in a comment; where one silences all, the finer ones inside it are not told again."""
    told: list[tuple[int, int]] = []
    for pattern, severity in marks:
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in told):
                told.append(match.span())
                yield _Remark(path, line, " ".join(match.group().split()), " ".join(code.split()), severity)


def _python_comments(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, comment and the code before it; strings that look like comments are none."""
    lines = text.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, token.line[: token.start[1]]
    except (tokenize.TokenError, SyntaxError, ValueError):  # broken: every line that has a mark counts
        for number, line in enumerate(lines, 1):
            if "#" in line:
                code, _, comment = line.partition("#")
                yield number, f"#{comment}", code


WEAKENING = WeakeningDetector("added-suppression", _find)
