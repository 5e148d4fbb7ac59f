"""Weakening detection: name every way in which a change made the evidence weaker (spec 4.5).

Weakening without a signed approval is a safety failure. Whether an approval is genuine is decided elsewhere; here is
decided what needs one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector, compare
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.protected import Protected
from foundry_kernel.gates.comparing.tree import FolderTree, RevisionTree, Tree, changed_between
from runtime_artifacts.approval import ApprovalScope
from runtime_artifacts.drop_in import collect_drop_ins

__all__ = [
    "Allowance",
    "FolderTree",
    "Protected",
    "RevisionTree",
    "Tree",
    "Weakening",
    "allowed_by",
    "changed_between",
    "find_weakenings",
    "findings_of",
    "weakening_detectors",
]


@dataclass(frozen=True)
class Allowance:
    """What approved scopes make of weakenings.

    Attributes:
        allowed: weakenings that an approval covers.
        refused: weakenings that none covers; one is enough for a safety failure.
        to_review: suspicious, no approval needed: a human should look.
    """

    allowed: tuple[Weakening, ...]
    refused: tuple[Weakening, ...]
    to_review: tuple[Weakening, ...]

    @property
    def missing_scopes(self) -> tuple[ApprovalScope, ...]:
        """Scopes that would have to be approved, sorted."""
        return tuple(sorted({each.scope for each in self.refused}))


def find_weakenings(
    before: Tree,
    after: Tree,
    gates_before: Iterable[Gate],
    gates_after: Iterable[Gate] | None,
    changed_paths: Iterable[str],
    *,
    protected: Protected | None = None,
) -> tuple[Weakening, ...]:
    """Compare two trees and name what proves less in the second.

    Only changed files are read, and what decides how they are understood: settings, scripts that gates call, helpers
    that tests call. A move, a rename or a split is not a loss. No content of a file makes it fail.

    Args:
        before: the revision that the run started from.
        after: the work tree.
        gates_before: gates as resolved from `before`.
        gates_after: gates as resolved from `after`; None when they could not be resolved.
        changed_paths: at least all paths whose bytes differ; see `changed_between`.
        protected: folders that no run changes unasked; those that always are when None.

    Returns:
        Findings in the order of path, line, kind and subject, none twice.

    Raises:
        BadPlugin: a dropped-in detector is not one.

    Spec: 4.5.
    """
    detectors = weakening_detectors()
    return findings_of(
        detectors, before, after, gates_before, gates_after, changed_paths, protected=protected
    )


def findings_of(
    detectors: Iterable[WeakeningDetector],
    before: Tree,
    after: Tree,
    gates_before: Iterable[Gate],
    gates_after: Iterable[Gate] | None,
    changed_paths: Iterable[str],
    *,
    protected: Protected | None = None,
) -> tuple[Weakening, ...]:
    """What some detectors find; else as `find_weakenings`."""
    comparison = compare(before, after, gates_before, gates_after, changed_paths, protected)
    found: dict[str, Weakening] = {}
    for detector in detectors:
        for each in _found_by(detector, comparison):
            found.setdefault(each.digest, each)
    return tuple(
        sorted(found.values(), key=lambda each: (each.path, each.line or 0, each.kind, each.subject))
    )


def allowed_by(weakenings: Iterable[Weakening], approved: Collection[ApprovalScope]) -> Allowance:
    """Sort weakenings by what approved scopes cover.

    Args:
        approved: scopes of approvals whose signature, subject and time were verified.
    """
    allowed, refused, to_review = [], [], []
    for each in weakenings:
        if each.severity == "suspicious":
            to_review.append(each)
        elif each.scope in approved:
            allowed.append(each)
        else:
            refused.append(each)
    return Allowance(tuple(allowed), tuple(refused), tuple(to_review))


def weakening_detectors() -> tuple[WeakeningDetector, ...]:
    """All detectors: those of the folder, then those of other packages.

    Raises:
        BadPlugin: a dropped-in file or an entry point is not a detector.
    """
    found = collect_drop_ins(
        "foundry_kernel.gates.weakenings",
        "WEAKENING",
        _checked,
        name_of=lambda detector: detector.name,
        entry_points="foundry_kernel.weakenings",
    )
    return tuple(each.plugin for each in found.values())


def _checked(value: object) -> WeakeningDetector:
    if not isinstance(value, WeakeningDetector):
        raise TypeError(f"expected a WeakeningDetector, found {type(value).__name__}")
    if not value.name:
        raise ValueError("its name is empty")
    return value


def _found_by(detector: WeakeningDetector, comparison: Comparison) -> Iterator[Weakening]:
    """What a detector finds. One that gives up has not proved that nothing was weakened, so that is a finding."""
    try:
        yield from detector.find(comparison)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes must not hide what others find
        yield weakening(
            "detector_gave_up",
            "",
            detector.name,
            f"the detector {detector.name} gave up ({type(error).__name__}), so what it looks for was not looked for",
            after=type(error).__name__,
        )
