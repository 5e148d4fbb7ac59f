"""From signals to hypotheses: run, merge what is about the same boundary, rank, cap (spec 2.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alloynb.archaeology.boundary_pairs import Pairs, nearness, pairs_of, share_covered
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.confidence import confidence_of
from alloynb.archaeology.nearness import Known
from alloynb.archaeology.observation import Hypothesis, Lead, Observation, Subject, excerpt_of
from alloynb.archaeology.signal import Signal
from alloynb.errors import AlloyError
from runtime_artifacts.canonical import digest_of

MOST_HYPOTHESES = 60
LEAST_CONFIDENCE = 0.1
_MOST_SHOWN_PER_SIGNAL = 5
_SAME_BOUNDARY = 0.6
_PART_OF = 0.85
_LEAST_WEIGHT = 0.02
_MOST_ALIKE = 5
_LIKELY = 0.5


@dataclass(frozen=True)
class Excavation:
    """What a dig brought up.

    Attributes:
        hypotheses: best first; of many that one file says alike, the first few stand in front.
        repeats: title of each hypothesis that was not raised, and what it repeats.
        dropped: how many were below the cap or too weak.
        notes: what could not be read, and signals that gave up.
    """

    hypotheses: tuple[Hypothesis, ...]
    repeats: tuple[tuple[str, str], ...]
    dropped: int
    notes: tuple[str, ...]


def excavate(
    codebase: Codebase, signals: Iterable[Signal], known: Known | None = None, *, limit: int = MOST_HYPOTHESES
) -> Excavation:
    """Run signals over a code base and turn their leads into hypotheses.

    The same tree gives the same answer: leads are merged and ranked by what they say, never by time or chance.

    Args:
        known: records and rejections; their copies are not raised.
        limit: at most so many hypotheses, the most confident ones.
    """
    leads: list[Lead] = []
    notes: list[str] = []
    running = sorted(signals, key=lambda signal: signal.name)
    for number, signal in enumerate(running):
        codebase.progress(f"signal {signal.name}", number, len(running))
        try:
            leads.extend(signal.look(codebase))
        except (AlloyError, OSError, RecursionError) as error:
            notes.append(f"signal {signal.name} gave up: {error}")
    codebase.progress("merging", len(running), len(running))
    found = [hypothesis_of(subject, group) for subject, group in _merged(leads)]
    raised, repeats, weak = [], [], 0
    for hypothesis in sorted(found, key=lambda each: (-round(each.confidence, 6), each.kind, each.names)):
        copied = known.copy_of(hypothesis) if known is not None else None
        if copied is not None:
            repeats.append((hypothesis.title, copied))
        elif hypothesis.confidence < LEAST_CONFIDENCE and not hypothesis.warnings:
            weak += 1
        else:
            raised.append(hypothesis)
    dropped = weak + max(0, len(raised) - limit)
    shown = tuple(_anchored(each, codebase) for each in _spread(raised)[:limit])
    return Excavation(shown, tuple(repeats), dropped, (*codebase.notes, *notes))


def _anchored(hypothesis: Hypothesis, codebase: Codebase) -> Hypothesis:
    """Give every observation of a file or folder a line, so that a person can open it."""
    anchored = tuple(
        replace(each, **_place(each.path, codebase)) if each.path is not None and each.line is None else each
        for each in hypothesis.observed
    )
    return replace(hypothesis, observed=anchored)


def _place(path: str, codebase: Codebase) -> dict[str, Any]:
    """The first line of a file; of a folder, that of its `__init__.py`, else of its first file."""
    paths = codebase.repository.paths
    if path in paths:
        return {"line": 1}
    folder = "" if path in (".", "") else f"{path.rstrip('/')}/"
    if f"{folder}__init__.py" in paths:
        return {"path": f"{folder}__init__.py", "line": 1}
    below = [each for each in paths if each.startswith(folder)]
    return {"path": min(below, key=lambda each: (each.count("/"), each)), "line": 1} if below else {}


def _spread(raised: list[Hypothesis]) -> list[Hypothesis]:
    """Let one file that declares many things alike not hide all else: beyond a few, they come after what is likely."""
    seen: Counter[tuple[str, str | None, str]] = Counter()
    front: list[Hypothesis] = []
    alike: list[Hypothesis] = []
    weak: list[Hypothesis] = []
    for each in raised:
        source = each.observed[0]
        group = (each.kind, source.path, source.signal)
        seen[group] += 1
        if each.confidence < _LIKELY:
            weak.append(each)
        else:
            (front if seen[group] <= _MOST_ALIKE else alike).append(each)
    return [*front, *alike, *weak]


def hypothesis_of(subject: Subject, leads: Iterable[Lead]) -> Hypothesis:
    """Make one hypothesis of everything that was seen of a subject; confidence counts only what is shown."""
    group = list(leads)
    observed = _shown(observation for lead in group for observation in lead.observations)
    draft = subject.draft
    intent: dict[str, Any] = {
        "title": draft.title,
        "capability": draft.capability,
        "threat": draft.threat,
        "expectation": draft.expectation,
        "strategy": draft.strategy,
        "tradeoff": draft.tradeoff,
        "severity": draft.severity,
        "evidence": [dict(definition) for definition in draft.evidence],
    }
    scope = {"modules": list(draft.modules), "paths": [path for path in draft.paths if path]}
    intent["scope"] = {name: value for name, value in scope.items() if value}
    warnings = tuple(dict.fromkeys(warning for lead in group for warning in lead.warnings))
    action = "Repair the rule before you rely on it." if warnings else draft.next_action
    return Hypothesis(
        f"hypothesis_{digest_of([subject.kind, *subject.names]).removeprefix('sha256:')[:20]}",
        subject.kind,
        excerpt_of(draft.called) or draft.title,
        confidence_of(observed),
        observed,
        intent,
        draft.questions,
        action,
        subject.names,
        warnings,
    )


def _shown(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """The strongest observations of each signal and side, each place once; support first."""
    groups: dict[tuple[str, bool], dict[tuple[str, str], Observation]] = defaultdict(dict)
    for each in observations:
        places = groups[each.signal, each.supports]
        known = places.get((each.ref, each.told))
        if known is None or known.weight < each.weight:
            places[each.ref, each.told] = each
    kept = [
        each
        for places in groups.values()
        for each in sorted(places.values(), key=lambda one: (-one.weight, one.ref, one.told))[
            :_MOST_SHOWN_PER_SIGNAL
        ]
    ]
    return tuple(sorted(kept, key=lambda one: (not one.supports, -one.weight, one.signal, one.ref, one.told)))


def _merged(leads: Iterable[Lead]) -> list[tuple[Subject, list[Lead]]]:
    """Group leads about one subject; near boundaries become one, under the wording of the highest standing."""
    exact: dict[tuple[str, tuple[str, ...]], list[Lead]] = defaultdict(list)
    for lead in leads:
        exact[lead.subject.kind, lead.subject.names].append(lead)
    groups = [
        (max((lead.subject for lead in group), key=lambda each: each.standing), group)
        for group in exact.values()
    ]
    groups.sort(
        key=lambda each: (-each[0].standing, -len(pairs_of(each[0].rule)), each[0].kind, each[0].names)
    )
    kept: list[tuple[Subject, Pairs, list[Lead]]] = []
    by_target: dict[str, list[int]] = defaultdict(list)
    for subject, group in groups:
        pairs = pairs_of(subject.rule)
        home = _home(subject, pairs, kept, by_target)
        if home is not None:
            share = share_covered(kept[home][1], pairs)
            kept[home][2].extend(_as_support(kept[home][0], group, share))
            continue
        for name in {target.split(".")[0] for _, target in pairs}:
            by_target[name].append(len(kept))
        kept.append((subject, pairs, list(group)))
    return [(subject, group) for subject, _, group in kept]


def _home(
    subject: Subject,
    pairs: Pairs,
    kept: list[tuple[Subject, Pairs, list[Lead]]],
    by_target: Mapping[str, list[int]],
) -> int | None:
    """The group that a boundary belongs to: the same boundary, or one that is a mere part of it."""
    if not pairs:
        return None
    candidates = sorted({place for _, target in pairs for place in by_target.get(target.split(".")[0], ())})
    for place in candidates:
        other, theirs, _ = kept[place]
        if nearness(pairs, theirs) >= _SAME_BOUNDARY:
            return place
        part = share_covered(pairs, theirs) >= _PART_OF
        if (
            part
            and subject.standing <= other.standing
            and (subject.standing == 0 or other.kind == subject.kind)
        ):
            return place
    return None


def _as_support(home: Subject, group: list[Lead], share: float) -> list[Lead]:
    """Observations of a merged lead; those about a part of the boundary weigh as much as the part."""
    weighed = []
    for lead in group:
        observed = tuple(
            each if share >= _SAME_BOUNDARY else replace(each, weight=round(each.weight * share, 3))
            for each in lead.observations
        )
        heavy = tuple(each for each in observed if each.weight >= _LEAST_WEIGHT)
        weighed.append(Lead(home, heavy, lead.warnings))
    return weighed


def table_of(hypothesis: Hypothesis) -> list[Mapping[str, Any]]:
    """The confidence of a hypothesis as rows of plain values: signal, side, how often, strength."""
    from alloynb.archaeology.confidence import confidence_table

    return [
        {
            "signal": row.signal,
            "supports": row.supports,
            "count": row.count,
            "strength": round(row.strength, 3),
        }
        for row in confidence_table(hypothesis.observed)
    ]
