"""Confidence from named, weighted observations; counter-evidence lowers it (spec 2.5).

The formula, for the observations of one hypothesis:

    support = 1 - product over signals, over the n-th strongest observation of a signal (n = 0, 1, …), of
              (1 - weight / 2**n)
    counter = the same over the counter-evidence
    confidence = MOST * support * (1 - counter)

So each further signal adds to what is still in doubt; a signal that repeats itself counts half as much each time;
nothing that a machine infers ever reaches certainty. Adding support never lowers the result, adding
counter-evidence never raises it, and the order of observations does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from alloynb.archaeology.observation import Observation

MOST = 0.95
BANDS = ((0.8, "high"), (0.5, "medium"), (0.0, "low"))
_DEEPEST_REPEAT = 40


@dataclass(frozen=True)
class SignalShare:
    """One line of the table behind a confidence.

    Attributes:
        count: observations of the signal on this side.
        strength: what they come to together, 0..1.
    """

    signal: str
    supports: bool
    count: int
    strength: float


def confidence_of(observations: Iterable[Observation]) -> float:
    """Compute the confidence of a hypothesis, 0..`MOST`; 0 without support."""
    shares = confidence_table(observations)
    support, counter = (_together(shares, supports=side) for side in (True, False))
    return MOST * support * (1.0 - counter)


def confidence_table(observations: Iterable[Observation]) -> tuple[SignalShare, ...]:
    """Show what each signal adds or takes away, support first, strongest first."""
    weights: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for observation in observations:
        weights[observation.signal, observation.supports].append(observation.weight)
    shares = [
        SignalShare(signal, supports, len(found), _strength(found))
        for (signal, supports), found in weights.items()
    ]
    return tuple(sorted(shares, key=lambda share: (not share.supports, -share.strength, share.signal)))


def band_of(confidence: float) -> str:
    """Name the band: `high` from 0.8, `medium` from 0.5, else `low`."""
    return next(name for least, name in BANDS if confidence >= least)


def _strength(weights: list[float]) -> float:
    doubt = 1.0
    for repeat, weight in enumerate(sorted(weights, reverse=True)[:_DEEPEST_REPEAT]):
        doubt *= 1.0 - weight / 2**repeat
    return 1.0 - doubt


def _together(shares: tuple[SignalShare, ...], *, supports: bool) -> float:
    doubt = 1.0
    for strength in sorted(share.strength for share in shares if share.supports is supports):
        doubt *= 1.0 - strength
    return 1.0 - doubt
