"""What a project's documents demand, sentence by sentence, as observed text (spec 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from alloynb.archaeology.repository import Repository

MOST_STATEMENTS = 400
_LONGEST_SENTENCE = 400
_BINDING = {
    "CHARTER.md",
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    "ARCHITECTURE.md",
    "copilot-instructions.md",
    ".cursorrules",
}
_GUIDES = {"CONTRIBUTING.md", "CONTRIBUTING.rst", "README.md", "README.rst", "DEVELOPMENT.md", "HACKING.md"}
_DECISIONS = re.compile(
    r"(^|/)(adrs?|decisions|architecture[-_]decisions?|rfcs?)/[^/]*\.(md|rst)$|(^|/)adr[-_ ]?\d+[^/]*\.md$",
    re.I,
)
_ARCHITECTURE_FILE = re.compile(
    r"(^|/)docs?/.*(architect|design|structure|convention|principle)[^/]*\.(md|rst)$", re.I
)
_SECTION = re.compile(
    r"architect|design|layer|structure|principle|convention|boundar|depend|rules?\b|layout|guideline", re.I
)
_PROHIBITS = re.compile(
    r"\b(must not|must never|never|may not|cannot|can not|mustn't|do not|don't|should not|shouldn't|no longer"
    r"|not allowed|is forbidden|are forbidden|prohibited)\b",
    re.I,
)
_CONFINES = re.compile(r"\b(only|nothing else|nowhere else|exclusively|solely)\b", re.I)
_OBLIGES = re.compile(r"\b(must|always|required|shall)\b", re.I)
_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+(?=[A-Z*`\"(])")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a document that demands something.

    Attributes:
        force: `prohibits`, `confines` or `obliges`.
        binding: whether the document is one that people write rules into (charter, agent guide), not a manual.
        heading: nearest heading above it.
    """

    path: str
    line: int
    text: str
    force: str
    binding: bool
    heading: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision record of the project: its title and where it stands."""

    path: str
    title: str
    text: str
    status: str


def read_statements(repository: Repository) -> tuple[Statement, ...]:
    """Collect demanding sentences from charters, agent guides, contributing guides and architecture sections."""
    found: list[Statement] = []
    for path in _guides(repository):
        name = PurePosixPath(path).name
        binding = name in _BINDING
        only_sections = name.startswith("README")
        for line, heading, sentence in _sentences(repository.text(path) or ""):
            if only_sections and not _SECTION.search(heading):
                continue
            force = _force_of(sentence)
            if force:
                found.append(Statement(path, line, sentence, force, binding, heading))
    return tuple(found[:MOST_STATEMENTS])


def read_decisions(repository: Repository) -> tuple[Decision, ...]:
    """Collect the architecture decision records of the repository."""
    found = []
    for file in repository.of_language("document"):
        if not _DECISIONS.search(file.path) or PurePosixPath(file.path).stem.lower() in (
            "readme",
            "index",
            "template",
        ):
            continue
        text = repository.text(file.path) or ""
        title = next(
            (line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")), file.path
        )
        status = re.search(r"status\W{0,6}\s*(accepted|proposed|rejected|superseded|deprecated)", text, re.I)
        found.append(Decision(file.path, title, text, status[1].lower() if status else "accepted"))
    return tuple(found)


def _guides(repository: Repository) -> Iterator[str]:
    for file in repository.of_language("document", ""):
        name = PurePosixPath(file.path).name
        near = file.path.count("/") <= 3
        if (
            (name in _BINDING and near)
            or (name in _GUIDES and file.path.count("/") <= 1)
            or _ARCHITECTURE_FILE.search(file.path)
            or _DECISIONS.search(file.path)
        ):
            yield file.path


def _force_of(sentence: str) -> str:
    if _PROHIBITS.search(sentence):
        return "prohibits"
    if _CONFINES.search(sentence):
        return "confines"
    return "obliges" if _OBLIGES.search(sentence) else ""


def _sentences(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, heading and sentence of running text and list items; code blocks and tables are passed over."""
    heading, fenced = "", False
    gathered: list[str] = []
    began = 1
    lines = [*text.splitlines(), ""]
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if line.startswith(("```", "~~~")):
            fenced = not fenced
            line = ""
        starts_item = re.match(r"([-*+]|\d+[.)])\s+", line)
        if fenced or not line or starts_item or line.startswith(("#", "|", "<!--")):
            for sentence in _SENTENCE_END.split(" ".join(gathered)):
                if sentence:
                    yield began, heading, sentence[:_LONGEST_SENTENCE]
            gathered = []
        if line.startswith("#") and not fenced:
            heading = line.lstrip("# ")
        elif line and not fenced and not line.startswith(("|", "<!--")):
            if not gathered:
                began = number
            gathered.append(line[starts_item.end() :] if starts_item else line)
