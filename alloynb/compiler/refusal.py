"""Why a compilation is refused, each reason with its facts and the next step (spec 3.2, validation failures of 5.5)."""

from __future__ import annotations

from alloynb.errors import AlloyError


class CompilationRefused(AlloyError):
    """Root of everything that stops a compilation; nothing has been written when it is raised."""


class NoSourceIntent(CompilationRefused):
    """No accepted or active record was selected."""


class NoProtectedCapability(CompilationRefused):
    """None of the selected records states a capability."""


class NoEvidencePlan(CompilationRefused):
    """None of the selected records defines evidence, so that nothing could ever be proved."""


class HypothesisAsConstraint(CompilationRefused):
    """A hypothesis was named as if it could guide a run; it may only be asked about."""


class RecordNotGuiding(CompilationRefused):
    """A record was named that no longer guides, or does not guide yet."""


class UnknownRecord(CompilationRefused):
    """A record was named that does not exist."""


class DuplicateRecord(CompilationRefused):
    """Two records of one id were given."""


class UnresolvedConflict(CompilationRefused):
    """Two selected records conflict, and no human has recorded how to live with it."""


class ConflictingRules(CompilationRefused):
    """Rules of the selected records cannot hold together, and no human has recorded how to live with it."""


class MissingStrategy(CompilationRefused):
    """A record leans on a shared strategy that was not given."""


class UnresolvedReference(CompilationRefused):
    """Product or design intent that a record refers to cannot be had, and its system must not be left out."""


class TargetCannotServe(CompilationRefused):
    """The capability manifest of the target lacks something that this brief needs."""


class RequiredGateLost(TargetCannotServe):
    """The target would not run a gate that the brief requires, and nothing in the repository runs it instead."""


class UnknownTemplate(CompilationRefused):
    """No formation template of this name and version exists."""


class BrokenTemplate(CompilationRefused):
    """A template file does not say what it must."""


class ReservedPayload(CompilationRefused):
    """The payload uses a name that belongs to the request."""


class BudgetTooSmall(CompilationRefused):
    """Not even the fixed part of a prompt fits the phase's token budget."""
