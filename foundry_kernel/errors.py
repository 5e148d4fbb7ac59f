"""What Foundry can refuse, each with its facts and the next step. Every package of Foundry derives from this root."""

from __future__ import annotations


class FoundryError(Exception):
    """Root of all errors of Foundry.

    Attributes:
        exit_code: what a command line ends with (2 bad input, 3 refused for safety or authority, 4 environment).
        failure_class: how a run result names it (spec 5.5): validation, dispatch, execution, safety or semantic.
        next_step: what the reader can do about it; empty when the message already says it.
    """

    exit_code = 2
    failure_class = "execution"

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.message = message
        self.next_step = next_step
        super().__init__(f"{message}; {next_step}" if next_step else message)


class Unsafe(FoundryError):
    """Going on could do harm: a digest, revision, approval or tree is not what it must be."""

    exit_code = 3
    failure_class = "safety"


class CannotDispatch(FoundryError):
    """Something outside is missing or does not answer: a program, a kernel, a file system."""

    exit_code = 4
    failure_class = "dispatch"
