"""How well verdicts do on held-out changes: `pytest -m bench tests/benchmarks/bench_verdicts.py -s`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.held_out_changes import HELD_OUT, Part
from tests.fakes.held_out_projects import PROJECTS
from tests.fakes.judged_changes import confusion_table, judged, verdict_on

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("part", ["first", "second"])
def test_the_held_out_changes_are_judged_and_shown(part: Part, tmp_path: Path) -> None:
    bases = {name: make(tmp_path) for name, make in PROJECTS.items()}
    seen = [(each, judged(bases[each.project], each, tmp_path)) for each in HELD_OUT if each.part == part]
    for each, found in seen:
        print(f"\n{each.project}: {each.name}\n  is {each.truth}, looks like {verdict_on(found)}")
        for verdict in (one.verdict for one in found):
            print(f"    {verdict.told_with_strength}")
            for clue in verdict.clues:
                print(f"      {clue.told_with_weight}")
    print(f"\n{part} part\n{confusion_table((each.truth, verdict_on(found)) for each, found in seen)}")
    assert len(seen) >= 12
