"""Briefs for targets that take none: as files, or through the existing command line. Commands of `alloynb brief`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from runtime_artifacts.capability_manifest import CapabilityManifest


@click.command("materialize")
@click.argument("brief_id")
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False),
    help="Capability manifest of the target (default: a target that people run).",
)
@shared_options
def materialize(brief_id: str, manifest: str | None) -> Answer:
    """Lay BRIEF_ID out as files below .alloy/, for a Foundry that takes no briefs, or for a person.

    Writes the brief, a prompt for each phase, its gates as a gate file or a checklist, a generated charter, a formation
    file when the target tells its blocks, and instructions. What the target can take by itself is left to it.

    \b
    Examples:
      alloynb brief materialize brief_01J
      alloynb brief materialize brief_01J --manifest target.json
    """
    from alloynb.application.materialize_brief import materialize_brief

    done = materialize_brief(current_workspace(), brief_id, _manifest(manifest))

    def show(console: Console) -> None:
        console.print(f"{done.brief.id}", style="bold", markup=False)
        low = done.translation.lowering
        console.print(
            f"briefs {low.briefs}, gates {low.gates}, traces {low.traces}".replace("_", " "), markup=False
        )
        for file in done.files:
            console.print(f"  {file}", markup=False)
        for line in done.translation.told:
            console.print(f"  ! {line}", style="yellow", markup=False)

    low = done.translation.lowering
    data = {
        "brief_id": done.brief.id,
        "brief_digest": done.brief.digest,
        "lowering": {"briefs": low.briefs, "gates": low.gates, "traces": low.traces},
        "translation": done.translation.as_json(),
        "files": list(done.files),
    }
    return Answer(data, show)


@click.command("emit")
@click.argument("brief_id")
@click.option(
    "--throttle", type=click.Choice(["dry_run", "audit_only", "full"]), help="Default: as the brief says."
)
@click.option("--foundry", default="foundry", show_default=True, help="Program of the existing Foundry.")
@shared_options
def emit(brief_id: str, throttle: str | None, foundry: str) -> Answer:
    """Begin a run of BRIEF_ID through `foundry emit`, once. At throttle full only while an approval of it stands.

    \b
    Examples:
      alloynb brief emit brief_01J
      alloynb brief emit brief_01J --throttle full --foundry ~/bin/foundry
    """
    from alloynb.application.emit_brief import emit_brief

    done = emit_brief(current_workspace(), brief_id, throttle=throttle, command=(foundry,))

    def show(console: Console) -> None:
        console.print(
            f"{done.request.id} emitted as {done.event_id or 'an event that it did not name'}", markup=False
        )
        for line in done.translation.told:
            console.print(f"  ! {line}", style="yellow", markup=False)
        console.print(f"follow it with: {foundry} trace {done.event_id}", style="dim", markup=False)

    data = {
        "request_id": done.request.id,
        "run_id": done.run_id,
        "event_id": done.event_id or None,
        "output": done.output,
        "translation": done.translation.as_json(),
    }
    return Answer(data, show)


@click.command("publish")
@click.argument("brief_id")
@click.argument("place")
@shared_options
def publish(brief_id: str, place: str) -> Answer:
    """Put BRIEF_ID and its parts into PLACE, where any Foundry resolves them by digest. Nothing there is replaced.

    PLACE is a directory, s3://BUCKET/PREFIX, or a name of Foundry's providers.toml. Foundry does it, with the
    credentials of its environment, and verifies what it put there.

    \b
    Examples:
      alloynb brief publish brief_01J /mnt/shared/artifacts
      alloynb brief publish brief_01J s3://artifacts/shop
    """
    import shlex

    from alloynb.application.foundry_command import find_foundry
    from alloynb.application.publish_brief import publish_brief

    done = publish_brief(current_workspace(), brief_id, place, find_foundry())

    def show(console: Console) -> None:
        console.print(f"{done['brief_id']} is in {done['place']}", style="bold", markup=False)
        for note in ("created", "stood"):
            for name in done[note]:
                console.print(f"  {'new' if note == 'created' else 'stood there'}: {name}", markup=False)
        console.print(f"run it with: {shlex.join(done['emit'])}", style="dim", markup=False, soft_wrap=True)

    return Answer(dict(done), show)


def _manifest(file: str | None) -> CapabilityManifest | None:
    if file is None:
        return None
    import json
    from pathlib import Path

    from runtime_artifacts.canonical import parse_json
    from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST
    from runtime_artifacts.kinds import read_as
    from runtime_artifacts.untrusted_file import read_untrusted

    text = read_untrusted(Path(file))
    said = parse_json(text, Path(file))
    if (
        isinstance(said, dict) and said.get("success") is True and "data" in said
    ):  # as `manifest --json` prints it
        text = json.dumps(said["data"]).encode()
    return read_as(CAPABILITY_MANIFEST, text, Path(file)).content


LOWERING = (materialize, emit, publish)
