"""Files of protected folders: what people agreed on is not rewritten by the run that it binds."""

from __future__ import annotations

from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for path in sorted({*comparison.changed, *comparison.too_large}):
        if not comparison.protected.covers(path):
            continue
        before, after = comparison.before.bytes_of(path), comparison.after.bytes_of(path)
        if before is None and after is None:  # a folder, a pipe: it is in the way of what should stand there
            yield weakening(
                "agreement_changed", path, path, "something that is no file stands in a protected folder"
            )
        elif before is None:
            if not comparison.protected.takes_proposals(path):
                yield weakening(
                    "agreement_added",
                    path,
                    path,
                    "the change adds a file to a protected folder",
                    after="present",
                )
        elif after is None:
            yield weakening(
                "agreement_removed",
                path,
                path,
                "the change removes a file from a protected folder",
                before="present",
            )
        elif _lines(before) != _lines(after):
            line, was, now = _first_difference(before, after)
            yield weakening(
                "agreement_changed",
                path,
                path,
                "the change rewrites a file of a protected folder",
                line=line,
                before=was,
                after=now,
            )


def _lines(content: bytes) -> list[bytes]:
    """Lines without their endings: a checkout may write others."""
    return content.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")


def _first_difference(before: bytes, after: bytes) -> tuple[int | None, str, str]:
    """Line of the first difference in the new file, and that line on both sides."""
    was, now = _lines(before), _lines(after)
    for number, (one, other) in enumerate(zip(was, now, strict=False)):
        if one != other:
            return number + 1, _told(one), _told(other)
    shorter = min(len(was), len(now))
    return min(shorter + 1, len(now)), _told(b"".join(was[shorter:][:1])), _told(b"".join(now[shorter:][:1]))


def _told(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()


WEAKENING = WeakeningDetector("rewritten-agreement", _find)
