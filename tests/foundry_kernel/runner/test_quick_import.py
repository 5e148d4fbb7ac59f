"""A run's process imports papermill without building a grammar that it never asks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foundry_kernel.runner.quick_import import ADDRESS_GRAMMAR, without_address_grammar

_LOOK = """
import sys
from foundry_kernel.runner.quick_import import without_address_grammar
with without_address_grammar():
    from foundry_kernel.runner.notebook_engine import execute_notebook
assert "lark" not in sys.modules and "rfc3987_syntax" not in sys.modules
import jsonschema
checker = jsonschema.FormatChecker()
assert checker.conforms("2026-01-31", "date") and not checker.conforms("never", "date")
import nbformat
nbformat.validate(nbformat.v4.new_notebook())
"""


def test_papermill_is_imported_without_it_and_notebooks_are_still_checked() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_afterwards_it_can_be_imported_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ADDRESS_GRAMMAR, raising=False)
    (tmp_path / f"{ADDRESS_GRAMMAR}.py").write_text("STANDS = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with without_address_grammar(), pytest.raises(ImportError):
        __import__(ADDRESS_GRAMMAR)
    assert __import__(ADDRESS_GRAMMAR).STANDS
    with without_address_grammar():
        assert __import__(ADDRESS_GRAMMAR).STANDS, "what was imported before stays"
    monkeypatch.delitem(sys.modules, ADDRESS_GRAMMAR)
