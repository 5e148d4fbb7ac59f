"""Prompt Pack: what each agent phase is told (spec 3.3)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from runtime_artifacts.content import Content, Digest, Timestamp
from runtime_artifacts.envelope import Kind

Phase = Literal[
    "assessment", "triage", "planning", "execution", "review", "retry", "summarization", "intent_feedback"
]
PHASES: tuple[Phase, ...] = (
    "assessment",
    "triage",
    "planning",
    "execution",
    "review",
    "retry",
    "summarization",
    "intent_feedback",
)


class LeftOut(Content):
    """Context that did not fit the budget."""

    record_id: str
    reason: str


class Paragraph(Content):
    """One piece of a prompt and the records that caused it."""

    text: str
    record_ids: tuple[str, ...] = ()


class Prompt(Content):
    """One phase's view of the brief.

    Attributes:
        text: the whole prompt, as an agent reads it.
        paragraphs: the same text in pieces, each with the records that caused it.
        token_budget: tokens that the phase may use, estimated at four characters a token.
        left_out: context that was ranked out, so that nothing disappears silently.
    """

    phase: Phase
    text: str
    paragraphs: tuple[Paragraph, ...] = ()
    record_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    template: str
    token_budget: int = Field(ge=1)
    left_out: tuple[LeftOut, ...] = ()


class HumanEdit(Content):
    """A human's change of one phase, recorded in the pack that it made.

    Attributes:
        edits_pack: digest of the pack as it was before.
        difference: unified difference of the phase's text.
    """

    phase: Phase
    edited_by: str
    edited_at: Timestamp
    why: str
    edits_pack: Digest
    difference: str = ""


class PromptPack(Content):
    """Content of `alloy.prompt_pack.v1`.

    The pack does not name its brief: the brief names the pack by digest. Whoever materializes a prompt writes the
    brief's id and digest into its header.
    """

    project_id: str
    source_graph_version: Digest
    prompts: tuple[Prompt, ...]
    human_edits: tuple[HumanEdit, ...] = ()

    @model_validator(mode="after")
    def _phases_are_unique(self) -> Self:
        phases = [prompt.phase for prompt in self.prompts]
        for phase in PHASES:
            if phases.count(phase) > 1:
                raise ValueError(f"two prompts are for the phase {phase!r}")
        return self


PROMPT_PACK = Kind("alloy.prompt_pack", "prompt_pack", PromptPack, compiled=True)
