"""Imports of JavaScript, TypeScript, Go, Rust and Java files, read by tree-sitter grammars (spec 2.5).

The grammars come as wheels of their own and work offline. Without them these languages are known by layout alone,
and the note says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from alloynb.archaeology.repository import Repository, is_test

if TYPE_CHECKING:
    from tree_sitter import Language, Node

GRAMMARS = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "go": ("tree_sitter_go", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "java": ("tree_sitter_java", "language"),
}
_SCRIPT = """
(import_statement source: (string) @import)
(export_statement source: (string) @import)
(call_expression function: [(identifier) @call (import) @call] arguments: (arguments . (string) @import))
"""
_QUERIES = {
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": "(import_spec path: (_) @import)",
    "rust": "(use_declaration argument: (_) @import) (extern_crate_declaration name: (_) @import)",
    "java": "(import_declaration) @import (package_declaration) @package",
}
_LARGEST_PARSED = 400_000


@dataclass(frozen=True, slots=True)
class WrittenImport:
    """One import as it is written.

    Attributes:
        target: what is imported, without quotes: `./x`, `example.org/m/p`, `crate::a::b`, `a.b.C`.
        line: 1-based.
        text: the line.
    """

    target: str
    line: int
    text: str


@dataclass(frozen=True)
class WrittenFile:
    """The imports of one file, and for Java the package that it declares."""

    path: str
    imports: tuple[WrittenImport, ...]
    package: str = ""


def missing_grammars(languages: set[str]) -> tuple[str, ...]:
    """Name the languages that cannot be parsed here, sorted."""
    return tuple(sorted(language for language in languages if _grammar(language) is None))


def read_written_imports(repository: Repository, language: str) -> tuple[WrittenFile, ...]:
    """Parse the product's files of one language; empty when its grammar is not installed."""
    grammar = _grammar(language)
    if grammar is None:
        return ()
    from tree_sitter import Parser, Query, QueryCursor

    parser, query = Parser(grammar), Query(grammar, _QUERIES[language])
    found = []
    for file in repository.of_language(language):
        text = None if is_test(file.path) or file.size > _LARGEST_PARSED else repository.text(file.path)
        if text is None:
            continue
        content = text.encode("utf-8", "replace")
        captures = QueryCursor(query).captures(parser.parse(content).root_node)
        lines = text.split("\n")
        calls = {node.end_byte: _text(node) for node in captures.get("call", ())}
        written = []
        for node in captures.get("import", ()):
            begins = _start_of_arguments(node)
            caller = calls.get(begins) if begins is not None else None
            if caller not in (None, "require", "import"):
                continue
            line = node.start_point[0]
            target = _target(_text(node), language)
            written.append(WrittenImport(target, line + 1, lines[line].strip() if line < len(lines) else ""))
        package = next((_target(_text(node), language) for node in captures.get("package", ())), "")
        found.append(WrittenFile(file.path, tuple(sorted(written, key=lambda each: each.line)), package))
    return tuple(found)


def _grammar(language: str) -> Language | None:
    module, function = GRAMMARS[language]
    try:
        from tree_sitter import Language

        return Language(getattr(import_module(module), function)())
    except (ImportError, AttributeError, ValueError):
        return None


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _start_of_arguments(node: Node) -> int | None:
    parent = node.parent
    return parent.start_byte if parent is not None and parent.type == "arguments" else None


def _target(written: str, language: str) -> str:
    if language == "java":
        words = written.rstrip(";").split()
        return words[-1] if words else ""
    if language == "rust":
        head = written.split("{", maxsplit=1)[0].split(" as ", maxsplit=1)[0].strip()
        return head.removesuffix("*").rstrip(":").strip()
    return written.strip("\"'`")
