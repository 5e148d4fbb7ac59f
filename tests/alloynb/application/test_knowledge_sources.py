"""What a project already wrote down is a source of hypotheses, never accepted intent; what we wrote is no source."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from alloynb.application.discover_intent import DiscoverIntent, discover_intent, hypothesis_store
from alloynb.application.export_projections import ExportProjection, export_projection
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.archaeology.projected import without_projections
from alloynb.compiler.projected_region import framed
from alloynb.compiler.projection import collect_projections
from tests.alloynb.archaeology.signals.layered import layered
from tests.fakes.alloy_workspace import ADA, governed_shop

SOURCES = {
    ".importlinter": "[importlinter]\nroot_package = shop\n\n[importlinter:contract:core]\n"
    "name = The store knows no web\ntype = forbidden\nsource_modules = shop.store\nforbidden_modules = shop.web\n",
    "tach.toml": 'source_roots = ["."]\n\n[[modules]]\npath = "shop.store"\ndepends_on = ["shop.errors"]\n',
    "CODEOWNERS": "* @all\n/shop/store/ @money\n",
    "AGENTS.md": "# Rules\n\nNever change the tests of payment to make them pass.\n",
    "docs/adr/0001-ports.md": "# 1. Ports isolate the store\n\nStatus: accepted\n\nWe decouple the domain from the "
    "store behind a boundary.\nThe interface isolates it, so that it stays stable.\n",
}


def governed(root: Path, files: dict[str, str]) -> Workspace:
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    initialize_workspace(InitializeWorkspace(root, "shop"))
    return open_workspace(root, principal=ADA)


def test_contracts_owners_rules_and_decisions_are_hypotheses_with_their_place_and_bind_nobody(
    tmp_path: Path,
) -> None:
    workspace = governed(tmp_path / "shop", layered() | SOURCES)
    found = discover_intent(workspace, DiscoverIntent(limit=200))
    places = {each.path for hypothesis in found.hypotheses for each in hypothesis.observed if each.supports}
    assert set(SOURCES) <= places
    for hypothesis in found.hypotheses:
        for each in hypothesis.observed:
            assert each.commit or each.path, hypothesis.title
            if each.path is not None:
                assert each.line is not None, f"{hypothesis.title}: {each.ref}"
                lines = (workspace.root / each.path).read_text().splitlines()
                assert 1 <= each.line <= max(1, len(lines)), each.ref
    assert workspace.intent.load_all() == ()
    assert len(hypothesis_store(workspace).load_all()) == len(found.hypotheses)


def test_what_we_exported_ourselves_confirms_nothing(tmp_path: Path) -> None:
    workspace = governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right").workspace

    def seen() -> set[str]:
        found = discover_intent(workspace, DiscoverIntent(limit=200, keep=False))
        return {each.ref for hypothesis in found.hypotheses for each in hypothesis.observed}

    (workspace.root / "AGENTS.md").write_text("Never sell on credit.\n")
    before = seen()
    for name in collect_projections():
        export_projection(workspace, ExportProjection(name, join=True))
    export_projection(workspace, ExportProjection("codeowners", workspace.root / "CODEOWNERS"))
    assert seen() == before


@pytest.mark.parametrize("name", sorted(collect_projections()))
def test_the_mark_that_is_written_is_the_mark_that_is_passed_over(name: str) -> None:
    region = framed(collect_projections()[name], "Never do this.\n\nOnly that.\n").decode()
    text = f"above\n{region}below\n"
    left = without_projections(text)
    assert "Never" not in left
    assert left.splitlines()[0] == "above"
    assert left.splitlines()[-1] == "below"
    assert len(left.splitlines()) == len(text.splitlines())
