"""What a browser gets of our small ES modules: one text, what it imports put before it; no build step, no network.

A widget's module stands beside its Python and imports from its neighbours in one form, `import { a, b } from "./x.js";`
on a line of its own. Node runs the same files as they are.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const |class )", re.MULTILINE)


@cache
def module_text(name: str) -> str:
    """Put a module and all that it imports into one text, each file once, what is imported first.

    Args:
        name: of the file in this folder, without its suffix.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return "\n".join(_own_text(each, last=each == name) for each in _order(name))


@cache
def style_text(name: str) -> str:
    """The style that all widgets share, and that of the module `name` where there is one."""
    files = (FOLDER / f"{each}.css" for each in dict.fromkeys(("frame", *_order(name))))
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())


def _order(name: str) -> list[str]:
    """Names of the modules that `name` needs, itself last."""
    found: dict[str, None] = {}

    def visit(each: str, above: tuple[str, ...]) -> None:
        if each in above:
            raise ValueError(f"{' → '.join((*above, each))}: modules import each other in a circle")
        for needed in _IMPORT.findall(_source(each)):
            visit(needed, (*above, each))
        found.setdefault(each)

    visit(name, ())
    return list(found)


def _own_text(name: str, *, last: bool) -> str:
    text = _IMPORT.sub("", _source(name))
    return text if last else _EXPORT.sub("", text)


def _source(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
