"""The prompt pack: eight views of one brief, each within its budget, each paragraph with its records (spec 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alloynb.compiler.brief import BriefSections
from alloynb.compiler.phase_template import PhaseTemplate, load_phase_templates
from alloynb.compiler.prompt_context import ContextPiece, PromptContext
from alloynb.compiler.refusal import BudgetTooSmall
from runtime_artifacts.prompt_pack import PHASES, LeftOut, Paragraph, Phase, Prompt, PromptPack

CHARACTERS_PER_TOKEN = 4
_FIRST_ATTEMPT = 16


def estimated_tokens(text: str) -> int:
    """Estimate tokens at four characters each, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def compile_prompts(
    sections: BriefSections, context: PromptContext, budgets: Mapping[Phase, int] | None = None
) -> PromptPack:
    """Render every phase.

    Args:
        context: the brief's content, ranked for prompts.
        budgets: tokens by phase where they shall differ from the phase's own.

    Raises:
        BudgetTooSmall: the fixed part of a phase alone does not fit.
        BrokenTemplate: a phase file does not say what it must.
    """
    templates = load_phase_templates()
    prompts = []
    for phase in PHASES:
        template = templates[phase]
        budget = (budgets or {}).get(phase, template.token_budget)
        prompts.append(_fit(template, context, budget))
    return PromptPack(
        project_id=sections.identity.project_id,
        source_graph_version=sections.identity.source_graph_version,
        prompts=tuple(prompts),
    )


@dataclass(frozen=True)
class _Rendered:
    paragraphs: tuple[Paragraph, ...]
    text: str


def _fit(template: PhaseTemplate, context: PromptContext, budget: int) -> Prompt:
    """Keep as many pieces as fit, in the order of their rank; what does not fit is listed."""
    pieces = [piece for piece in context.pieces if piece.part in template.uses]
    kept, rendered = _longest_prefix(template, context, pieces, budget)
    left_out = tuple(
        LeftOut(
            record_id=piece.record_id,
            reason=f"{piece.words}, rank {rank} of {len(pieces)}: over {budget} tokens",
        )
        for rank, piece in enumerate(pieces[kept:], start=kept + 1)
    )
    named = {id for paragraph in rendered.paragraphs for id in paragraph.record_ids}
    return Prompt(
        phase=template.phase,
        text=rendered.text,
        paragraphs=rendered.paragraphs,
        record_ids=tuple(sorted(named)),
        references=tuple(f"{reference.system}:{reference.ref}" for reference in context.references),
        template=template.label,
        token_budget=budget,
        left_out=left_out,
    )


def _longest_prefix(
    template: PhaseTemplate, context: PromptContext, pieces: Sequence[ContextPiece], budget: int
) -> tuple[int, _Rendered]:
    """Largest number of pieces that fits; one more piece never makes a prompt shorter.

    Doubling, then halving: what is rendered stays in proportion to the budget, however many records there are.
    """
    low, high = 0, len(pieces) + 1  # the first that fits for certain, the first that does not
    best = _render(template, context, pieces[:0], pieces)
    if estimated_tokens(best.text) > budget:
        raise BudgetTooSmall(
            f"{template.phase}: its fixed part takes {estimated_tokens(best.text)} tokens, the budget is {budget}",
            next_step="raise the budget, or shorten the objective",
        )
    attempt_at = min(_FIRST_ATTEMPT, len(pieces))
    while low < attempt_at < high:
        attempt = _render(template, context, pieces[:attempt_at], pieces[attempt_at:])
        if estimated_tokens(attempt.text) <= budget:
            low, best = attempt_at, attempt
        else:
            high = attempt_at
        attempt_at = min(2 * low, len(pieces)) if high > len(pieces) else (low + high) // 2
    return low, best


def _render(
    template: PhaseTemplate,
    context: PromptContext,
    kept: Sequence[ContextPiece],
    left_out: Sequence[ContextPiece],
) -> _Rendered:
    visible = replace(context, pieces=tuple(kept))
    paragraphs = template.paragraphs(visible, left_out=len({piece.record_id for piece in left_out}))
    return _Rendered(paragraphs, "\n\n".join(paragraph.text for paragraph in paragraphs) + "\n")
