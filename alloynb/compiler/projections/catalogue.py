"""The catalogue: every accepted record whole, with the shared expectations and strategies."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.compiler.projection import ProjectedIntent, Projection, in_markdown
from alloynb.compiler.wording import observation_words, one_line, sentence
from alloynb.intent.record import FIVE_TEXTS, IntentRecord
from alloynb.intent.review_trigger import DateTrigger, ReviewTrigger


def _compile(intent: ProjectedIntent) -> str:
    return "\n".join(_lines(intent)) + "\n"


def _lines(intent: ProjectedIntent) -> Iterator[str]:
    yield f"# Intent catalogue of {in_markdown(intent.title)}"
    yield ""
    if not intent.records:
        yield "No intent was accepted yet."
        return
    yield "| record | severity | capability | evidence | owner |"
    yield "| --- | --- | --- | ---: | --- |"
    for record in intent.records:
        cells = (
            f"[{_cell(record.title)}](#{record.slug})",
            record.severity,
            _cell(record.capability or ""),
            str(len(record.evidence)),
            _cell(record.owner or "–"),
        )
        yield f"| {' | '.join(cells)} |"
    for record in intent.records:
        yield from ("", *_record(record))
    if intent.expectations:
        yield from ("", "## Shared expectations")
        for expectation in intent.expectations.values():
            horizon = f", {in_markdown(expectation.time_horizon)}" if expectation.time_horizon else ""
            yield ""
            yield (
                f"- {in_markdown(sentence(expectation.statement))} (`{expectation.id}`, "
                f"confidence {expectation.confidence:.2f}{horizon}; used by "
                f"{_users(intent, 'expectation_ref', expectation.id)})"
            )
    if intent.strategies:
        yield from ("", "## Shared strategies")
        for strategy in intent.strategies.values():
            yield ""
            yield (
                f"- **{in_markdown(strategy.name)}**: {in_markdown(sentence(strategy.definition))} (`{strategy.id}`; "
                f"used by {_users(intent, 'strategy_ref', strategy.id)})"
            )
            yield from (f"  - fails when: {in_markdown(sentence(mode))}" for mode in strategy.failure_modes)
            yield from (f"  - not followed: {in_markdown(sentence(text))}" for text in strategy.exceptions)


def _record(record: IntentRecord) -> Iterator[str]:
    yield f'## <a id="{record.slug}"></a>{in_markdown(record.title)}'
    yield ""
    yield f"`{record.id}`, version {record.version}, severity {record.severity}"
    yield ""
    for name in FIVE_TEXTS:
        yield f"- **{name}**: {in_markdown(sentence(getattr(record, name) or ''))}"
    scope = [
        f"{name} {', '.join(f'`{in_markdown(each)}`' for each in found)}"
        for name in ("paths", "modules", "technology", "interactions")
        if (found := getattr(record.scope, name))
    ]
    scope += [f"product area {in_markdown(record.scope.product_area)}"] if record.scope.product_area else []
    yield f"- **scope**: {'; '.join(scope) or 'the whole project'}"
    for definition in record.evidence:
        need = "required" if definition.required else "suggested"
        yield (
            f"- **evidence** `{definition.global_id(record.id)}` ({definition.kind.replace('_', ' ')}, {need}): "
            f"{in_markdown(sentence(definition.description))} Seen when {in_markdown(observation_words(definition))}."
        )
    for link in record.relationships:
        notes = f": {in_markdown(link.notes)}" if link.notes else ""
        settled = " (settled)" if link.resolution is not None else ""
        yield f"- **{link.type.replace('_', ' ')}** `{link.target}`{settled}{notes}"
    yield from (f"- **look again** {_trigger(trigger)}" for trigger in record.review_triggers)
    if record.supersedes is not None:
        yield f"- **supersedes** `{record.supersedes}`"


def _trigger(trigger: ReviewTrigger) -> str:
    when = (
        f"on {trigger.date.isoformat()}"
        if isinstance(trigger, DateTrigger)
        else f"when `{in_markdown(trigger.sql)}`"
    )
    return f"{when}: {in_markdown(trigger.why)}" if trigger.why else when


def _users(intent: ProjectedIntent, field: str, shared_id: str) -> str:
    return ", ".join(f"`{record.id}`" for record in intent.records if getattr(record, field) == shared_id)


def _cell(text: str) -> str:
    return in_markdown(one_line(text)).replace("|", "\\|")


PROJECTION = Projection(
    "catalogue", "every accepted record whole", ".alloy/projections/catalogue.md", "<!--", True, _compile
)
