"""A code base made of a few files and commits, for looking at it with one signal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.confidence import confidence_of
from alloynb.archaeology.history import Commit, History
from alloynb.archaeology.observation import Lead
from alloynb.archaeology.repository import read_repository
from alloynb.archaeology.signal import Signal

Look = Callable[..., tuple[Lead, ...]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Write files, give commits as (subject, paths), newest first, and look with a signal."""

    def looking(
        signal: Signal, files: Mapping[str, str], commits: Sequence[tuple[str, Sequence[str]]] = ()
    ) -> tuple[Lead, ...]:
        root = tmp_path / "tree"
        shutil.rmtree(root, ignore_errors=True)
        for name, text in files.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        root.mkdir(exist_ok=True)
        history = History(
            tuple(
                Commit(
                    f"{number:040x}", 1_700_000_000 - number, "ann", subject, tuple(paths), (1,) * len(paths)
                )
                for number, (subject, paths) in enumerate(commits)
            )
        )
        leads = tuple(signal.look(Codebase(read_repository(root), history)))
        for lead in leads:
            assert {each.signal for each in lead.observations} <= {signal.name, "code_agrees"}
            assert all(each.ref for each in lead.observations)
            assert all((root / each.path).exists() for each in lead.observations if each.path)
        return leads

    return looking


@pytest.fixture
def certain() -> Callable[[Lead], float]:
    """The confidence of one lead alone."""
    return lambda lead: confidence_of(lead.observations)


@pytest.fixture
def counter() -> Callable[[Lead], list[str]]:
    """What speaks against a lead."""
    return lambda lead: [each.told for each in lead.observations if not each.supports]
