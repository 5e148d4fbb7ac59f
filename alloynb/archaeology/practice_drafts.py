"""Practices as subjects: habits and checks that are not import boundaries (spec 2.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alloynb.archaeology.observation import INFERRED, Draft, Subject

_EVERY_DAYS = 180


def practice_subject(
    kind: str,
    names: Sequence[str],
    texts: Mapping[str, str],
    *,
    evidence: Sequence[Mapping[str, Any]] = (),
    paths: Sequence[str] = (),
    modules: Sequence[str] = (),
    questions: Sequence[str] = (),
    standing: int = INFERRED,
    severity: str = "medium",
    called: str = "",
) -> Subject:
    """A practice with its texts: title, capability, threat, expectation, strategy, tradeoff.

    Args:
        evidence: definitions; a question for the maintainers when none is given.
        called: what its authors call it; observed text, shown in a review only.
    """
    draft = Draft(
        title=texts["title"],
        capability=texts["capability"],
        threat=texts["threat"],
        expectation=texts["expectation"],
        strategy=texts["strategy"],
        tradeoff=texts["tradeoff"],
        evidence=tuple(evidence) or (asked(f"Does this still hold: {texts['strategy']}"),),
        modules=tuple(modules),
        paths=tuple(paths),
        questions=tuple(questions),
        severity=severity,
        called=called,
    )
    return Subject(kind, tuple(names), draft, None, standing)


def asked(question: str, role: str = "maintainer") -> Mapping[str, Any]:
    """Evidence that only a person can give."""
    return {
        "id": "review",
        "kind": "human_review",
        "description": "A person who knows the code answers.",
        "required": False,
        "question": question,
        "role": role,
        "expires_days": _EVERY_DAYS,
    }


def gated(name: str, command: Sequence[str], description: str) -> Mapping[str, Any]:
    """Evidence that a command of the project gives."""
    slug = "".join(
        character if character.isalnum() and character.isascii() else "-" for character in name.lower()
    )
    slug = "-".join(part for part in slug.split("-") if part)[:60] or "gate"
    gate = {"name": slug, "command": list(command), "mode": "required_for_dry_run"}
    return {"id": slug, "kind": "gate", "description": description, "required": True, "gate": gate}


def covered_by_tests(
    tests: Sequence[str], description: str, without: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Evidence that tests give."""
    test: dict[str, Any] = {"tests": list(tests)}
    if without:
        test["without"] = list(without)
    return {"id": "tests", "kind": "test", "description": description, "required": True, "test": test}
