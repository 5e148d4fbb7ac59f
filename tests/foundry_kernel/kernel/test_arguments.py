"""The line of `%foundry emit` is read as people write it."""

from __future__ import annotations

import pytest

pytest.importorskip("IPython")

from IPython.core.error import UsageError

from foundry_kernel.events.payloads.greeting import GreetRequested
from foundry_kernel.kernel.arguments import emit_arguments


@pytest.mark.parametrize(
    "said",
    [
        """--payload '{"name": "Ada"}'""",
        """--payload {"name": "Ada"}""",
        """--payload={"name":"Ada"}""",
        "--payload asked",
    ],
)
def test_a_payload_is_json_with_or_without_quotes_or_a_variable(said: str) -> None:
    line = f"greet_requested demo {said} --throttle full"
    asked = emit_arguments(line, {"asked": {"name": "Ada"}})
    assert (asked.event, asked.project, asked.throttle) == ("greet_requested", "demo", "full")
    assert asked.payload == {"name": "Ada"}


def test_a_payload_may_be_the_model_itself() -> None:
    asked = emit_arguments("e p --payload asked", {"asked": GreetRequested(name="Ada")})
    assert asked.payload == {"name": "Ada"}


def test_by_default_nothing_is_changed() -> None:
    asked = emit_arguments("greet_requested demo", {})
    assert (asked.throttle, asked.payload, asked.blocks, asked.approval) == ("dry_run", {}, (), "")


def test_blocks_stand_between_commas_and_a_reason_between_quotes() -> None:
    asked = emit_arguments('e p --blocks a,b --i-approve "try it"', {})
    assert asked.blocks == ("a", "b")
    assert asked.approval == "try it"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "required"),
        ("e p --throttle ful", "invalid choice"),
        ("e p --payload {oops", "--payload: not JSON"),
        ("e p --payload [1]", "a JSON object is needed, not list"),
        ("e p --payload asked", "no variable asked"),
        ("e p --formation f --blocks a", "not allowed with"),
        ("e p --i-approve 'because", "No closing quotation"),
        ("e p --thrott full", "unrecognized arguments"),
    ],
)
def test_what_cannot_be_understood_is_said_with_the_usage(line: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        emit_arguments(line, {})
