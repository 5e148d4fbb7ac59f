"""`status`, `history`, `trace` and `watch`: look at runs; nothing here changes anything."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from foundry_kernel.cli.answer import Answer, answering, table, the_workspace, workspace_option


@click.command(epilog="\b\nExample:\n  foundry-kernel status --json\n")
@click.option("--all", "everything", is_flag=True, help="Also requests that have a result.")
@workspace_option
@answering
def status(everything: bool, workspace: Path | None) -> Answer:
    """Show the requests that wait, run, or died without a result."""
    from foundry_kernel.runner.overview import request_lines

    lines = request_lines(the_workspace(workspace))
    shown = [line for line in lines if everything or line.state in {"waiting", "running", "died"}]
    rows = [(line.state, line.request_id, line.event, line.throttle, line.run_id or "-") for line in shown]
    text = table(("state", "request", "event", "throttle", "run"), rows) or "Nothing waits and nothing runs."
    died = [line.run_id for line in shown if line.state == "died" and line.run_id]
    if died:
        text += f"\nGo on with: foundry-kernel resume {died[0]}"
    return Answer([asdict(line) for line in shown], text)


@click.command(epilog="\b\nExample:\n  foundry-kernel history --limit 50\n")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, newest first."
)
@workspace_option
@answering
def history(limit: int, workspace: Path | None) -> Answer:
    """List runs by day, newest first."""
    from foundry_kernel.runner.overview import run_lines

    lines = run_lines(the_workspace(workspace))[::-1][:limit]
    text: list[str] = []
    for day in dict.fromkeys(line.prepared_at[:10] for line in lines):
        rows = [
            (
                f"  {line.prepared_at[11:19]}",
                line.run_id,
                line.state,
                line.event,
                "-" if line.duration_ms is None else f"{line.duration_ms / 1000:.1f} s",
                "" if line.attempts < 2 else f"{line.attempts} attempts",
            )
            for line in lines
            if line.prepared_at[:10] == day
        ]
        text += [day, table(("  at (UTC)", "run", "state", "event", "took", ""), rows)]
    return Answer([asdict(line) for line in lines], "\n".join(text) or "No runs yet.")


@click.command(epilog="\b\nExamples:\n  foundry-kernel trace run_01J…\n  foundry-kernel trace evt_9f00…\n")
@click.argument("run_or_event")
@workspace_option
@answering
def trace(run_or_event: str, workspace: Path | None) -> Answer:
    """Show the tree of a run, or of one event in it: event, block, gate, with durations."""
    from foundry_kernel.kernel.progress import ProgressTree
    from foundry_kernel.runner.overview import facts_of

    runs = Path() if "/" in run_or_event else the_workspace(workspace).runs
    folder, facts = facts_of(runs, run_or_event)
    tree = ProgressTree(folder.run_id).add_all(facts)
    part = tree.below_event(run_or_event) if run_or_event.startswith("evt_") else tree
    return Answer([fact.model_dump(mode="json", exclude_none=True) for fact in facts], (part or tree).text())


@click.command(epilog="\b\nExample:\n  foundry-kernel watch run_01J…\n")
@click.argument("run_", metavar="RUN")
@workspace_option
@answering
def watch(run_: str, workspace: Path | None) -> Answer:
    """Follow RUN until it ends; progress goes to stderr, the result to stdout."""
    import time

    from foundry_kernel.cli.progress import following
    from foundry_kernel.runner.report import exit_code_of
    from foundry_kernel.runner.run_folder import find_run
    from foundry_kernel.runner.tail import POLL_EVERY_S, JournalTail
    from foundry_kernel.runner.views import view_result

    folder = find_run(Path() if "/" in run_ else the_workspace(workspace).runs, run_)
    attempt = max(folder.attempts(), default=1)
    tail = JournalTail(folder.journal(attempt))
    with following(folder.run_id) as on_fact:
        while True:
            alive = folder.is_alive()
            for fact in tail.new_facts():
                on_fact(fact)
            if not alive:
                break
            time.sleep(POLL_EVERY_S)
    results = folder.results()
    if not results:
        return Answer(
            {"run_id": folder.run_id, "run_result": None},
            f"{folder.run_id} is not running and has no result.",
            4,
        )
    content = results[-1].content
    data = {"run_id": folder.run_id, "run_result": results[-1].as_json()}
    return Answer(data, view_result(content).text(), exit_code_of(content))
