"""An approval is signed where its owner's key is, and taken in anywhere: only the signature counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from alloynb.application.approve_brief import ApproveBrief, approve_brief
from alloynb.application.trust_keys import TrustKey, trust_key
from runtime_artifacts.approval import APPROVAL
from tests.fakes.api_server import Api
from tests.fakes.governed import Governed


def signed(here: Governed, days: float = 7) -> dict[str, Any]:
    """An approval as it lies on ada's machine, and not here."""
    trust_key(here.workspace, TrustKey(), here.keys)
    command = ApproveBrief(here.compiled().id, ("dry_run",), "looked at it", expires_in_days=days)
    made = approve_brief(here.workspace, command, here.keys)
    document = json.loads(made.file.read_bytes())
    made.file.unlink()
    return dict(document)


def test_a_signed_approval_is_taken_in_once(api: Api, here: Governed) -> None:
    here.clock.now = datetime.now(UTC)
    document = signed(here)
    first = api.data("POST", "projects/shop/approvals", {"approval": document})
    again = api.data("POST", "projects/shop/approvals", {"approval": document})
    assert first["approval"]["id"] == again["approval"]["id"] == document["id"]
    assert [each.id for each in here.workspace.shelf.all(APPROVAL)] == [document["id"]]


def test_an_approval_that_was_changed_forged_or_is_over_is_refused_and_leaves_nothing(
    api: Api, here: Governed
) -> None:
    document = signed(here, days=0.001)
    told = api.error(403, "POST", "projects/shop/approvals", {"approval": document})
    assert "expired" in told["message"]
    wider = json.loads(json.dumps(document))
    wider["content"]["scopes"] = ["dry_run", "mutation"]
    assert api.error(403, "POST", "projects/shop/approvals", {"approval": wider})["type"] == "DigestMismatch"
    assert "schema" in api.error(422, "POST", "projects/shop/approvals", {"approval": {"id": "x"}})["message"]
    assert list(here.workspace.shelf.all(APPROVAL)) == []
