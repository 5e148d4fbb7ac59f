"""Which words an agent is given (the Prompt Pack's, else built-in ones), and what it sees as data (spec 3.3, 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from foundry_kernel.agents.fence import fenced
from runtime_artifacts.kinds import read_file
from runtime_artifacts.prompt_pack import PROMPT_PACK, Phase

PACK_FILE = "prompt_pack.json"
BUILT_IN_VERSION = 1


@dataclass(frozen=True)
class ChosenPrompt:
    """The words for one phase, and where they come from.

    Attributes:
        template: name and version of the template, such as `builtin/triage@1`.
        pack_id: id of the prompt pack; empty for built-in words.
        pack_digest: digest of the pack; empty for built-in words.
        record_ids: records that the words speak for, as opaque references.
    """

    phase: Phase
    text: str
    template: str
    pack_id: str = ""
    pack_digest: str = ""
    record_ids: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """Where the words come from, as JSON for the trace."""
        known = {
            "phase": self.phase,
            "template": self.template,
            "prompt_pack_id": self.pack_id,
            "prompt_pack_digest": self.pack_digest,
            "record_ids": list(self.record_ids),
        }
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True)
class Section:
    """Something that an agent is shown beside its instructions.

    Attributes:
        title: heading; ours, never somebody else's text.
        text: what is shown.
        ours: whether it is an instruction of this run. What comes from the repository, a gate or an agent is not: it is
            fenced and labelled as data.
        max_characters: of the text; what is too long loses its middle.
    """

    title: str
    text: str
    ours: bool = False
    max_characters: int = 20_000


def choose_prompt(phase: Phase, artifacts_dir: Path | None) -> ChosenPrompt:
    """Choose the words for a phase.

    Args:
        artifacts_dir: the run's verified copies of the request's artifacts; may be missing, or hold no pack.

    Raises:
        ArtifactError: the pack is there and damaged.
    """
    file = artifacts_dir / PACK_FILE if artifacts_dir is not None else None
    if file is not None and file.exists():
        pack = read_file(PROMPT_PACK, file)
        for prompt in pack.content.prompts:
            if prompt.phase == phase:
                return ChosenPrompt(
                    phase, prompt.text, prompt.template, pack.id, pack.digest, prompt.record_ids
                )
    text = files("foundry_kernel.agents").joinpath("default_prompts", f"{phase}.md").read_text("utf-8")
    return ChosenPrompt(phase, text, f"builtin/{phase}@{BUILT_IN_VERSION}")


def compose_prompt(chosen: ChosenPrompt, sections: Sequence[Section] = ()) -> str:
    """Put the words and what is shown beside them together; sections without text are left out."""
    parts = [chosen.text.strip()]
    for each in sections:
        if each.text.strip():
            shown = each.text.strip() if each.ours else fenced(each.text, each.title, each.max_characters)
            parts.append(f"# {each.title}\n\n{shown}")
    return "\n\n".join(parts) + "\n"
