"""A record is named by its id, its slug, or the beginning of a slug that fits no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.decide_intent import full_id
from alloynb.intent.errors import UnknownRecord
from tests.fakes.alloy_workspace import Governed, governed_shop

BOUNDARY, TOTALS = "shop.intent.vendor-boundary", "shop.intent.totals-are-right"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")


@pytest.mark.parametrize("name", [BOUNDARY, "vendor-boundary", "vendor", "v", "shop.intent.vend"])
def test_each_of_its_names_leads_to_a_record(governed: Governed, name: str) -> None:
    assert full_id(governed.workspace, name) == BOUNDARY


def test_the_name_of_evidence_is_completed_before_its_mark(governed: Governed) -> None:
    assert full_id(governed.workspace, "tot#totals") == f"{TOTALS}#totals"


def test_a_whole_slug_is_that_record_though_others_begin_so(governed: Governed) -> None:
    longer = governed.workspace.intent.get(BOUNDARY).file.with_name("vendor-boundary-too.yaml")
    longer.write_text("id: shop.intent.vendor-boundary-too\n")
    assert full_id(governed.workspace, "vendor-boundary") == BOUNDARY
    with pytest.raises(UnknownRecord, match="could be any of 2") as refused:
        full_id(governed.workspace, "vendor")
    assert "vendor-boundary, vendor-boundary-too" in str(refused.value.next_step)


@pytest.mark.parametrize("name", ["nowhere", "", "../secrets", "other.intent.vendor-boundary", "\0"])
def test_what_nothing_begins_with_names_nothing_else(governed: Governed, name: str) -> None:
    named = full_id(governed.workspace, name)
    assert named in {name, f"shop.intent.{name}"}
    with pytest.raises(UnknownRecord):
        governed.workspace.intent.get(named)


def test_no_name_leads_out_of_the_folder(governed: Governed, tmp_path: Path) -> None:
    standing = governed.workspace.intent.get(BOUNDARY).file
    outside = tmp_path / "outside.yaml"
    outside.write_bytes(standing.read_bytes())
    for name in (f"shop.intent.{outside.with_suffix('')}", "shop.intent...", "shop.intent.a/b"):
        with pytest.raises(UnknownRecord):
            governed.workspace.intent.get(name)
        with pytest.raises(UnknownRecord):
            governed.workspace.intent.document(name)
