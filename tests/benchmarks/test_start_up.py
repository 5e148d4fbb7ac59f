"""How long a person waits before a command line says anything."""

from __future__ import annotations

import statistics
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

LONGEST_WAIT_S = 0.3
RUNS = 7


@pytest.mark.bench
@pytest.mark.parametrize("command", ["alloynb", "foundry-kernel"])
def test_help_is_there_at_once(command: str) -> None:
    program = Path(sysconfig.get_path("scripts"), command)
    waits_s = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([program, "--help"], check=True, capture_output=True)
        waits_s.append(time.perf_counter() - began)

    print(
        f"\n{command} --help: median {statistics.median(waits_s) * 1000:.0f} ms, best {min(waits_s) * 1000:.0f} ms"
    )
    assert min(waits_s) < LONGEST_WAIT_S
