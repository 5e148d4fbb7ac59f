"""Phase templates: one Jinja file for each phase in `templates/`, with a header, rendered into paragraphs (spec 3.3).

A template writes its text in `{% call say([record ids]) %} … {% endcall %}` blocks. Each block becomes a paragraph that
knows the records that caused it; text outside of such blocks is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from alloynb.compiler.prompt_context import Part, PromptContext
from alloynb.compiler.refusal import BrokenTemplate
from alloynb.compiler.wording import one_line, sentence
from runtime_artifacts.prompt_pack import PHASES, Paragraph, Phase

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
_HEADER = re.compile(
    r"\{#\s*version: (?P<version>[1-9]\d{0,5})"
    r"\s+token_budget: (?P<budget>[1-9]\d{0,8})"
    r"\s+uses: (?P<uses>[a-z, ]+?)\s*#\}"
)


@dataclass(frozen=True)
class PhaseTemplate:
    """One phase's template.

    Attributes:
        version: counts every change of what the phase says.
        token_budget: tokens that the phase may use unless someone says otherwise.
        uses: which parts of the context the phase shows.
    """

    phase: Phase
    version: int
    token_budget: int
    uses: frozenset[Part]
    environment: Environment

    @property
    def label(self) -> str:
        """Name and version as a prompt writes them: `execution@1`."""
        return f"{self.phase}@{self.version}"

    def paragraphs(self, context: PromptContext, *, left_out: int) -> tuple[Paragraph, ...]:
        """Render the phase.

        Args:
            left_out: number of records of which something did not fit the budget.

        Raises:
            BrokenTemplate: text stands outside of a paragraph.
        """
        written: list[Paragraph] = []

        def say(record_ids: Iterable[str] = (), *, caller: Callable[[], str]) -> str:
            text = caller().strip()
            if text:
                written.append(Paragraph(text=text, record_ids=tuple(record_ids)))
            return ""

        outside = self.environment.get_template(f"{self.phase}.md.j2").render(
            say=say,
            brief=context,
            records=context.records,
            questions=context.quoted("question"),
            references=context.quoted("reference"),
            observed=context.quoted("observed"),
            left_out=left_out,
            template=self.label,
        )
        if outside.strip():
            raise BrokenTemplate(
                f"{self.phase}: {outside.split()[0]!r} stands outside of a paragraph",
                next_step="put it into a `{% call say() %}` block",
            )
        return tuple(written)


@cache
def load_phase_templates(folder: Path = TEMPLATES) -> dict[Phase, PhaseTemplate]:
    """Read the template of every phase.

    Raises:
        BrokenTemplate: a file is missing, or its header is.
    """
    environment = _environment(folder)
    return {phase: _load(phase, folder / f"{phase}.md.j2", environment) for phase in PHASES}


def _load(phase: Phase, file: Path, environment: Environment) -> PhaseTemplate:
    try:
        header = _HEADER.match(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenTemplate(
            f"cannot be read: {error.strerror}", file=file, next_step="restore the file"
        ) from error
    uses = [each.strip() for each in header["uses"].split(",")] if header else []
    if header is None or not set(uses) <= set(get_args(Part)):
        raise BrokenTemplate(
            "does not begin with its header",
            file=file,
            line=1,
            next_step="begin with a comment that states version, token_budget and uses: "
            f"{', '.join(get_args(Part))}",
        )
    return PhaseTemplate(
        phase=phase,
        version=int(header["version"]),
        token_budget=int(header["budget"]),
        uses=frozenset(cast("list[Part]", uses)),
        environment=environment,
    )


def _environment(folder: Path) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"one_line": one_line, "sentence": sentence}
    return environment
