"""`alloynb dashboards`: notebooks as pages, without any network."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from alloynb.faces.cli.answering import Answer, progress, shared_options


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8866, show_default=True, help="Port on this machine."
)
@click.option("--browser", is_flag=True, help="Open a browser on the list of notebooks.")
@shared_options
def dashboards(folder: Path, port: int, browser: bool) -> Answer:
    """Serve the notebooks of FOLDER as dashboards (Voila), to whoever has the token that it prints.

    Each notebook runs when its page is opened, code hidden. Nothing is loaded from elsewhere; authentication is that of
    Jupyter Server. Ends with Ctrl-C.

    \b
    Examples:
      alloynb dashboards notebooks/analysis
      alloynb dashboards notebooks/analysis --port 9000 --browser
    """
    from alloynb.errors import CannotRun
    from alloynb.faces.dashboards import serve_command, serve_environment

    if find_spec("voila") is None:
        raise CannotRun("Voila is not installed", next_step="pip install 'alloy-foundry[dashboards,widgets]'")
    progress(f"dashboards: http://127.0.0.1:{port}/voila")
    command = serve_command(folder, port=port, browser=browser)
    os.execvpe(command[0], command, serve_environment(os.environ))


COMMANDS = (dashboards,)
