"""Retrying one block: bounded, and counted as Foundry's own kind of retry (spec 5.4).

Transport retries belong to whoever sends requests, runner retries to whoever runs them. A gate that failed is not
retried here either: it asks for another attempt through a `retry_requested` event.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_TRIES = 4
RETRYABLE = frozenset({"execution", "dispatch"})
"""Failure classes that another try could mend. What was refused for safety or meaning stays refused."""


@dataclass(frozen=True)
class Retry:
    """How often a block is tried.

    Attributes:
        tries: 1 (never again) to 4.
        delay_s: seconds before the second try; each further delay is `factor` times as long.
    """

    tries: int = 1
    delay_s: float = 0.0
    factor: float = 2.0

    def __post_init__(self) -> None:
        if not 1 <= self.tries <= MAX_TRIES:
            raise ValueError(f"retry: 1 to {MAX_TRIES} tries, not {self.tries}")
        if self.delay_s < 0 or self.factor < 1:
            raise ValueError("retry: the delay is not negative, the factor is at least 1")


def delay_before_next(policy: Retry, try_number: int, failure_class: str) -> float | None:
    """Seconds to wait before the next try, None when there is none.

    Args:
        try_number: the try that failed, from 1.
        failure_class: of its failure (spec 5.5).
    """
    if try_number >= policy.tries or failure_class not in RETRYABLE:
        return None
    return float(policy.delay_s * policy.factor ** (try_number - 1))
