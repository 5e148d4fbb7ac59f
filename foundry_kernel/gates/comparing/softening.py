"""Words in scripts and CI files that let a failure pass, or leave something out of what is checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from foundry_kernel.gates.comparing.settings import line_of

# name → how it reads in one line without comments
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("`|| true`", re.compile(r"\|\|\s*(?:true|:|/bin/true|exit\s+0|echo\b|printf\b|\(exit 0\))")),
    ("`; true`", re.compile(r";\s*(?:true|:)\s*[\"')]*\s*$")),
    (
        "`exit 0`",
        re.compile(r"(?<!\|\|)(?<!\|\| )\bexit\s+0\b|\bsys\.exit\(\s*0?\s*\)|\bprocess\.exit\(\s*0\s*\)"),
    ),
    ("`set +e`", re.compile(r"\bset\s+\+[a-z]*e")),
    ("`continue-on-error`", re.compile(r"\bcontinue-on-error:\s*(?!false\b)\S")),
    ("`allow_failure`", re.compile(r"\ballow_failure:\s*(?!false\b)\S|\ballow_failures\b")),
    ("`if: false`", re.compile(r"\bif:\s*[\"']?(?:\$\{\{\s*)?false\b|\bwhen:\s*never\b")),
    (
        "`--exit-zero`",
        re.compile(r"--exit-zero\b|--no-fail\b|--pass-?[wW]ith-?[nN]o-?[tT]ests\b|--allow-no-tests\b"),
    ),
    ("`--no-verify`", re.compile(r"--no-verify\b|\bSKIP=\S")),
    ("`--no-cov`", re.compile(r"--no-cov\b|--coverage[= ]false\b")),
    ("`--ignore`", re.compile(r"\bpytest\b.{0,300}--ignore(?:-glob)?[= ]\S|--testPathIgnorePatterns\b")),
    ("`--deselect`", re.compile(r"--deselect[= ]\S|\b(?:go|cargo) test\b.{0,300}-skip[= ]\S")),
    ("`-k`", re.compile(r"\bpytest\b.{0,300}\s-k[= ]?[\"'\w]")),
    ("`-m` with `not`", re.compile(r"\s-m\s{0,9}[\"'][^\"']{0,300}\bnot\b")),
    ("`PYTEST_ADDOPTS`", re.compile(r"\bPYTEST_ADDOPTS\b")),
    ("`--collect-only`", re.compile(r"--collect-only\b|\bpytest\b.{0,300}--co\b|--listTests\b")),
)
_STRICT = (("`set -e`", re.compile(r"\bset\s+-[a-z]*e[a-z]*\b")), ("`pipefail`", re.compile(r"\bpipefail\b")))
_MINIMUM = re.compile(
    r"(--cov-fail-under|--fail-under|--min-coverage|--(?:branches|lines|functions|statements))[= ](\d+(?:\.\d+)?)"
)
_MAXIMUM = re.compile(r"(--max-warnings|--max-complexity|--max-line-length|--maxfail)[= ](\d+)")
_IDLE = re.compile(r"^[@+-]*\s*(?:echo\b.*|printf\b.*|true|:|exit\s+0|set\s+[+-].*|cd\b.*|pass|#!.*)?$")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?!!).*$", re.MULTILINE)


@dataclass(frozen=True)
class Softening:
    """One way in which a text lets more pass than before.

    Attributes:
        line: line of the text after, counted from 1; None when something is gone.
    """

    said: str
    before: str
    after: str
    line: int | None


def softened(before: str, after: str) -> Iterator[Softening]:
    """How a script, recipe or CI file lets more pass than before."""
    old, new = without_comments(before), without_comments(after)
    for name, pattern in _MARKS:
        had, has = _lines_with(pattern, old), _lines_with(pattern, new)
        if len(has) > len(had):
            line = _new_line(has, Counter(had.values()))
            yield Softening(f"{name} was added", str(len(had)), str(len(has)), line)
    for name, pattern in _STRICT:
        had, has = _lines_with(pattern, old), _lines_with(pattern, new)
        if len(has) < len(had):
            yield Softening(f"{name} was removed", str(len(had)), str(len(has)), None)
    for pattern, worse in ((_MINIMUM, min), (_MAXIMUM, max)):
        was, now = _numbers(pattern, old), _numbers(pattern, new)
        for option, number in was.items():
            if option not in now:
                yield Softening(f"`{option}` was removed", f"{number:g}", "", None)
            elif now[option] != number and worse(number, now[option]) == now[option]:
                said = f"`{option}` is {now[option]:g} instead of {number:g}"
                yield Softening(said, f"{number:g}", f"{now[option]:g}", line_of(new, option))


def does_something(text: str) -> bool:
    """Whether a script has a line that is more than a message, a setting or a success."""
    return any(not _IDLE.match(line.strip()) for line in without_comments(text).splitlines())


def without_comments(text: str) -> str:
    """A text without what follows `#`; lines stay."""
    return _COMMENT.sub("", text)


def _lines_with(pattern: re.Pattern[str], text: str) -> dict[int, str]:
    return {number: line.strip() for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)}


def _new_line(lines: dict[int, str], known: Counter[str]) -> int | None:
    for number, line in lines.items():
        if known[line] == 0:
            return number
        known[line] -= 1
    return next(iter(lines), None)


def _numbers(pattern: re.Pattern[str], text: str) -> dict[str, float]:
    return {match[1]: float(match[2]) for match in pattern.finditer(text)}
