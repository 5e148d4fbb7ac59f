"""What a run says about threats, strategies and tradeoffs, each with what it was read from (spec 6.3). Pure.

A strategy *worked* when every required evidence of its record holds. It *worked but was expensive* when it holds, and
one of these was seen; whether that is too much is for a human to say:

- its evidence took at least a minute, and more than half of all the time that gates took;
- one of its gates was repaired by two or more retries of the run;
- two or more exceptions are needed for it to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from alloynb.interpretation.satisfaction import RecordSatisfaction, SatisfactionReport
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.run_result import GateReport, RunResult

Effect = Literal["worked", "worked_but_expensive", "did_not_hold", "not_shown"]

EXPENSIVE_MS = 60_000.0
EXPENSIVE_SHARE = 0.5
EXPENSIVE_RETRIES = 2
EXPENSIVE_EXCEPTIONS = 2


@dataclass(frozen=True)
class ThreatSeen:
    """Evidence against a threat is broken; that a threat is absent is never claimed."""

    record_id: str
    evidence_id: str
    threat: str
    seen_in: str
    links: tuple[str, ...]


@dataclass(frozen=True)
class StrategyEffect:
    """Whether a strategy held, beside what its evidence cost.

    Attributes:
        because: what makes it expensive, or what broke it, in words.
        evidence_took_ms: milliseconds of the gates that belong to its record.
    """

    record_id: str
    strategy: str
    effect: Effect
    because: tuple[str, ...]
    evidence_took_ms: float
    links: tuple[str, ...]


@dataclass(frozen=True)
class TradeoffSeen:
    """What an accepted price came to in this run.

    Attributes:
        retries: further tries of the gates that belong to its record.
        share: of all the time that gates took, from 0 to 1.
    """

    record_id: str
    accepted: str
    evidence_took_ms: float
    share: float
    retries: int
    links: tuple[str, ...]


def threats_seen(brief: FormationBrief, report: SatisfactionReport) -> Iterator[ThreatSeen]:
    """Tell each threat whose evidence is broken."""
    risks = {threat.record_id: threat.risk for threat in brief.threats_to_watch}
    for record in report.records:
        for each in record.evidence:
            if each.seen == "unsatisfied":
                yield ThreatSeen(
                    record.record_id,
                    each.evidence_id,
                    risks.get(record.record_id, ""),
                    each.reason,
                    each.links,
                )


def strategy_effects(
    brief: FormationBrief, result: RunResult, report: SatisfactionReport
) -> Iterator[StrategyEffect]:
    """Judge each strategy of the brief whose record was judged."""
    for strategy in brief.strategies:
        record = report.of(strategy.record_id)
        if record is None:
            continue
        effect, because = _effect(record, result)
        yield StrategyEffect(
            record.record_id,
            strategy.name,
            effect,
            because,
            cost_ms(result, record.record_id),
            _links(record, result),
        )


def tradeoffs_seen(
    brief: FormationBrief, result: RunResult, report: SatisfactionReport
) -> Iterator[TradeoffSeen]:
    """Tell what each accepted price came to."""
    whole = sum(gate.duration_ms for gate in result.gates)
    for tradeoff in brief.tradeoffs:
        record, took = report.of(tradeoff.record_id), cost_ms(result, tradeoff.record_id)
        yield TradeoffSeen(
            tradeoff.record_id,
            tradeoff.statement,
            took,
            round(took / whole, 4) if whole else 0.0,
            _retries(result, tradeoff.record_id),
            _links(record, result) if record else (),
        )


def cost_ms(result: RunResult, record_id: str) -> float:
    """Milliseconds of all gates that belong to a record, every try counted."""
    return round(sum(gate.duration_ms for gate in _gates(result, record_id)), 1)


def _effect(record: RecordSatisfaction, result: RunResult) -> tuple[Effect, tuple[str, ...]]:
    if record.status == "unsatisfied":
        return "did_not_hold", (record.reason,)
    if record.status != "satisfied":
        return "not_shown", (record.reason,)
    prices = tuple(_prices(record, result))
    return ("worked_but_expensive", prices) if prices else ("worked", ())


def _prices(record: RecordSatisfaction, result: RunResult) -> Iterator[str]:
    took, whole = cost_ms(result, record.record_id), sum(gate.duration_ms for gate in result.gates)
    if took >= EXPENSIVE_MS and took > EXPENSIVE_SHARE * whole:
        yield f"its evidence took {took / 1000:.0f} s, {took / whole:.0%} of the time of all gates"
    if (retries := _retries(result, record.record_id)) >= EXPENSIVE_RETRIES:
        yield f"its gates needed {retries} retries"
    excepted = {finding for each in record.evidence for finding in each.excepted}
    if len(excepted) >= EXPENSIVE_EXCEPTIONS:
        yield f"{len(excepted)} exceptions are needed for it to hold"


def _retries(result: RunResult, record_id: str) -> int:
    return sum(gate.attempt > 1 for gate in _gates(result, record_id))


def _gates(result: RunResult, record_id: str) -> Iterable[GateReport]:
    return (gate for gate in result.gates if record_id in gate.applies_to)


def _links(record: RecordSatisfaction, result: RunResult) -> tuple[str, ...]:
    """Where it can be looked up: what the evidence links to, and the gates of the run that belong to the record."""
    gates = (
        f"trace://{result.foundry_run_id}/gates/{gate.name}" for gate in _gates(result, record.record_id)
    )
    return tuple(dict.fromkeys([*(link for each in record.evidence for link in each.links), *gates]))
