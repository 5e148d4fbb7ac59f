"""All gateways of a run in one hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from foundry_kernel.gateways.clock import Clock, SystemClock
from foundry_kernel.gateways.files import Files, SystemFiles
from foundry_kernel.gateways.git import CommandGit, Git
from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.shell import Shell


@dataclass(frozen=True)
class GatewaySet:
    """The ports of one run; by default this machine's.

    Attributes:
        environment: variables of the runner, from which a command gets what it was allowed by name.
    """

    shell: Shell = field(default_factory=ProcessShell)
    git: Git = field(default_factory=CommandGit)
    clock: Clock = field(default_factory=SystemClock)
    files: Files = field(default_factory=SystemFiles)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
