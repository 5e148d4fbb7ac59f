"""`CHARTER.md`: what this project must stay able to do, and what it pays for that."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.compiler.projection import ProjectedIntent, Projection, in_markdown
from alloynb.compiler.wording import observation_words, sentence
from alloynb.intent.record import IntentRecord

_HEADINGS = {"high": "What must not be lost", "medium": "What matters", "low": "What is good to keep"}


def _compile(intent: ProjectedIntent) -> str:
    return "\n".join(_lines(intent)) + "\n"


def _lines(intent: ProjectedIntent) -> Iterator[str]:
    yield f"# Charter of {in_markdown(intent.title)}"
    yield ""
    if not intent.records:
        yield "No intent was accepted yet: nothing is promised here."
        return
    yield (
        "What people here agreed on. Each judgement names what must stay possible, what erodes it, what we do about "
        "it, and what that costs."
    )
    heading = ""
    for record in intent.records:
        if _HEADINGS[record.severity] != heading:
            heading = _HEADINGS[record.severity]
            yield from ("", f"## {heading}")
        yield from ("", *_record(record))


def _record(record: IntentRecord) -> Iterator[str]:
    yield f"### {in_markdown(record.title)}"
    yield ""
    yield f"{in_markdown(sentence(record.capability or ''))} (`{record.id}`)"
    yield ""
    yield f"- **Eroded by**: {in_markdown(sentence(record.threat or ''))}"
    yield f"- **Because**: {in_markdown(sentence(record.expectation or ''))}"
    yield f"- **So we**: {in_markdown(sentence(record.strategy or ''))}"
    yield f"- **And pay**: {in_markdown(sentence(record.tradeoff or ''))}"
    for definition in record.evidence:
        need = "Proved when" if definition.required else "Supported when"
        yield f"- **{need}** {in_markdown(observation_words(definition))} (`{definition.global_id(record.id)}`)"


PROJECTION = Projection(
    "charter", "what must stay possible, and its price", "CHARTER.md", "<!--", True, _compile
)
