"""A shell that starts nothing and answers as it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foundry_kernel.gateways.shell import CancelToken, Command, CommandResult

Answer = CommandResult | Callable[[Command], CommandResult]


class FakeShell:
    """Answers by the command; one that it does not know cannot start. Remembers what it was asked."""

    def __init__(self, answers: Mapping[tuple[str, ...] | str, Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[Command] = []

    async def run(
        self,
        command: Command,
        cancel: CancelToken | None = None,
        on_started: Callable[[int], None] | None = None,
    ) -> CommandResult:
        self.asked.append(command)
        if cancel is not None and cancel.is_set:
            return CommandResult("cancelled", reason=cancel.reason or "")
        answer = self.answers.get(command.argv)
        if answer is None:
            return CommandResult("cannot_start", reason=f"{command.arguments[0]}: not in this fake")
        if on_started is not None:
            on_started(4711)
        return answer(command) if callable(answer) else answer


def exits(code: int, output: str = "") -> CommandResult:
    """A command that ran to its own end."""
    text = output.encode()
    return CommandResult("exited", exit_code=code, head=text, output_bytes=len(text), duration_ms=12.5)
