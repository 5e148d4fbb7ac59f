"""How the lines of `%foundry` are read."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from IPython.core.error import UsageError
from pydantic import BaseModel

from runtime_artifacts.envelope import Throttle

_EMIT = (
    "%foundry emit EVENT PROJECT [--throttle full|audit_only|dry_run] [--payload JSON|VARIABLE] "
    '[--formation NAME | --blocks a,b] [--i-approve "reason"] [--strict]'
)
_PAYLOAD = re.compile(r"(?:^|\s)--payload(?:\s+|=)(?=\{)")


@dataclass(frozen=True)
class EmitArguments:
    """What `%foundry emit` was asked for.

    Attributes:
        strict: a run that did not complete ends the cell with an error.
    """

    event: str
    project: str
    throttle: Throttle
    payload: dict[str, Any]
    formation: str
    blocks: tuple[str, ...]
    approval: str
    strict: bool


def emit_arguments(line: str, names: Mapping[str, object]) -> EmitArguments:
    """Read the line of `%foundry emit`.

    Args:
        names: the notebook's variables, of which one may be the payload.

    Raises:
        UsageError: it cannot be understood; says what is wrong.
    """
    line, written = _cut_payload(line)
    parser = _Arguments(prog="%foundry emit", add_help=False, allow_abbrev=False)
    parser.add_argument("event")
    parser.add_argument("project")
    parser.add_argument("--throttle", default="dry_run", choices=("full", "audit_only", "dry_run"))
    parser.add_argument("--payload", default="")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--formation", default="")
    chosen.add_argument("--blocks", default="")
    parser.add_argument("--i-approve", dest="approval", default="")
    parser.add_argument("--strict", action="store_true")
    try:
        asked = parser.parse_args(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"{error}: {line}\n{_EMIT}") from error
    return EmitArguments(
        event=asked.event,
        project=asked.project,
        throttle=asked.throttle,
        payload=_payload(asked.payload, names) if written is None else written,
        formation=asked.formation,
        blocks=tuple(name.strip() for name in asked.blocks.split(",") if name.strip()),
        approval=asked.approval,
        strict=asked.strict,
    )


class _Arguments(argparse.ArgumentParser):
    """Says what is wrong in the cell, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{_EMIT}")


def _cut_payload(line: str) -> tuple[str, dict[str, Any] | None]:
    """Take JSON that stands in the line without quotes around it out of the line."""
    found = _PAYLOAD.search(line)
    if found is None:
        return line, None
    try:
        value, end = json.JSONDecoder().raw_decode(line, found.end())
    except json.JSONDecodeError as error:
        raise UsageError(f"--payload: not JSON: {error}") from error
    return f"{line[: found.start()]} {line[end:]}", value


def _payload(said: str, names: Mapping[str, object]) -> dict[str, Any]:
    if not said:
        return {}
    if said.isidentifier():
        value = names.get(said)
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="json", exclude_none=True)
        if not isinstance(value, dict):
            raise UsageError(f"--payload: there is no variable {said} that holds a dictionary")
        return value
    try:
        value = json.loads(said)
    except json.JSONDecodeError as error:
        raise UsageError(f"--payload: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"--payload: a JSON object is needed, not {type(value).__name__}")
    return value
