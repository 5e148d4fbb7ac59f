"""The script that looks for structural patterns with tree-sitter, run in a Python process of its own.

It reads JSON lines on standard input: first the question (grammar, query, limits), then one file each, and answers one
JSON line per file. A process of its own, because a grammar is native code and a file may be hostile: memory is limited
here, and so is time: a file that takes too long, or crashes the grammar, ends this process, and whoever asks goes on
with the next file.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from importlib import import_module
from typing import Any

_LARGEST_MEMORY = 4 << 30
_MOST_PLACES = 1000
_MOST_STATES = 60_000
_LONGEST_EXCERPT = 160
_NAMED = (
    "class",
    "function",
    "method",
    "impl",
    "interface",
    "struct",
    "trait",
    "enum",
    "mod_item",
    "constructor",
)


def _symbol(node: Any) -> str:
    """Dotted names of the definitions around a node, outermost first."""
    names: list[str] = []
    above = node.parent
    while above is not None and len(names) < 12:
        if any(word in above.type for word in _NAMED):
            named = above.child_by_field_name("name") or above.child_by_field_name("type")
            if named is not None and named != node:
                names.append((named.text or b"").decode("utf-8", "replace"))
        above = above.parent
    return ".".join(reversed(names))


def _place(node: Any) -> list[Any]:
    text = " ".join((node.text or b"")[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace").split())
    if len(text) > _LONGEST_EXCERPT:
        text = text[: _LONGEST_EXCERPT - 1] + "…"
    return [node.start_point[0] + 1, node.end_point[0] + 1, _symbol(node), text]


def _first_error(node: Any) -> int:
    """Line of the first place that the grammar does not understand; 1-based."""
    while True:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None or node.is_error:
            return int(node.start_point[0]) + 1
        node = inner


def _look(file: dict[str, Any], parser: Any, query: Any) -> dict[str, Any]:
    from tree_sitter import QueryCursor

    tree = parser.parse(file["text"].encode("utf-8", "replace"))
    cursor = QueryCursor(query, match_limit=_MOST_STATES)
    matches = cursor.matches(tree.root_node)
    places, seen = [], set()
    for _, captured in matches:
        nodes = captured.get("place") or [node for found in captured.values() for node in found]
        if not nodes:
            continue
        node = min(nodes, key=lambda each: (each.start_byte, -each.end_byte))
        if node.id not in seen:
            seen.add(node.id)
            places.append(_place(node))
    doubt = ""
    if cursor.did_exceed_match_limit or len(places) > _MOST_PLACES:
        doubt = "too many places to list"
    elif tree.root_node.has_error:
        doubt = f"line {_first_error(tree.root_node)} is not understood by the grammar"
    return {"path": file["path"], "places": sorted(places)[:_MOST_PLACES], "doubt": doubt}


def main() -> None:
    """Answer the question on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_LARGEST_MEMORY, _LARGEST_MEMORY))
    lines = iter(sys.stdin)
    question = json.loads(next(lines))
    try:
        from tree_sitter import Language, Parser, Query, QueryError

        grammar = Language(getattr(import_module(question["module"]), question["function"])())
    except (ImportError, AttributeError, ValueError) as error:
        print(json.dumps({"error": "missing", "text": str(error)}), flush=True)
        return
    try:
        query = Query(grammar, question["query"])
    except (QueryError, ValueError, SyntaxError) as error:
        print(json.dumps({"error": "query", "text": str(error)}), flush=True)
        return
    if query.capture_count == 0:
        text = "it captures nothing, so that no place could be named"
        print(json.dumps({"error": "query", "text": text}), flush=True)
        return
    parser = Parser(grammar)
    print(json.dumps({"ready": True}), flush=True)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for line in lines:
        signal.setitimer(
            signal.ITIMER_REAL, question["limit_s"]
        )  # ends this process, also within native code
        answer = _look(json.loads(line), parser, query)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
