"""A compiled brief: what it protects, what it runs, and the prompts that agents would read."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from runtime_artifacts.envelope import Artifact
    from runtime_artifacts.evidence_plan import EvidencePlan
    from runtime_artifacts.formation_brief import FormationBrief
    from runtime_artifacts.gate_overlay import GateOverlay
    from runtime_artifacts.prompt_pack import Phase, Prompt, PromptPack


class Formation(Protocol):
    """The four artifacts of one compilation."""

    @property
    def brief(self) -> Artifact[FormationBrief]:
        """The brief, which names the other three by digest."""

    @property
    def prompt_pack(self) -> Artifact[PromptPack]:
        """What each agent phase is told."""

    @property
    def gate_overlay(self) -> Artifact[GateOverlay]:
        """Gates beside the repository's own."""

    @property
    def evidence_plan(self) -> Artifact[EvidencePlan]:
        """Which evidence counts, pinned."""


class BriefCard(Shown):
    """A brief as a person reads it before a run."""

    def __init__(self, formation: Formation, *, prompt: Phase | None = None) -> None:
        """Show `formation`; `prompt` names a phase whose prompt is shown too."""
        self.value = formation
        self.prompt = prompt

    def html(self) -> str:
        """Terms, the capabilities as a table, the prompt folded away."""
        brief = self.value.brief
        content = brief.content
        rows = (
            (markup.prose(each.statement), each.severity, markup.code(each.record_id))
            for each in content.protected_capabilities
        )
        pairs = [(name, markup.code(value)) for name, value in self._facts()]
        pairs.insert(1, ("objective", markup.prose(content.mission.objective)))
        questions = "".join(
            f"<p>? {markup.prose(each)}</p>" for each in content.relevant_intent.open_questions
        )
        shown = self._shown_prompt()
        prompt = (
            markup.folded(f"Prompt of the phase {shown.phase}", markup.listing(shown.text)) if shown else ""
        )
        return markup.whole(
            "Formation brief",
            f"<strong>{escape(content.identity.title)}</strong>",
            markup.terms(pairs),
            markup.table("What this brief protects", ("Capability", "Severity", "Record"), rows),
            questions,
            prompt,
        )

    def text(self) -> str:
        """The same, one fact a line."""
        content = self.value.brief.content
        rows = ((each.severity, each.record_id, each.statement) for each in content.protected_capabilities)
        told = [
            content.identity.title,
            *(f"  {name:<14} {value}" for name, value in self._facts()),
            f"  objective      {content.mission.objective}",
            columns(("severity", "record", "protects"), rows, indent="  "),
            *(f"? {each}" for each in content.relevant_intent.open_questions),
        ]
        shown = self._shown_prompt()
        if shown:
            told += [f"Prompt of the phase {shown.phase}:", shown.text]
        return "\n".join(told)

    def _facts(self) -> list[tuple[str, str]]:
        brief, formation = self.value.brief, self.value
        controls = brief.content.foundry
        gates = ", ".join(gate.name for gate in formation.gate_overlay.content.gates) or "none"
        return [
            ("brief", brief.id),
            ("digest", brief.digest),
            ("runs", f"{controls.entry_event} at throttle {controls.throttle}"),
            ("agents", brief.content.agent_formation.pattern),
            ("gates it adds", gates),
            ("evidence", f"{len(formation.evidence_plan.content.items)} definitions, pinned"),
            ("prompts", ", ".join(prompt.phase for prompt in formation.prompt_pack.content.prompts)),
        ]

    def _shown_prompt(self) -> Prompt | None:
        if self.prompt is None:
            return None
        prompts = {each.phase: each for each in self.value.prompt_pack.content.prompts}
        if self.prompt not in prompts:
            raise ValueError(f"no prompt of the phase {self.prompt!r}; there are: {', '.join(prompts)}")
        return prompts[self.prompt]
