"""Files that grew too large to be judged: what is in them can no longer be held against what was."""

from __future__ import annotations

from collections.abc import Iterator

from foundry_kernel.gates.comparing.collection import may_hold_tests
from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.tree import MAX_FILE_BYTES


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for path in comparison.too_large:
        was_judged = comparison.before.text_of(path) is not None
        if was_judged and comparison.after.is_too_large(path):
            yield weakening(
                "cannot_be_judged",
                path,
                path,
                f"the file grew above {MAX_FILE_BYTES // 1024} KiB and is no longer judged",
                before="judged",
                after="too large",
                severity="weakening" if may_hold_tests(path) else "suspicious",
            )


WEAKENING = WeakeningDetector("unjudged-file", _find)
