"""`AGENTS.md`: what an agent must know before it touches a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alloynb.compiler.projection import ProjectedIntent, Projection, in_markdown
from alloynb.compiler.wording import moves_against, sentence
from alloynb.intent.record import IntentRecord

_EVERYWHERE = "Everywhere"


def _compile(intent: ProjectedIntent) -> str:
    return "\n".join(_lines(intent)) + "\n"


def _lines(intent: ProjectedIntent) -> Iterator[str]:
    yield f"# Intent that governs {in_markdown(intent.title)}"
    yield ""
    if not intent.records:
        yield "No intent was accepted yet."
        return
    yield (
        "People accepted this. Keep to it where the headings say, and leave its evidence as strong as it is; what "
        "stands in `.alloy/` is not yours to change. When a task cannot be done within it, stop and say which record "
        "is in the way."
    )
    yield ""
    yield "`alloynb intent why PATH:LINE` names what governs one line, `alloynb drift` says whether it holds."
    by_id = {record.id: record for record in intent.records}
    told: set[str] = set()
    for heading, ids in _places(intent.records):
        yield from ("", f"## {heading}")
        for record_id in ids:
            yield from (
                "",
                *(_brief(by_id[record_id]) if record_id in told else _whole(intent, by_id[record_id])),
            )
            told.add(record_id)


def _places(records: Iterable[IntentRecord]) -> list[tuple[str, list[str]]]:
    """Headings in the order of their paths, what holds everywhere first, each with the records that speak there."""
    found: dict[str, list[str]] = {}
    for record in records:
        scope = record.scope
        excepted = [pattern.removeprefix("!") for pattern in scope.paths if pattern.startswith("!")]
        but = f" but {_codes(excepted)}" if excepted else ""
        names = [f"`{in_markdown(path)}`{but}" for path in scope.paths if not path.startswith("!")]
        names += [f"module `{in_markdown(module)}`" for module in scope.modules] if not names else []
        for name in dict.fromkeys(names or [_EVERYWHERE]):
            found.setdefault(name, []).append(record.id)
    return sorted(
        found.items(), key=lambda each: (each[0] != _EVERYWHERE, each[0].startswith("module"), each[0])
    )


def _whole(intent: ProjectedIntent, record: IntentRecord) -> Iterator[str]:
    yield f"### {in_markdown(record.title)} (`{record.id}`, {record.severity})"
    yield ""
    yield f"- Keep: {in_markdown(sentence(record.capability or ''))}"
    yield f"- Prefer: {in_markdown(sentence(record.strategy or ''))}"
    shared = intent.strategies.get(record.strategy_ref or "")
    if shared is not None:
        yield f"- {in_markdown(shared.name)} here means: {in_markdown(sentence(shared.definition))} (`{shared.id}`)"
        for mode in shared.failure_modes:
            yield f"- It goes wrong like this: {in_markdown(sentence(mode))} (`{shared.id}`)"
        for place in shared.examples:
            yield f"- See `{in_markdown(place)}` (`{shared.id}`)"
    yield f"- Look out for: {in_markdown(sentence(record.threat or ''))}"
    for definition in record.evidence:
        for move in moves_against(definition):
            need = "Never" if definition.required else "Better not"
            yield f"- {need}: {in_markdown(move)} (`{definition.global_id(record.id)}`)"
    yield f"- The price is accepted: {in_markdown(sentence(record.tradeoff or ''))}"


def _brief(record: IntentRecord) -> Iterator[str]:
    yield f"- {in_markdown(record.title)}, as above (`{record.id}`)"


def _codes(paths: Iterable[str]) -> str:
    return ", ".join(f"`{in_markdown(path)}`" for path in paths)


PROJECTION = Projection(
    "agents", "what an agent must know, path by path", "AGENTS.md", "<!--", True, _compile
)
