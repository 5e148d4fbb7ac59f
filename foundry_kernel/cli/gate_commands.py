"""`gates resolve` and `gates run`: which gates stand here, and what they say about the tree as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from foundry_kernel.cli.answer import Answer, answering, table
from foundry_kernel.cli.plain_words import plain

if TYPE_CHECKING:
    from foundry_kernel.gates.resolve import Resolution

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def gates() -> None:
    """See the gates of a repository, or run them on the tree."""


@gates.command(name="resolve", epilog="\b\nExample:\n  foundry-kernel gates resolve ~/projects/shop\n")
@click.argument("tree", type=_FOLDER, default=".")
@click.option("--overlay", type=_FILE, help="Gate overlay to add to the repository's own gates.")
@answering
def resolve_(tree: Path, overlay: Path | None) -> Answer:
    """Show which gates stand in TREE, and where each comes from.

    First those of .hone-gates.json, then those of the overlay.
    """
    found = _resolved(tree, overlay)
    rows = [
        (
            each.name,
            each.source,
            each.mode if each.source == "overlay" else _need(each.required),
            f"{each.timeout_s:g} s",
        )
        for each in found.gates
    ]
    text = table(("gate", "from", "mode", "limit"), rows) or "No gates stand here."
    text += "".join(f"\n{remark}" for remark in found.remarks)
    data = {"gates": [each.model_dump(mode="json") for each in found.gates], "remarks": list(found.remarks)}
    return Answer(data, text)


@gates.command(
    name="run", epilog="\b\nExamples:\n  foundry-kernel gates run\n  foundry-kernel gates run . lint types\n"
)
@click.argument("tree", type=_FOLDER, default=".")
@click.argument("names", nargs=-1)
@click.option("--overlay", type=_FILE, help="Gate overlay to add to the repository's own gates.")
@answering
def run_(tree: Path, names: tuple[str, ...], overlay: Path | None) -> Answer:
    """Run the gates of TREE, or some of them, on the tree as it is."""
    import asyncio
    import os
    import shutil

    from foundry_kernel.gates.run import GatePlace, run_gates
    from foundry_kernel.gateways.gateway_set import GatewaySet
    from foundry_kernel.gateways.kept_folder import kept_folder
    from foundry_kernel.gateways.secrets import Redactor
    from foundry_kernel.kernel.progress_step import MARKS

    standing = _resolved(tree, overlay).gates
    unknown = sorted(set(names) - {each.name for each in standing})
    if unknown:
        known = ", ".join(each.name for each in standing)
        raise click.BadParameter(f"no gate {unknown[0]!r}; there are {known or 'none'}", param_hint="NAMES")
    chosen = [each for each in standing if not names or each.name in names]
    place = GatePlace(
        tree=tree,
        run_dir=kept_folder("foundry-gates-"),
        phase="preflight",
        throttle="dry_run",
        environment=dict(os.environ),
        redactor=Redactor(),
    )
    try:
        reports = asyncio.run(
            run_gates(
                chosen,
                place,
                GatewaySet().shell,
                on_started=lambda gate, group: click.echo(plain(f"… {gate.name}"), err=True),
                on_finished=lambda report: click.echo(
                    plain(f"{MARKS[report.status]} {report.name}"), err=True
                ),
            )
        )
    except BaseException:  # interrupted: nobody was told where to read
        shutil.rmtree(place.run_dir, ignore_errors=True)
        raise
    missed = [each for each in reports if each.status != "passed"]
    rows = [
        (MARKS[each.status], each.name, each.status, f"{each.duration_ms / 1000:.1f} s") for each in reports
    ]
    text = table(("", "gate", "status", "took"), rows) or "No gates stand here."
    text += "".join(f"\n\n{each.name}:\n{each.details.rstrip()}" for each in missed)
    data = {"folder": str(place.run_dir), "gates": [each.model_dump(mode="json") for each in reports]}
    if not missed:
        return Answer(data, text)
    message = f"{', '.join(each.name for each in missed)} did not pass"
    return Answer(data, text, 1, {"type": "GateFailed", "message": message, "next_step": "", "exit_code": 1})


def _resolved(tree: Path, overlay: Path | None) -> Resolution:
    from foundry_kernel.gates.resolve import GATE_FILE, MAX_GATE_FILE_BYTES, resolve
    from foundry_kernel.gateways.files import SystemFiles
    from runtime_artifacts.gate_overlay import GATE_OVERLAY
    from runtime_artifacts.kinds import read_file

    added = read_file(GATE_OVERLAY, overlay).content if overlay is not None else None
    return resolve(SystemFiles().read(tree, GATE_FILE, MAX_GATE_FILE_BYTES), added, tree)


def _need(required: bool) -> str:
    return "required" if required else "not required"
