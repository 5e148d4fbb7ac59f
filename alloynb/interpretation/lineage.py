"""A finding that moved with its file or module keeps its name, its answers and its exceptions (spec 6.4).

A finding is named by what deviates: module and module, file and excerpt. When git says that the file or module had
another name, the finding would have had another id then; where that id is known, it stays the id. `alias` keeps the id
that the present name gives, so that git need not be asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import product
from typing import Protocol

from alloynb.interpretation.finding import DriftFinding, finding_id_of

_MOST_NAMES = 64


class FormerNames(Protocol):
    """What files and modules were called before."""

    def former_paths(self, path: str) -> tuple[str, ...]:
        """Former names of a file, the latest first."""
        ...

    def former_modules(self, module: str) -> tuple[str, ...]:
        """Former names of a module, the latest first."""
        ...


def with_former_names(
    findings: Iterable[DriftFinding],
    known: Mapping[str, str],
    aliases: Mapping[str, str],
    renames: Callable[[], FormerNames],
) -> tuple[DriftFinding, ...]:
    """Give findings the ids under which they are known.

    Args:
        known: evidence id by finding id, of everything that was ever seen, excepted or taken into a baseline.
        aliases: known finding id by the id that its present name gives. Where something stands again under the former
            name, the id is its own.
        renames: asked only when a finding is unknown and something known of the same evidence is not seen any more.
    """
    current = list(findings)
    taken = {each.finding_id for each in current}
    kept = {now: known_as for now, known_as in aliases.items() if now in taken and known_as not in taken}
    taken |= set(kept.values())
    free: dict[str, set[str]] = {}
    for finding_id, evidence_id in known.items():
        if finding_id not in taken:
            free.setdefault(evidence_id, set()).add(finding_id)
    names: FormerNames | None = None
    renamed: list[DriftFinding] = []
    for finding in current:
        computed = finding.finding_id
        candidates = free.get(finding.evidence_id)
        if computed in kept:
            renamed.append(_called(finding, kept[computed]))
        elif computed in known or not candidates:
            renamed.append(finding)
        else:
            names = names or renames()
            former = next((each for each in former_ids(finding, names) if each in candidates), computed)
            candidates.discard(former)
            renamed.append(_called(finding, former))
    return tuple(renamed)


def former_ids(finding: DriftFinding, names: FormerNames) -> tuple[str, ...]:
    """The ids that a finding would have had under former names of the files and modules in its subject."""
    choices: list[Collection[str]] = [
        dict.fromkeys((part, *names.former_paths(part), *names.former_modules(part)))
        for part in finding.subject
    ]
    found = []
    for number, subject in enumerate(product(*choices)):
        if number >= _MOST_NAMES:
            break
        if subject != finding.subject:
            found.append(finding_id_of(finding.record_id, finding.evidence_id, finding.detector, subject))
    return tuple(found)


def _called(finding: DriftFinding, finding_id: str) -> DriftFinding:
    if finding.finding_id == finding_id:
        return finding
    return finding.model_copy(update={"finding_id": finding_id, "alias": finding.finding_id})
