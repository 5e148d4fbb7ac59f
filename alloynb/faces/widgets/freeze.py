"""Make an executed notebook readable everywhere: what widgets leave behind as HTML and text stays, the rest goes.

A viewer without our kernel (a code host, an archive, a mail) shows an error, or nothing, where a notebook still holds
the view of a widget. The state of widgets in the metadata is large and of no use without them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alloynb.errors import AlloyError
from runtime_artifacts.write_once import replace_whole

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MOST_BYTES = 256 << 20


class NotANotebook(AlloyError):
    """The file holds something else than a notebook."""


def frozen(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a notebook (its JSON value) without views and state of widgets; everything else is as it was."""
    metadata = {name: each for name, each in notebook.get("metadata", {}).items() if name != "widgets"}
    cells = [_frozen_cell(each) for each in notebook.get("cells", ())]
    return {**notebook, "cells": cells, "metadata": metadata}


def freeze_file(file: Path) -> bool:
    """Freeze a notebook file in place, whole or not at all.

    Returns:
        Whether there was anything to take out.

    Raises:
        NotANotebook: it is none.
        OSError: it cannot be read or written; the file is as it was.
    """
    if file.stat().st_size > MOST_BYTES:
        raise NotANotebook("too large for a notebook", file=file)
    try:
        notebook = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotANotebook(f"not a notebook: {error}", file=file) from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NotANotebook("not a notebook: it has no cells", file=file, next_step="name an .ipynb file")
    without = frozen(notebook)
    if without == notebook:
        return False
    replace_whole(file, (json.dumps(without, indent=1, ensure_ascii=False) + "\n").encode())
    return True


def _frozen_cell(cell: Any) -> Any:
    if not isinstance(cell, dict) or not isinstance(cell.get("outputs"), list):
        return cell
    return {**cell, "outputs": [_frozen_output(each) for each in cell["outputs"]]}


def _frozen_output(output: Any) -> Any:
    if not isinstance(output, dict) or not isinstance(output.get("data"), dict):
        return output
    kept = {kind: each for kind, each in output["data"].items() if kind != WIDGET_VIEW}
    return {**output, "data": kept}
