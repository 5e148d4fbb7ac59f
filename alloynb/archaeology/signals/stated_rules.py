"""Textual: rules that charters, agent guides, contributing guides and architecture sections state in words."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import forbidden_subject, library_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.documents import Statement
from alloynb.archaeology.library_kinds import kind_of
from alloynb.archaeology.mentions import StatedBoundary, Vocabulary, boundary_in
from alloynb.archaeology.module_map import ModuleMap, unit_of
from alloynb.archaeology.observation import STATED, Family, Lead, Observation, excerpt_of
from alloynb.archaeology.practice_drafts import asked, practice_subject

_MOST_WORDINGS = 6
_MOST_COUNTER = 4


class StatedRules:
    """Finds sentences that demand something, and what the code does about it.

    A sentence that names two things of the code becomes a boundary, held against the imports at once: a document
    that the code contradicts may be stale. Others are kept as words, for people to judge. What a sentence says is
    observed content and instructs nobody here.
    """

    name = "stated_rules"
    family: Family = "textual"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per stated boundary, and the most binding sentences that are none."""
        vocabularies = [(found, Vocabulary(found, codebase.libraries)) for found in codebase.maps]
        wordings = 0
        for statement in codebase.statements:
            drawn = [
                (found, each) for found, words in vocabularies if (each := boundary_in(statement, words))
            ]
            for found, each in drawn[:1]:
                yield self._boundary(found, statement, each)
            if (
                not drawn
                and statement.binding
                and statement.force == "prohibits"
                and wordings < _MOST_WORDINGS
            ):
                wordings += 1
                yield self._wording(statement)

    def _boundary(self, found: ModuleMap, statement: Statement, drawn: StatedBoundary) -> Lead:
        observed = [
            Observation(
                self.name,
                "a document says so",
                0.6,
                path=statement.path,
                line=statement.line,
                text=statement.text,
            )
        ]
        broken = [
            site
            for site in found.imports
            if unit_of(site.importer, set(drawn.sources)) and _is_target(site.imported, drawn)
        ]
        observed += [
            Observation(
                self.name,
                f"the code does it all the same ({len(broken)} times)",
                0.3,
                False,
                site.path,
                site.line,
                text=site.text,
            )
            for site in broken[:_MOST_COUNTER]
        ]
        if not broken:
            told = (
                f"the code keeps to it: {sum(found.sizes[s] for s in drawn.sources)} modules, no such import"
            )
            observed.append(
                Observation("code_agrees", told, 0.4, path=found.place_of(drawn.sources[0]) or None)
            )
        if drawn.library:
            library = drawn.targets[0]
            homes = sorted(
                {site.importer for site in found.users.get(library, ())} - {site.importer for site in broken}
            )
            subject = library_subject(
                found, library, drawn.sources, homes[:5], kind_of(library) or "a library", standing=STATED
            )
        else:
            subject = forbidden_subject(found, drawn.sources, drawn.targets, standing=STATED)
        return Lead(subject, tuple(observed))

    def _wording(self, statement: Statement) -> Lead:
        said = excerpt_of(statement.text)
        observed = Observation(
            self.name, "a document demands it", 0.4, path=statement.path, line=statement.line, text=said
        )
        short = said if len(said) <= 80 else f"{said[:79]}…"
        texts = {
            "title": f"The rule in {statement.path}:{statement.line} is followed",
            "capability": f"What the rule in {statement.path}:{statement.line} protects.",
            "threat": "Somebody who has not read the document.",
            "expectation": "The reason for which it was written still holds.",
            "strategy": f"The rule in {statement.path}:{statement.line} is followed.",
            "tradeoff": "Whoever would gain by an exception has to ask for it.",
        }
        questions = ("What would break if nobody followed this sentence?", "How would we notice?")
        evidence = (
            asked(f"Is the rule in {statement.path}:{statement.line} still followed, and still right?"),
        )
        subject = practice_subject(
            "stated",
            (statement.path, short),
            texts,
            evidence=evidence,
            questions=questions,
            standing=STATED,
            severity="low",
            called=f"{statement.path} demands: “{short}”",
        )
        return Lead(subject, (observed,))


def _is_target(imported: str, drawn: StatedBoundary) -> bool:
    return imported in drawn.targets if drawn.library else unit_of(imported, set(drawn.targets)) is not None


SIGNAL = StatedRules()
