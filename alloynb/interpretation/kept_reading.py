"""Reading only what changed: readings are kept by the content that they were read from (spec 6.4).

What is kept are readings, never judgements: the imports of a set of files, the places of a pattern in one file. Every
file is read and named by git's own id of its content each time, and what was read from the same content before is taken
again, so that neither a date nor a branch can mislead. The folder is disposable: what is damaged is read anew, what
cannot be written is not kept. Gates (`alloynb check`) keep nothing and trust nothing that is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alloynb.archaeology.code_patterns import PatternPlace, PatternSeen
from alloynb.archaeology.import_graph import ImportGraph, ImportSite
from alloynb.archaeology.package_files import locate_packages
from alloynb.intent.durable_file import RealDisk, write_whole_file
from alloynb.intent.errors import CannotSave
from alloynb.interpretation.detection import Reading

_FORMAT = 1
_MOST_GRAPHS = 24
_MOST_OTHERS = 4
_LASTING_DOUBT = "line "
"""A doubt that says where the grammar is lost comes from the content; one that speaks of time does not."""


@dataclass
class ReadCounts:
    """How much of one look was read anew; the rest was read from the same content before."""

    graphs: int = 0
    graphs_anew: int = 0
    files: int = 0
    files_anew: int = 0

    @property
    def told(self) -> str:
        """The counts in words; empty when nothing was asked that could have been kept."""
        parts = []
        if self.graphs:
            parts.append(f"{self.graphs_anew} of {self.graphs} import graphs")
        if self.files:
            parts.append(f"{self.files_anew} of {self.files} files searched for patterns")
        return f"read anew: {', '.join(parts)}" if parts else ""


def read_once(reading: Reading) -> Reading:
    """Answer the same question about graphs and files from memory; patterns differ from rule to rule."""
    return Reading(cache(reading.read_graph), reading.find_pattern, cache(reading.list_files))


def keep_readings(reading: Reading, tree: Path, folder: Path, counts: ReadCounts) -> Reading:
    """Keep what is read of a tree below a folder.

    Args:
        counts: is counted up.
    """
    kept = _Kept(reading, tree, folder, counts)
    return Reading(kept.read_graph, kept.find_pattern, reading.list_files)


@dataclass
class _Kept:
    reading: Reading
    tree: Path
    folder: Path
    counts: ReadCounts

    def read_graph(
        self, packages: tuple[str, ...], roots: tuple[str, ...], type_checking: bool
    ) -> ImportGraph:
        self.counts.graphs += 1
        root = self.tree.resolve()
        found = locate_packages(root, packages, roots)
        files = sorted({*found.modules.values(), *found.single_modules.values()})
        contents = [[file.relative_to(root).as_posix(), _id_of(file.read_bytes())] for file in files]
        names = sorted(found.modules)
        file = self.folder / "graphs" / f"{_digest([packages, roots, type_checking, names, contents])}.json"
        body = _load(file)
        if body is not None:
            with suppress(KeyError, TypeError, ValueError):
                return _graph_of(body)
        self.counts.graphs_anew += 1
        graph = self.reading.read_graph(packages, roots, type_checking)
        _save(file, _body_of(graph))
        _prune(file.parent)
        return graph

    def find_pattern(
        self, language: str, query: str, texts: Iterable[tuple[str, str]]
    ) -> tuple[PatternSeen, ...]:
        given = [(path, text, _id_of(text.encode("utf-8", "replace"))) for path, text in texts]
        self.counts.files += len(given)
        file = self.folder / "patterns" / f"{_digest([language, query])}.json"
        known = _seen_by_content(_load(file))
        missing = [(path, text) for path, text, content in given if content not in known]
        self.counts.files_anew += len(missing)
        if not missing and given:
            return tuple(PatternSeen(path, *known[content]) for path, _, content in given)
        fresh = {each.path: each for each in self.reading.find_pattern(language, query, missing)}
        seen = tuple(
            fresh[path] if path in fresh else PatternSeen(path, *known[content]) for path, _, content in given
        )
        contents = {path: content for path, _, content in given}
        lasting = {
            contents[each.path]: [[asdict(place) for place in each.places], each.doubt]
            for each in seen
            if not each.doubt or each.doubt.startswith(_LASTING_DOUBT)
        }
        others = [content for content in known if content not in lasting]
        for content in others[: _MOST_OTHERS * len(given)]:  # of other branches
            places, doubt = known[content]
            lasting[content] = [[asdict(place) for place in places], doubt]
        _save(file, lasting)
        return seen


def _id_of(content: bytes) -> str:
    """Git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps([_FORMAT, value]).encode()).hexdigest()


def _load(file: Path) -> Any:
    """Read what was kept; None when there is nothing, or it is not as it was written."""
    try:
        kept = json.loads(file.read_bytes())
        body = kept["body"]
        return body if kept["checksum"] == _digest(body) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _save(file: Path, body: Any) -> None:
    with suppress(OSError, CannotSave):  # what cannot be kept is read again the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole_file(file, json.dumps({"checksum": _digest(body), "body": body}).encode(), RealDisk())


def _prune(folder: Path) -> None:
    with suppress(OSError):
        oldest_first = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
        for file in oldest_first[:-_MOST_GRAPHS]:
            file.unlink(missing_ok=True)


def _body_of(graph: ImportGraph) -> dict[str, Any]:
    return {
        "packages": graph.packages,
        "modules": graph.modules,
        "external": graph.external,
        "imports": [asdict(site) for site in graph.imports],
        "paths": dict(graph.paths),
        "unread": graph.unread,
    }


def _graph_of(body: Mapping[str, Any]) -> ImportGraph:
    return ImportGraph(
        packages=tuple(body["packages"]),
        modules=tuple(body["modules"]),
        external=tuple(body["external"]),
        imports=tuple(ImportSite(**site) for site in body["imports"]),
        paths=MappingProxyType(dict(body["paths"])),
        unread=tuple(body["unread"]),
    )


def _seen_by_content(body: Any) -> dict[str, tuple[tuple[PatternPlace, ...], str]]:
    if not isinstance(body, dict):
        return {}
    with suppress(TypeError, ValueError):
        return {
            content: (tuple(PatternPlace(**place) for place in places), str(doubt))
            for content, (places, doubt) in body.items()
        }
    return {}
