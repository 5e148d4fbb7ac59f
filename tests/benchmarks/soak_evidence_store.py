"""Kill writers and folds for ten minutes while analysts query: `soak_evidence_store.py [SECONDS]`.

Ends with 1 if an acknowledged fact is missing, a fact is seen twice, or a reader saw a torn state.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(seconds: float) -> int:
    """Soak, and tell what came of it."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from tests.fakes.store_soak import soak

    with tempfile.TemporaryDirectory() as folder:
        soaked = soak(Path(folder), seconds, tell=lambda text: print(text, flush=True))
    print(
        f"{seconds:.0f} s: {soaked.killed} writers and {soaked.killed_folds} folds killed, {sum(soaked.reads)} reads, "
        f"{soaked.acknowledged} facts acknowledged, {soaked.stored} stored"
    )
    print(
        f"missing: {soaked.lost or 'none'}; doubled: {soaked.doubled}; problems: {soaked.problems or 'none'}"
    )
    whole = set(soaked.reader_exit_codes) == {0}
    print(f"readers that saw a torn or shrunken state: {'none' if whole else soaked.reader_exit_codes}")
    return 0 if whole and not (soaked.lost or soaked.doubled or soaked.problems) else 1


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0))
