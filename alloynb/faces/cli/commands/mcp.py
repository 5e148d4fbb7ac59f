"""`alloynb mcp`: serve intent to agents over standard input and output."""

from __future__ import annotations

import sys

import click

from alloynb.faces.cli.answering import Answer, settings_now, shared_options


@click.command()
@click.option(
    "--principal",
    default="agent",
    show_default=True,
    metavar="NAME",
    help="Name under which the agent acts, as .alloy/authority.yaml may know it. It is never a human.",
)
@shared_options
def mcp(principal: str) -> Answer:
    """Serve the intent of this repository to agents (Model Context Protocol over stdin and stdout).

    Tools: intent_for_path, explain_record, find_intent, missing_evidence, open_drift, propose_hypothesis. An agent can
    read and propose; it can never accept, waive, decide or approve.

    \b
    Examples:
      alloynb mcp                                         what a client starts
      {"mcpServers": {"alloy": {"command": "alloynb", "args": ["mcp", "-C", "/path/to/repository"]}}}
    """
    from alloynb.faces.mcp.server import make_server

    server = make_server(settings_now().workspace, principal)
    if sys.stdin.isatty():
        click.echo("Waiting for a client on standard input; Ctrl-C ends it.", err=True)
    server.run("stdio")
    return Answer(None, lambda console: None)


COMMANDS = (mcp,)
