"""Notebooks as dashboards: a template for Voila that works without any network (spec 7.4).

Voila runs as an extension of Jupyter Server, and inherits its authentication. Served alone, Voila asks nobody for a
token; so that is not what `serve_command` does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

SHARE = Path(__file__).with_name("share")
"""What Jupyter searches for templates, when it stands in `JUPYTER_PATH`."""

TEMPLATE = "alloy"
_NO_MATHJAX = "window.MathJax={Hub:{Config(){},Configured(){},Queue(){},Register:{StartupHook(){}}}}"
NO_FORMULAS = f"data:text/javascript,{_NO_MATHJAX}//"
"""Voila would ask a network for what sets formulas; our notebooks have none."""


def serve_command(folder: Path, *, port: int = 8866, browser: bool = False) -> list[str]:
    """Command that serves the notebooks of a folder at `/voila/render/NAME.ipynb`, to who has the token."""
    return [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.default_url=/voila",
        f"--VoilaConfiguration.template={TEMPLATE}",
        f"--ServerApp.tornado_settings={{'mathjax_url': '{NO_FORMULAS}'}}",
    ]


def serve_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with our template on Jupyter's path, before what is there."""
    before = environment.get("JUPYTER_PATH", "")
    return {**environment, "JUPYTER_PATH": f"{SHARE}:{before}" if before else str(SHARE)}
