"""A brief as a reviewer reads it: the verdict first, then what changed, what it runs, what it protects."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.review_brief import BriefReview

NOTHING = "Nothing can be compiled yet"


class ReviewCard(Shown):
    """What a human needs to decide on a brief."""

    def __init__(self, review: BriefReview) -> None:
        self.value = review

    def html(self) -> str:
        """Verdict, differences, facts, protected capabilities, questions."""
        review, content = self.value, self.value.contents.brief
        protects = (
            (markup.prose(each.statement), each.severity, markup.code(each.record_id))
            for each in content.protected_capabilities
        )
        return markup.whole(
            "Brief review",
            markup.verdict(is_ready(review), review.verdict, escape(content.identity.title)),
            *(f"<p>· {markup.prose(each)}</p>" for each in changes_of(review)),
            markup.terms(((name, markup.code(told)) for name, told in facts_of(review)), "What would run"),
            markup.table("What this brief protects", ("Capability", "Severity", "Record"), protects),
            *(f"<p>? {markup.prose(each)}</p>" for each in content.relevant_intent.open_questions),
        )

    def text(self) -> str:
        """The same, one fact a line."""
        review, content = self.value, self.value.contents.brief
        protects = (
            (each.severity, each.record_id, each.statement) for each in content.protected_capabilities
        )
        return "\n".join(
            [
                f"{'✔' if is_ready(review) else '✖'} {review.verdict}",
                f"  {content.identity.title}",
                *(f"  · {each}" for each in changes_of(review)),
                *(f"  {name:<10} {told}" for name, told in facts_of(review)),
                columns(("severity", "record", "protects"), protects, indent="  "),
                *(f"? {each}" for each in content.relevant_intent.open_questions),
            ]
        )


class NoReview(Shown):
    """Why there is no brief to review."""

    def __init__(self, why: str) -> None:
        self.value = why

    def html(self) -> str:
        """The verdict alone."""
        return markup.whole("Brief review", markup.verdict(False, NOTHING, markup.prose(self.value)))

    def text(self) -> str:
        """The same in two lines."""
        return f"✖ {NOTHING}\n  {self.value}"


def is_ready(review: BriefReview) -> bool:
    """Whether nothing stands against deciding on it."""
    return review.verdict.startswith("Ready")


def changes_of(review: BriefReview) -> tuple[str, ...]:
    """What is missing, out of date, or different from the brief that was approved last."""
    return (*review.lacks, *review.source_changes, *review.differences)


def facts_of(review: BriefReview) -> list[tuple[str, str]]:
    """What would run, with which access, in words."""
    content = review.contents.brief
    controls, formation = content.foundry, content.agent_formation
    roles = [f"{role.name} ({role.access.replace('_', ' ')})" for role in formation.roles]
    delivers = ["commits to a branch of its own"] if controls.commit_allowed else []
    delivers += ["pushes it"] if controls.push_allowed else []
    items = len(review.contents.evidence_plan.items)
    gates = ", ".join(gate.name for gate in review.contents.gate_overlay.gates)
    return [
        ("brief", review.brief.id),
        ("digest", review.brief.digest),
        ("state", review.state or "a preview, not laid down"),
        ("objective", content.mission.objective),
        ("runs", f"{controls.entry_event} at throttle {controls.throttle}"),
        ("access", ", ".join(roles) or "no agent takes part"),
        ("delivers", ", ".join(delivers) or "nothing is committed"),
        ("gates", gates or "none beyond the repository's"),
        ("evidence", f"{items} definition{'' if items == 1 else 's'}, pinned"),
    ]
