"""`publish`: a brief and its parts, put where every runner can get them."""

from __future__ import annotations

from pathlib import Path

import click

from foundry_kernel.cli.answer import Answer, answering, the_workspace, workspace_option


@click.command(
    epilog="""\b
Examples:
  foundry-kernel publish brief_01J /mnt/shared/artifacts
  foundry-kernel publish brief_01J s3://artifacts/shop --workspace ~/projects/shop
  foundry-kernel publish brief_01J team --json

\b
Where credentials come from: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_REGION;
or other variables, by their names in ~/.config/foundry/providers.toml.
"""
)
@click.argument("brief")
@click.argument("place")
@workspace_option
@answering
def publish(brief: str, place: str, workspace: Path | None) -> Answer:
    """Put BRIEF and its parts where every runner can get them.

    The parts are its prompt pack, gate overlay and evidence plan; `emit --artifacts PLACE` finds them. PLACE is a
    directory, s3://BUCKET/PREFIX, or a name of providers.toml. What stands there is never replaced: the same artifact
    is left as it is, anything else under its name is a refusal. Everything is read back and verified.
    """
    import json
    import os
    import shlex

    from foundry_kernel.runner.providers.opening import open_provider
    from foundry_kernel.runner.providers.publish import publish_brief

    here = the_workspace(workspace)
    provider = open_provider(place, os.environ)
    done = publish_brief(here, brief, provider)
    content = done.brief.content
    command = ["foundry-kernel", "emit", content.foundry.entry_event, content.identity.target_project]
    command += ["--artifacts", place, "--payload", json.dumps(done.payload, ensure_ascii=False)]
    data = {
        "brief_id": done.brief.id,
        "brief_digest": done.brief.digest,
        "place": provider.shown,
        "created": list(done.created),
        "stood": list(done.stood),
        "transport_retries": provider.resent,
        "payload": done.payload,
        "emit": command,
    }
    lines = [f"{done.brief.id} is in {provider.shown}"]
    lines += [f"  new: {name}" for name in done.created]
    lines += [f"  stood there: {name}" for name in done.stood]
    return Answer(data, "\n".join([*lines, f"Run it: {shlex.join(command)}"]))
