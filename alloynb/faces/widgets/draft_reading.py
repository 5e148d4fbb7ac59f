"""What is told beside the fields of a draft: faults, questions of the truism check, how far a scope reaches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alloynb.application.check_draft import ReadDraft, read_draft
from alloynb.errors import AlloyError

if TYPE_CHECKING:
    from alloynb.application.preview_scope import ScopePreview
    from alloynb.application.workspace import Workspace

_MOST_TOLD = 60


class DraftDesk:
    """Reads drafts of one workspace again and again, as somebody writes; files are listed once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @cached_property
    def scope(self) -> ScopePreview | None:
        """The files of the repository, or None when they cannot be listed: a form works without."""
        from alloynb.application.preview_scope import preview_scope

        try:
            return preview_scope(self.workspace)
        except AlloyError:
            return None

    def suggestions(self) -> dict[str, list[str]]:
        """What is offered while somebody writes a scope."""
        found = self.scope
        return {"paths": list(found.folders), "modules": list(found.modules)} if found else {}

    def read(self, fields: Mapping[str, Any], slug: str = "draft") -> tuple[ReadDraft, dict[str, Any]]:
        """Read a draft.

        Returns:
            The draft as a record, and what a form tells of it as plain JSON.
        """
        from alloynb.application.preview_scope import reach_of_fields

        found = read_draft(self.workspace, fields, slug=slug or "draft")
        notes = reach_of_fields(self.scope, fields.get("scope")) if self.scope else {}
        return found, {
            "faults": [
                _beside(".".join(map(str, each.place)), each.told) for each in found.faults[:_MOST_TOLD]
            ],
            "questions": [
                {"place": each.field, "text": each.told, "more": each.question} for each in found.truisms
            ],
            "notes": {f"scope.{place}": told for place, told in notes.items()},
            "lacks_to_propose": list(found.lacks_to_propose),
            "lacks_to_accept": list(found.lacks_to_accept),
        }


def _beside(place: str, told: str) -> dict[str, Any]:
    """A fault as it is told beside its field, which need not be named again."""
    missing = told == f"{place!r} is missing"
    return {
        "place": place,
        "text": "is missing" if missing else told.removeprefix(f"{place}: "),
        "missing": missing,
    }
