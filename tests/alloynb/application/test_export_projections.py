"""Exporting writes what accepted intent says, and never over what a hand wrote."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alloynb.application.decide_intent import DecideIntent, decide_intent
from alloynb.application.export_projections import (
    CheckProjections,
    ExportProjection,
    HandEdited,
    NotOurs,
    UnknownProjection,
    check_projections,
    export_projection,
    list_projections,
    project_intent,
)
from alloynb.application.workspace import Workspace
from alloynb.compiler.projected_region import DamagedMark
from alloynb.errors import AlloyError
from alloynb.intent.errors import UnsafeIntentPath
from tests.fakes.alloy_workspace import governed_shop


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right").workspace


def states(workspace: Workspace) -> dict[str, str]:
    return {each.name: each.state for each in check_projections(workspace, CheckProjections())}


def test_an_export_is_written_once_and_is_up_to_date_from_then_on(workspace: Workspace) -> None:
    first = export_projection(workspace, ExportProjection("agents"))
    assert (first.state, first.written, first.file) == ("absent", True, workspace.root / "AGENTS.md")
    facts = first.file.stat()
    again = export_projection(workspace, ExportProjection("agents"))
    assert (again.state, again.written) == ("current", False)
    assert first.file.stat().st_mtime_ns == facts.st_mtime_ns
    assert first.file.read_bytes() == project_intent(workspace, "agents")
    assert states(workspace) == {"agents": "current"}


def test_what_the_intent_left_behind_is_stale_and_is_written_anew(workspace: Workspace) -> None:
    export_projection(workspace, ExportProjection("charter"))
    decide_intent(workspace, DecideIntent("totals-are-right", "deprecated", "we sell nothing any more"))
    (found,) = check_projections(workspace, CheckProjections())
    assert found.state == "stale"
    assert "-### " in found.difference
    assert export_projection(workspace, ExportProjection("charter")).written
    assert states(workspace) == {"charter": "current"}


def test_a_hand_edited_projection_is_refused_with_its_difference_and_forced_only_with_a_copy(
    workspace: Workspace,
) -> None:
    file = export_projection(workspace, ExportProjection("charter")).file
    edited = file.read_bytes().replace(b"**And pay**", b"**And gladly pay**")
    for copy in ("CHARTER.md.edited", "CHARTER.md.edited-2"):
        file.write_bytes(edited)
        assert states(workspace) == {"charter": "edited"}
        with pytest.raises(HandEdited) as refused:
            export_projection(workspace, ExportProjection("charter"))
        assert "-- **And gladly pay**" in refused.value.difference
        assert refused.value.exit_code == 3
        assert file.read_bytes() == edited
        done = export_projection(workspace, ExportProjection("charter", force=True))
        assert done.copy == file.with_name(copy)
        assert done.copy.read_bytes() == edited
    assert states(workspace) == {"charter": "current"}


def test_a_file_of_others_is_never_written_over_and_joined_only_when_asked(workspace: Workspace) -> None:
    file = workspace.root / "AGENTS.md"
    theirs = b"# How we work\r\nUse tabs.\r\n" + b"\xff\xfe odd bytes"
    file.write_bytes(theirs)
    for force in (False, True):
        with pytest.raises(NotOurs, match="--join"):
            export_projection(workspace, ExportProjection("agents", force=force))
    assert file.read_bytes() == theirs
    assert states(workspace) == {}, "a file of others is nothing to check"
    export_projection(workspace, ExportProjection("agents", join=True))
    assert file.read_bytes().startswith(theirs)
    assert states(workspace) == {"agents": "current"}
    file.write_bytes(file.read_bytes().replace(b"Use tabs.", b"Use spaces."))
    assert states(workspace) == {"agents": "current"}, "the rest of the file is theirs"


def test_contracts_are_not_joined_to_a_file_of_others(workspace: Workspace) -> None:
    file = workspace.root / "contracts.toml"
    file.write_text("[tool.importlinter]\nroot_package = 'shop'\n")
    with pytest.raises(NotOurs):
        export_projection(workspace, ExportProjection("import-linter", file, join=True))


def test_damaged_marks_are_named_with_their_file(workspace: Workspace) -> None:
    file = export_projection(workspace, ExportProjection("charter")).file
    damaged = file.read_bytes().rsplit(b"<!--", 1)[0]
    file.write_bytes(damaged)
    with pytest.raises(DamagedMark, match=r"CHARTER\.md"):
        export_projection(workspace, ExportProjection("charter", force=True))
    assert file.read_bytes() == damaged


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_nothing_is_written_through_a_link_a_pipe_or_a_folder(
    workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    file, outside = workspace.root / "AGENTS.md", tmp_path / "outside.md"
    outside.write_text("theirs")
    if kind == "link":
        file.symlink_to(outside)
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    with pytest.raises((UnsafeIntentPath, AlloyError)):
        export_projection(workspace, ExportProjection("agents", force=True, join=True))
    assert outside.read_text() == "theirs"


def test_a_folder_that_is_a_link_out_of_the_repository_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (workspace.alloy_dir / "projections").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotOurs, match="out of the repository"):
        export_projection(workspace, ExportProjection("catalogue"))
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_named_projection_that_is_not_there_is_told(workspace: Workspace) -> None:
    (found,) = check_projections(workspace, CheckProjections(("agents",)))
    assert found.state == "absent"
    assert {each.state for each in list_projections(workspace)} == {"absent"}
    with pytest.raises(UnknownProjection, match="choose one of"):
        export_projection(workspace, ExportProjection("poster"))


def test_many_who_export_at_once_leave_one_whole_projection(workspace: Workspace) -> None:
    (workspace.root / "AGENTS.md").write_text("# Ours\n")
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda _: export_projection(workspace, ExportProjection("agents", join=True)), range(8))
        )
    assert states(workspace) == {"agents": "current"}
    text = (workspace.root / "AGENTS.md").read_text()
    assert text.startswith("# Ours\n")
    assert text.count("alloynb export agents: begin") == 1
    assert [file.name for file in workspace.root.iterdir() if file.name.endswith(".part")] == []
