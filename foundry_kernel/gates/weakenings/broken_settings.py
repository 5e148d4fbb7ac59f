"""Settings files that can no longer be parsed: what they demanded can no longer be known."""

from __future__ import annotations

from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.settings import broken_settings, settings_files


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for path in comparison.changed_named(*settings_files()):
        if not broken_settings(comparison.before, path) and broken_settings(comparison.after, path):
            yield weakening(
                "cannot_be_judged",
                path,
                path,
                "the settings can no longer be parsed, so they cannot be judged",
                before="judged",
                after="broken syntax",
                severity="suspicious",
            )


WEAKENING = WeakeningDetector("broken-settings", _find)
