"""The nightly notebook refuses what it does not know, shows what is allowed, and ends with one outcome a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.gateways.project_registry import UnknownProject
from foundry_kernel.kernel.parameters import IllTypedParameter, UnknownParameter
from foundry_kernel.runner.nightly import NightDidNotSucceed, NotRun, open_night
from tests.fakes.sample_project import sample_project


class Screen:
    """What a notebook shows, replaced in place."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def __call__(self, what: object) -> Screen:
        self.shown.append(what)
        return self

    def update(self, what: object) -> None:
        """Replace what was shown last."""
        self.shown[-1] = what


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOUNDRY_REGISTRY_PATH", "unset by the notebook")
    project = sample_project(tmp_path / "shop", gates=[])
    file = tmp_path / "registry.json"
    entries: list[dict[str, Any]] = [
        {"name": "shop", "path": str(project.root), "actions": {"maintain": True}},
        {"name": "gone", "path": str(tmp_path / "nowhere"), "actions": {"iterate": True}},
    ]
    file.write_text(json.dumps({"version": 2, "projects": entries}))
    return file


def test_an_unknown_or_ill_typed_parameter_is_refused(registry: Path) -> None:
    with pytest.raises(UnknownParameter, match="did you mean 'registry'"):
        open_night({"registri": str(registry)})
    for names in ({"throttle": 3}, {"throttle": "everything"}, {"projects": "shop"}):
        with pytest.raises(IllTypedParameter):
            open_night({"registry": str(registry), **names})
    with pytest.raises(UnknownProject):
        open_night({"registry": str(registry), "projects": ["shop", "shopp"]})


def test_what_the_registry_allows_is_shown_before_anything_runs(registry: Path) -> None:
    night = open_night({"registry": str(registry)})
    assert "maintain" in repr(night)
    assert "at throttle dry_run" in repr(night)
    with pytest.raises(NotRun):
        night.conclude()


def test_a_night_ends_with_an_error_unless_every_project_succeeded(registry: Path) -> None:
    screen = Screen()
    night = open_night({"registry": str(registry)})
    night.run(screen)
    night.run(screen)
    with pytest.raises(NightDidNotSucceed, match="1 invalid"):
        night.conclude(screen)
    table = str(screen.shown[-1])
    assert "✓  shop     simulated" in table
    assert "✗  gone     invalid" in table
    assert len(screen.shown) == 2, "run once, told once"


def test_projects_are_chosen_by_name_and_findings_may_be_let_pass(registry: Path) -> None:
    chosen = open_night({"registry": str(registry), "projects": ["shop"]})
    chosen.run(Screen())
    chosen.conclude(Screen())
    lenient = open_night({"registry": str(registry), "fail_on_findings": False})
    lenient.run(Screen())
    lenient.conclude(Screen())
