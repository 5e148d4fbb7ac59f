"""Drift from structural code patterns that must, or must not, occur (spec 2.3, 6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from alloynb.archaeology.code_patterns import PatternPlace, PatternSeen
from alloynb.archaeology.repository import Repository
from alloynb.intent.evidence_definition import CodePattern, EvidenceKind, PatternEvidence
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.finding import DriftFinding

_ENDINGS = {
    "python": (".py", ".pyi"),
    "javascript": (".js", ".jsx", ".mjs", ".cjs"),
    "typescript": (".ts", ".mts", ".cts"),
    "tsx": (".tsx",),
    "go": (".go",),
    "rust": (".rs",),
    "java": (".java",),
}


class PatternDetector:
    """Asks the query of every file that the paths name and the language fits, through the grammar of the language."""

    kind: EvidenceKind = "pattern"

    def detect(self, look: Look) -> Detection:
        """Report each place that must not be, or each file without what must be; in doubt, say so."""
        if not isinstance(look.definition, PatternEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        pattern = look.definition.pattern
        files = look.reading.list_files()
        texts, doubts, named = _texts(pattern, files)
        seen = look.reading.find_pattern(pattern.language, pattern.query, texts)
        if not named:
            doubts.append(f"the paths name no file: {', '.join(pattern.paths)}")
        elif not texts and not doubts:
            doubts.append(f"none of the {named} files that the paths name is {pattern.language}")
        if pattern.must == "not_occur":
            findings = tuple(_forbidden(look, seen))
            doubts += [f"{each.path}: {each.doubt}" for each in seen if each.doubt]
        else:
            findings, more = _missing(look, pattern, seen)
            doubts += more
        return Detection(findings, tuple(doubts))


def _texts(pattern: CodePattern, files: Repository) -> tuple[list[tuple[str, str]], list[str], int]:
    """Path and text of the files that are meant, what of them cannot be read, and how many files the paths name."""
    from pathspec import GitIgnoreSpec

    spec, endings = GitIgnoreSpec.from_lines(pattern.paths), _ENDINGS.get(pattern.language, ())
    doubts = [
        f"{each.path} is not read: {each.why}"
        for each in files.skipped
        if spec.match_file(each.path) and each.path.endswith(endings)
    ]
    named = [file.path for file in files.files if spec.match_file(file.path)]
    texts = []
    for path in named:
        if path.endswith(endings):
            text = files.text(path)
            if text is None:
                doubts.append(f"{path} cannot be read")
            else:
                texts.append((path, text))
    return texts, doubts, len(named)


def _forbidden(look: Look, seen: Iterable[PatternSeen]) -> Iterator[DriftFinding]:
    for file in seen:
        places: dict[tuple[str, str], list[PatternPlace]] = defaultdict(list)
        for place in file.places:
            places[place.symbol, place.excerpt].append(place)
        for (symbol, excerpt), found in places.items():
            where = f"{file.path}, in {symbol}," if symbol else file.path
            message = f"{where} holds `{excerpt}`; {look.definition.description}"
            lines = [place.line for place in found]
            yield look.finding(look.definition.kind, (file.path, symbol, excerpt), file.path, lines, message)


def _missing(
    look: Look, pattern: CodePattern, seen: tuple[PatternSeen, ...]
) -> tuple[tuple[DriftFinding, ...], list[str]]:
    without = [each for each in seen if not each.places]
    doubts = [f"{each.path}: {each.doubt}" for each in without if each.doubt]
    if pattern.spread == "somewhere":
        if not seen or len(without) < len(seen):
            return (), []
        if doubts:
            return (), doubts
        told = f"nothing in {', '.join(pattern.paths)} holds what must occur; {look.definition.description}"
        return (look.deviation(("absent",), told),), []
    return tuple(
        look.finding(
            look.definition.kind,
            (each.path, "absent"),
            each.path,
            (),
            f"{each.path} lacks what must occur in it; {look.definition.description}",
        )
        for each in without
        if not each.doubt
    ), doubts


DETECTOR: Detector = PatternDetector()
