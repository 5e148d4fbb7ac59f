"""Each reason for which a compilation is refused, on the worked example, in the words that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alloynb.application.compile_intent import CompileIntent, compile_command, create_brief, preview_brief
from alloynb.application.source_changes import refuse_changed_source
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.compiler.fitness import refuse_unfit
from alloynb.compiler.selection import SelectedIntent
from alloynb.errors import AlloyError
from runtime_artifacts.capability_manifest import CapabilityManifest
from tests.alloynb.compiler.checkout.example import checkout
from tests.alloynb.compiler.checkout.test_checkout import hold

ITERATE = CompileIntent(template="iterate")
BASKET, SLOW = "keep-the-basket", "answer-in-ten-seconds"


def edited(workspace: Workspace, slug: str, old: str, new: str) -> Workspace:
    file = workspace.alloy_dir / slug
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return open_workspace(workspace.root, principal=workspace.principal, clock=workspace.clock)


def no_source_intent(workspace: Workspace) -> None:
    for file in (workspace.alloy_dir / "intent").glob("*.yaml"):
        file.write_text(
            file.read_text()
            .replace("status: accepted", "status: proposed")
            .replace("status: active", "status: proposed")
        )
    preview_brief(workspace, ITERATE)


def no_protected_capability(workspace: Workspace) -> None:
    (record,) = [it for it in compile_command(workspace, ITERATE).records if it.slug == BASKET]
    refuse_unfit(SelectedIntent((record.model_copy(update={"capability": None}),), (), {}))


def no_evidence_plan(workspace: Workspace) -> None:
    (record,) = [it for it in compile_command(workspace, ITERATE).records if it.slug == BASKET]
    refuse_unfit(SelectedIntent((record.model_copy(update={"evidence": ()}),), (), {}))


def hypothesis_as_constraint(workspace: Workspace) -> None:
    preview_brief(workspace, replace(ITERATE, record_ids=("refunds-in-a-day",)))


def unresolved_conflict(workspace: Workspace) -> None:
    file = workspace.alloy_dir / "intent" / "charge-once.yaml"
    kept = [
        line for line in file.read_text().splitlines() if not line.startswith(("    resolution:", "      "))
    ]
    file.write_text("\n".join(kept) + "\n")
    preview_brief(workspace, ITERATE)


def target_cannot_serve(workspace: Workspace) -> None:
    manifest = CapabilityManifest(
        foundry_version="0.13", entry_events=("greet_requested",), throttles=("full",)
    )
    preview_brief(workspace, replace(ITERATE, manifest=manifest))


def unresolved_reference(workspace: Workspace) -> None:
    (workspace.root / "design" / "calm-failure.json").unlink()
    preview_brief(workspace, ITERATE)


def intent_changed(workspace: Workspace) -> None:
    brief = create_brief(workspace, ITERATE).formation.brief
    refuse_changed_source(edited(workspace, f"intent/{SLOW}.yaml", "on a poor line", "on a good line"), brief)


def strategy_changed(workspace: Workspace) -> None:
    brief = create_brief(workspace, ITERATE).formation.brief
    refuse_changed_source(
        edited(workspace, "strategies/port-and-adapter.yaml", "one module", "one package"), brief
    )


def product_intent_changed(workspace: Workspace) -> None:
    brief = create_brief(workspace, ITERATE).formation.brief
    later = edited(
        workspace, "../product/checkout/pay-by-card.yaml", "within ten seconds", "within five seconds"
    )
    refuse_changed_source(later, brief)


REASONS: tuple[Callable[[Workspace], None], ...] = (
    no_source_intent,
    no_protected_capability,
    no_evidence_plan,
    hypothesis_as_constraint,
    unresolved_conflict,
    target_cannot_serve,
    unresolved_reference,
    intent_changed,
    strategy_changed,
    product_intent_changed,
)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
def test_the_refusal_says_what_is_wrong_where_and_what_to_do(
    reason: Callable[[Workspace], None], tmp_path: Path
) -> None:
    workspace = checkout(tmp_path)
    with pytest.raises(AlloyError) as caught:
        reason(workspace)
    assert caught.value.next_step
    told = str(caught.value).replace(str(workspace.root), "")
    hold(f"refused/{reason.__name__}.txt", f"exit code {caught.value.exit_code}\n{told}\n")
