"""One intent record in a notebook: what it says, what would prove it, and what it leaves unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.shown import Shown
from alloynb.intent.record import FIVE_TEXTS, IntentRecord

if TYPE_CHECKING:
    from alloynb.application.check_draft import Truism


class RecordCard(Shown):
    """A record, or the fields of a draft, as a person reads it."""

    def __init__(
        self,
        record: IntentRecord | Mapping[str, Any],
        truisms: Iterable[Truism] = (),
        *,
        status: str = "draft",
    ) -> None:
        self.value = record
        self.truisms = tuple(truisms)
        self._fields: dict[str, Any] = {}
        self._status: str = status
        if isinstance(record, IntentRecord):
            self._fields = record.model_dump(mode="json", exclude_defaults=True)
            self._status = record.status
        else:
            self._fields = dict(record)

    def html(self) -> str:
        """Title, the six texts, evidence, scope, sources, open questions."""
        pairs = [(name, markup.prose(each)) for name, each in self._texts()]
        pairs += [(name, markup.lines(*map(markup.prose, told))) for name, told in self._lists() if told]
        return markup.whole(
            "Intent record",
            f"<strong>{markup.prose(self._title())}</strong> {markup.pill(self._status)} "
            + markup.quiet(markup.code(str(self._fields.get("id", "")))),
            markup.terms(pairs, "What it says"),
            *(
                f"<p>? {escape(each.field)}: {markup.prose(each.told)}. {markup.prose(each.question)}</p>"
                for each in self.truisms
            ),
        )

    def text(self) -> str:
        """The same, one fact a line."""
        name = f"  {self._fields['id']}" if "id" in self._fields else ""
        return "\n".join(
            [
                f"{markup.MARKS.get(self._status, '·')} {self._status}: {self._title()}{name}",
                *(f"  {label:<12} {each}" for label, each in self._texts()),
                *(f"  {label:<12} {each}" for label, told in self._lists() for each in told),
                *(f"? {each.field}: {each.told}. {each.question}" for each in self.truisms),
            ]
        )

    def _title(self) -> str:
        return str(self._fields.get("title") or "(no title yet)")

    def _texts(self) -> list[tuple[str, str]]:
        return [(name, str(self._fields[name])) for name in FIVE_TEXTS if self._fields.get(name)]

    def _lists(self) -> list[tuple[str, list[str]]]:
        scope = self._fields.get("scope")
        scope = scope if isinstance(scope, dict) else {}
        reach = [f"`{each}`" for name in ("paths", "modules", "technology") for each in _list(scope, name)]
        evidence = [
            f"`{each.get('id', '?')}` ({str(each.get('kind', '?')).replace('_', ' ')}): {each.get('description', '')}"
            for each in _list(self._fields, "evidence")
        ]
        sources = [
            f"{str(each.get('source_type', '?')).replace('_', ' ')}: {each.get('ref', '')}"
            for each in _list(self._fields, "sources")
        ]
        return [
            ("evidence", evidence),
            ("scope", [", ".join(reach)] if reach else []),
            ("severity", [str(self._fields.get("severity", "medium"))]),
            ("sources", sources),
        ]


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return [each for each in found if each] if isinstance(found, list) else []
