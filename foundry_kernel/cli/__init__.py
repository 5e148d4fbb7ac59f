"""The command line `foundry-kernel`: run requests, look at runs, try gates (spec 7.2)."""

from __future__ import annotations

import click

from foundry_kernel import __version__
from foundry_kernel.cli.gate_commands import gates
from foundry_kernel.cli.interop_commands import interop
from foundry_kernel.cli.local_commands import emit, manifest
from foundry_kernel.cli.look_commands import history, status, trace, watch
from foundry_kernel.cli.publish_command import publish
from foundry_kernel.cli.queue_commands import queue
from foundry_kernel.cli.registry_commands import registry
from foundry_kernel.cli.run_commands import resume, run
from foundry_kernel.cli.serve_commands import serve

_EPILOG = """\b
Examples:
  foundry-kernel run .alloy/mailbox/requests/runreq_….json
  foundry-kernel emit greet_requested demo --payload '{"name": "Ada"}'
  foundry-kernel gates run
  foundry-kernel trace run_…

\b
Exit codes:
  0  fine
  1  findings, or a failed gate
  2  usage or bad input
  3  refused for safety or authority
  4  dispatch or environment; a run that came to no answer
"""


@click.group(
    epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="foundry-kernel")
def main() -> None:
    """Run what a request asks for, on this machine, and keep a record that can be trusted."""


for each in (
    run,
    resume,
    serve,
    queue,
    status,
    watch,
    trace,
    history,
    gates,
    registry,
    manifest,
    emit,
    publish,
    interop,
):
    main.add_command(each)
