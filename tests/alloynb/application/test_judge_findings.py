"""An import counts as one for annotations only where a program that runs never meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.judge_findings import judge_findings
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from tests.fakes.alloy_shop import CART, FILES, FORBIDDEN_IMPORT
from tests.fakes.alloy_workspace import governed_shop


@pytest.mark.parametrize(
    ("asked", "is_for_types"),
    [
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:", True),
        ("import typing as t\nif t.TYPE_CHECKING:", True),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:", False),
        ("from typing import TYPE_CHECKING\nimport os\nif os.environ.get('LIVE') or TYPE_CHECKING:", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:", False),
        ("from typing import TYPE_CHECKING\nNO_TYPE_CHECKING = True\nif NO_TYPE_CHECKING:", False),
    ],
)
def test_only_what_never_runs_is_for_annotations(tmp_path: Path, asked: str, is_for_types: bool) -> None:
    governed = governed_shop(tmp_path / "shop", "vendor-boundary")
    governed.shop.write(CART, f"{asked}\n    {FORBIDDEN_IMPORT}\n{FILES[CART]}")
    governed.shop.commit("Annotate")
    (judged,) = judge_findings(governed.workspace, look_for_drift(governed.workspace, LookForDrift()))
    assert any(each.name == "for_types_alone" for each in judged.verdict.clues) is is_for_types
    assert (judged.verdict.leaning == "refactor_keeps_intent") is is_for_types
