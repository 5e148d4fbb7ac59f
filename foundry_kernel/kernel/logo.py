"""Draws the kernel's logo, a crucible pouring metal, as SVG and PNG: `python -m foundry_kernel.kernel.logo FOLDER`.

The shapes are polygons on a grid of 64, so the standard library is enough for both formats.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

_GRID = 64
_FINENESS = 4  # samples a pixel and direction
Polygon = tuple[tuple[float, float], ...]
Colour = tuple[int, int, int]

_CORNERS: Polygon = ((10, 0), (54, 0), (61, 3), (64, 10), (64, 54), (61, 61), (54, 64), (10, 64))
_PLATE: Polygon = (*_CORNERS, (3, 61), (0, 54), (0, 10), (3, 3))
_CRUCIBLE: Polygon = ((8, 16), (20, 9), (48, 26), (41, 38), (33, 42), (23, 39), (12, 31), (8, 24))
_METAL: Polygon = ((20, 9), (48, 26), (46, 30), (18, 13))
_STREAM: Polygon = ((44, 26), (50, 25), (52, 33), (51, 50), (46, 50), (47, 34))
_INGOT: Polygon = ((22, 48), (56, 48), (60, 58), (18, 58))
SHAPES: tuple[tuple[Polygon, Colour], ...] = (
    (_PLATE, (38, 50, 56)),
    (_CRUCIBLE, (144, 164, 174)),
    (_INGOT, (207, 216, 220)),
    (_STREAM, (255, 143, 0)),
    (_METAL, (255, 193, 7)),
)


def svg() -> str:
    """Write the shapes as an SVG document."""
    drawn = "".join(
        f'<polygon fill="#{bytes(colour).hex()}" points="{" ".join(f"{x:g},{y:g}" for x, y in polygon)}"/>'
        for polygon, colour in SHAPES
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_GRID} {_GRID}">{drawn}</svg>\n'


def png(size: int) -> bytes:
    """Paint the shapes as a PNG with transparency.

    Args:
        size: width and height in pixels.
    """
    rows = b"".join(b"\0" + b"".join(_pixel(x, y, size) for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _pixel(x: int, y: int, size: int) -> bytes:
    samples = [
        _colour_at((x + (i + 0.5) / _FINENESS) * _GRID / size, (y + (j + 0.5) / _FINENESS) * _GRID / size)
        for i in range(_FINENESS)
        for j in range(_FINENESS)
    ]
    painted = [colour for colour in samples if colour is not None]
    if not painted:
        return bytes(4)
    mixed = [sum(colour[channel] for colour in painted) // len(painted) for channel in range(3)]
    return bytes([*mixed, 255 * len(painted) // len(samples)])


def _colour_at(x: float, y: float) -> Colour | None:
    found = None
    for polygon, colour in SHAPES:
        if _inside(polygon, x, y):
            found = colour
    return found


def _inside(polygon: Polygon, x: float, y: float) -> bool:
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def write_all(folder: Path) -> None:
    """Write `logo-svg.svg`, `logo-32x32.png` and `logo-64x64.png` into a kernelspec's folder."""
    (folder / "logo-svg.svg").write_text(svg(), encoding="utf-8")
    for size in (32, 64):
        (folder / f"logo-{size}x{size}.png").write_bytes(png(size))


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
