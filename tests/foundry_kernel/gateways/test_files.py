"""Files below a root: bounded, plain, and never outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foundry_kernel.gateways.files import FileUnreadable, SystemFiles
from runtime_artifacts.errors import UnsafePath

FILES = SystemFiles()


def test_a_file_is_read_and_a_missing_one_is_none(tmp_path: Path) -> None:
    FILES.write(tmp_path / "deep" / "a", b"text")
    assert FILES.read(tmp_path, "deep/a", 10) == b"text"
    assert FILES.read(tmp_path, "deep/b", 10) is None


def test_what_is_too_large_or_not_a_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("large", "pipe", "folder"):
        with pytest.raises(FileUnreadable, match=name):
            FILES.read(tmp_path, name, 10)


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to("/etc/passwd")
    for path in ("link", "../root/link", "/etc/passwd"):
        with pytest.raises(UnsafePath):
            FILES.read(root, path, 10_000)
