"""Many writers that are killed, many readers, folds in between: nothing lost, nothing twice, nothing torn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.store_soak import soak

SECONDS = 6.0


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_torn_while_writers_and_folds_are_killed(tmp_path: Path) -> None:
    soaked = soak(tmp_path, SECONDS)
    assert soaked.reader_exit_codes == [0, 0]
    assert min(soaked.reads) > 0
    assert soaked.killed > 0
    assert soaked.acknowledged > 0
    assert (soaked.lost, soaked.doubled, soaked.problems) == ([], 0, ())
