"""Program text with comments and strings told apart from code, for languages that are not parsed.

Nothing moves: what is blanked out becomes spaces, so that every position and line stays what it was.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_C_COMMENTS = r"(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*(?:\"|$)"
_SINGLE = r"'(?:[^'\\\n]|\\.)*(?:'|$)"
_BACKTICKS = r"`(?:[^`\\]|\\[\s\S])*(?:`|\Z)"
_REGEX = r"(?<=[=(,:\[!&|?{};\n])[ \t]{0,20}/(?![/*])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,300}\]){1,2000}/[a-z]*"

# One alternation per language; the first that fits at a position wins.
_WORDS = {
    "javascript": rf"{_C_COMMENTS}|(?P<string>{_QUOTED}|{_SINGLE}|{_BACKTICKS}|{_REGEX})",
    "go": rf"{_C_COMMENTS}|(?P<string>{_QUOTED}|`[^`]*(?:`|\Z)|'(?:[^'\\\n]|\\.)+')",
    "rust": (
        r"(?P<comment>//[^\n]*)|(?P<nested>/\*)"
        r"|(?P<string>\bb?r(?P<hashes>#*)\"[\s\S]*?(?:\"(?P=hashes)|\Z)|\"(?:[^\"\\]|\\[\s\S])*(?:\"|\Z)"
        r"|'(?:[^'\\\n]|\\(?:u\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|.))')"
    ),
    "java": rf"{_C_COMMENTS}|(?P<string>\"\"\"[\s\S]*?(?:\"\"\"|\Z)|{_QUOTED}|'(?:[^'\\\n]|\\.)+')",
    "shell": r"(?P<string>\"(?:[^\"\\]|\\[\s\S])*\"|'[^']*')|(?P<comment>(?:(?<=\s)|^)#[^\n]*)",
}
_SUFFIXES = {
    **dict.fromkeys(
        (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"), "javascript"
    ),
    ".go": "go",
    ".rs": "rust",
    **dict.fromkeys((".java", ".kt", ".kts", ".cs", ".scala", ".c", ".cc", ".cpp", ".h", ".hpp"), "java"),
    **dict.fromkeys((".sh", ".bash"), "shell"),
}
_COMMENT_MARKS = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class LexedText:
    """A text in three layers, all of one length.

    Attributes:
        text: as it is.
        code: comments and the insides of strings blanked.
        without_comments: comments blanked.
        comments: start and end of each comment.
    """

    text: str
    code: str
    without_comments: str
    comments: tuple[tuple[int, int], ...]

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_at(self, position: int) -> int:
        """1-based line of a position."""
        return bisect_right(self._line_starts, position)

    def closing(self, opening: int) -> int:
        """Position after the bracket that closes the one at `opening`; the end of the text when none does."""
        return self._closings.get(opening, len(self.code))

    @cached_property
    def _closings(self) -> dict[int, int]:
        found = {}
        for pair in ("()", "{}", "[]"):
            waiting: list[int] = []
            for match in re.finditer(f"[{re.escape(pair)}]", self.code):
                if match.group() == pair[0]:
                    waiting.append(match.start())
                elif waiting:
                    found[waiting.pop()] = match.end()
        return found


def language_of(path: str) -> str | None:
    """Name of the language of a file that is lexed, by its suffix."""
    dot = path.rfind(".")
    return _SUFFIXES.get(path[dot:]) if dot >= 0 else None


def lexed(text: str, language: str) -> LexedText:
    """Tell comments, strings and code apart."""
    code, without = [], []
    comments = []
    at = 0
    for start, end, is_comment in _pieces(text, language):
        code += [text[at:start], blank(text[start:end])]
        without += [text[at:start], blank(text[start:end]) if is_comment else text[start:end]]
        if is_comment:
            comments.append((start, end))
        at = end
    code.append(text[at:])
    without.append(text[at:])
    return LexedText(text, "".join(code), "".join(without), tuple(comments))


def blank(text: str) -> str:
    """Spaces in place of a text; its line breaks stay."""
    return re.sub(r"[^\n]", " ", text)


def _pieces(text: str, language: str) -> Iterator[tuple[int, int, bool]]:
    """Comments and strings: start, end, whether it is a comment."""
    words = re.compile(_WORDS[language], re.MULTILINE)
    at = 0
    while match := words.search(text, at):
        end = match.end()
        is_comment = match.lastgroup != "string" and match.group("string") is None
        if is_comment and match.group().startswith("/*") and language == "rust":
            end = _end_of_nested(text, match.start())
        at = max(end, match.start() + 1)
        yield match.start(), at, is_comment


def _end_of_nested(text: str, start: int) -> int:
    depth = 0
    for match in _COMMENT_MARKS.finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)
