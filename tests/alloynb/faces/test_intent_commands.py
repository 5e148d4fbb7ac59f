"""`alloynb intent`, `export`, `strategy`, `review`: what scripts get, and the exit code that says how it went."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alloynb.application.decide_intent import SetIntentFields, set_intent_fields
from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.workspace import open_workspace
from alloynb.faces.cli import main
from tests.alloynb.archaeology.signals.layered import layered
from tests.fakes.alloy_shop import BOUNDARY, CART
from tests.fakes.alloy_workspace import ADA, Governed, governed_shop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Governed:
    return governed_shop(tmp_path_factory.mktemp("made") / "shop", "vendor-boundary", "totals-are-right")


@pytest.fixture
def root(made: Governed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.shop.root, tmp_path / "shop"))


def call(root: Path, *arguments: str, editor: str = "") -> Result:
    environment = {"ALLOY_PRINCIPAL": "ada", "NO_COLOR": "1", "EDITOR": editor, "VISUAL": editor}
    return CliRunner(env=environment).invoke(main, [*arguments, "-C", str(root)])


def data(root: Path, *arguments: str, code: int = 0) -> Any:
    result = call(root, *arguments, "--json")
    assert result.exit_code == code, result.output
    envelope = json.loads(result.stdout)
    assert set(envelope) == {"success", "data", "error"}
    return envelope["data"] if envelope["success"] else envelope["error"]


def test_export_checks_refuses_and_forces_by_exit_code(root: Path) -> None:
    assert {each["state"] for each in data(root, "export")} == {"absent"}
    assert data(root, "export", "--check") == []
    assert data(root, "export", "agents", "--check", code=1)[0]["state"] == "absent"
    assert data(root, "export", "agents", "charter")[0]["written"] is True
    assert data(root, "export", "--check")[0]["state"] == "current"
    file = root / "AGENTS.md"
    file.write_text(file.read_text().replace("Never", "Perhaps never"))
    assert [each["state"] for each in data(root, "export", "--check", code=1)] == ["edited", "current"]
    assert data(root, "export", "agents", code=3)["type"] == "HandEdited"
    assert "Perhaps never" in file.read_text()
    assert data(root, "export", "agents", "--force")[0]["copy"].endswith("AGENTS.md.edited")
    (root / "CHARTER.md").write_text("# Ours\n")
    assert data(root, "export", "charter", code=3)["type"] == "NotOurs"
    assert data(root, "export", "poster", code=2)["type"] == "UnknownProjection"
    assert call(root, "export", "-o", "x").exit_code == 2


def test_export_prints_what_it_would_write(root: Path) -> None:
    printed = call(root, "export", "agents", "-o", "-").output
    assert printed.startswith("<!-- alloynb export agents: begin")
    assert not (root / "AGENTS.md").exists()
    assert data(root, "export", "agents", "-o", str(root / "docs" / "for-agents.md"))[0]["written"]
    assert (root / "docs" / "for-agents.md").read_text() == printed


def test_why_answers_for_a_line_from_any_folder_and_as_json(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = data(root, "intent", "why", f"{CART}:1")
    assert (answer["path"], answer["line"]) == (CART, 1)
    assert BOUNDARY in {each["id"] for each in answer["governing"]}
    monkeypatch.chdir(root / "shop" / "checkout")
    assert data(root, "intent", "why", "cart.py:1")["path"] == CART
    assert data(root, "intent", "why", str(root / CART))["path"] == CART
    shown = call(root, "intent", "why", f"{CART}:1").output
    assert "through paths: shop/checkout/**" in shown
    assert "nothing was run" in shown


def test_a_record_is_edited_by_fields_by_file_and_never_by_both(root: Path) -> None:
    edited = data(root, "intent", "edit", "vendor-boundary", "--set", "severity=low", "--why", "calmer")
    assert (edited["severity"], edited["version"]) == ("low", 2)
    assert data(root, "intent", "edit", "vendor-boundary", "--set", "severity=low", "--why", "x", code=2)
    wrong = data(root, "intent", "edit", "vendor-boundary", "--set", "severity=awful", "--why", "x", code=2)
    assert "severity" in wrong["message"]
    refused = data(root, "intent", "edit", "vendor-boundary", "--set", "status=active", "--why", "x", code=3)
    assert refused["type"] == "IllegalTransition"
    both = ["--file", str(root / "README.md"), "--set", "title=x", "--why", "x"]
    assert call(root, "intent", "edit", "vendor-boundary", *both).exit_code == 2


def test_a_record_is_written_with_any_field_and_accepted_with_a_word_on_its_rules(root: Path) -> None:
    rule = "{type: forbidden, packages: [shop], sources: [shop.gone], targets: [shop.payments]}"
    texts = [
        f"--{name}=Some words." for name in ("capability", "threat", "expectation", "strategy", "tradeoff")
    ]
    evidence = (
        f"evidence.+={{id: imports, kind: import_boundary, description: Nothing imports it., rule: {rule}}}"
    )
    new = data(root, "intent", "new", "empty-rule", *texts, "--set", evidence, "--set", "owner=ada")
    assert new["status"] == "proposed"
    accepted = data(root, "intent", "accept", "empty-rule", "--why", "we will see")
    assert any("vacuous" in each for each in accepted[0]["weak_rules"])
    assert any("vacuous" in each for each in data(root, "intent", "show", "empty-rule")["weak_rules"])
    assert data(root, "intent", "show", "empty-rule", "--no-look")["weak_rules"] == []
    assert [
        each["id"] for each in data(root, "intent", "list", "--owner", "ada", "--kind", "import_boundary")
    ] == ["shop.intent.empty-rule"]
    assert "`bad-name`" in call(root, "intent", "new", "Bad Name", "--title", "x").output


def test_what_points_at_nothing_is_told_wherever_it_is_listed(root: Path) -> None:
    workspace = open_workspace(root, principal=ADA)
    set_intent_fields(
        workspace, SetIntentFields("vendor-boundary", ("strategy_ref=shop.strategy.gone",), "a mistake")
    )
    assert "vendor-boundary.yaml" in data(root, "strategy", "list", code=1)["dangling"][0]
    assert data(root, "expectation", "list")["dangling"] == []
    assert "there is no such id" in call(root, "intent", "list").output
    assert data(root, "intent", "show", "vendor-boundary", "--no-look", code=1)["missing"] == [
        "shop.strategy.gone"
    ]
    assert data(root, "strategy", "new", "gone", "--set", "name=Gone", "--set", "definition=Back again.")
    assert data(root, "strategy", "list")["strategies"][0]["used_by"][0]["id"] == BOUNDARY


def test_all_that_is_sure_is_accepted_by_one_option(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    for name, text in (
        layered() | {"AGENTS.md": "# Rules\n\nThe service must never import click.\n"}
    ).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    initialize_workspace(InitializeWorkspace(root, "shop"))
    found = discover_intent(open_workspace(root, principal=ADA), DiscoverIntent()).hypotheses
    sure = [each for each in found if each.confidence >= 0.6]
    assert 0 < len(sure) < len(found)
    assert data(root, "review", "--accept-from", "0.6", code=2)["message"].startswith("a reason is missing")
    done = data(root, "review", "--accept-from", "0.6", "--why", "read together")
    assert [each["outcome"] for each in done] == ["accepted"] * len(sure)
    assert len(data(root, "review")) == len(found) - len(sure)
    assert data(root, "review", "--accept-from", "0.99", "--why", "none") == []


@pytest.mark.parametrize("kind", ["intent", "strategy", "expectation"])
def test_what_was_typed_in_an_editor_and_refused_is_kept_and_can_be_taken_up_again(
    root: Path, tmp_path: Path, kind: str
) -> None:
    prepared = tmp_path / "typed.yaml"
    prepared.write_text("tilte: An hour of thought\n")
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ncp "{prepared}" "$1"\n')
    editor.chmod(0o755)
    refused = call(root, kind, "new", "one", editor=str(editor))
    assert refused.exit_code == 2
    assert f"alloynb {kind} new one --file" in refused.output
    kept = root / ".alloy" / "cache" / "unsaved" / "one.yaml"
    assert kept.read_text() == prepared.read_text()
    good = {
        "intent": "title: An hour of thought\n",
        "strategy": "name: An hour\ndefinition: of thought\n",
        "expectation": "statement: An hour of thought\n",
    }
    kept.write_text(good[kind])
    assert data(root, kind, "new", "one", "--file", str(kept))["id"] == f"shop.{kind}.one"
    prepared.write_text("- broken")
    assert (
        call(
            root, kind, "edit", "one", *(["--why", "x"] if kind == "intent" else []), editor=str(editor)
        ).exit_code
        == 2
    )
    assert kept.read_text() == "- broken"
