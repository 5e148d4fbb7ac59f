"""The port for the code host: what its pipeline says of a branch or a commit (spec 4.6).

Which host it is, `.alloy/code_host.toml` of the repository says::

    adapter = "command"                  # or "github", or "none"
    command = ["./ci-state", "{revision}", "{branch}"]
    env = ["CI_TOKEN"]

Without that file, a remote `origin` at GitHub is asked through `gh`. A command prints one JSON object: `status`
(passed, failed, running, none, unknown), and as far as it knows `branch`, `revision`, `address`, and `failed_jobs` with
`name`, `status` and `log`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundry_kernel.errors import CannotDispatch, FoundryError
from foundry_kernel.gateways.files import read_plain
from foundry_kernel.gateways.packages.tool import ToolCaller, json_object
from foundry_kernel.gateways.shell import Command

CONFIGURATION = ".alloy/code_host.toml"
MAX_LOG_CHARACTERS = 20_000
PipelineStatus = Literal["passed", "failed", "running", "none", "unknown"]
_GITHUB = re.compile(r"^(?:[a-z+]+://(?:[^@/]+@)?|[^@/]+@)github\.com[:/]", re.IGNORECASE)
_INSTALL_GH = "install GitHub's command line `gh`, and log in with `gh auth login`"
_FIELDS = "databaseId,status,conclusion,headSha,headBranch,url,workflowName"
_FINE = frozenset({"success", "skipped", "neutral"})


class NoCodeHost(CannotDispatch):
    """Nobody knows whom to ask about the pipeline."""


class BadCodeHost(FoundryError):
    """The configuration of the code host does not hold together; the message names the file."""

    failure_class = "validation"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FailedJob(_Part):
    """One job that did not pass."""

    name: str
    status: str = "failed"
    log: str = ""


class Pipeline(_Part):
    """What the pipeline says.

    Attributes:
        status: `none` when nothing ran for what was asked about.
        address: where a human can look.
    """

    status: PipelineStatus
    branch: str = ""
    revision: str = ""
    address: str = ""
    failed_jobs: tuple[FailedJob, ...] = ()


class CodeHost(Protocol):
    """One code host."""

    async def pipeline(self, *, branch: str = "", revision: str = "") -> Pipeline:
        """Read the newest state of the pipeline for a commit, or of a branch.

        Raises:
            ToolMissing, ToolFailed: the host's command line is not there, or does not answer.
        """
        ...


class Configuration(BaseModel):
    """Content of `CONFIGURATION`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: Literal["github", "command", "none"]
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = Field(default=())

    @model_validator(mode="after")
    def _has_its_command(self) -> Configuration:
        if (self.adapter == "command") != bool(self.command):
            raise ValueError('`command` belongs to adapter = "command", and is needed there')
        return self


@dataclass(frozen=True)
class GithubHost:
    """GitHub Actions, through `gh`."""

    repository: Path
    call: ToolCaller

    async def pipeline(self, *, branch: str = "", revision: str = "") -> Pipeline:
        """Take the newest run of each workflow for the commit together."""
        asked = (*(("--branch", branch) if branch and not revision else ()),)
        asked += ("--commit", revision) if revision else ()
        argv = ("gh", "run", "list", "--json", _FIELDS, "--limit", "50", *asked)
        text = await self.call.call(argv, self.repository, install=_INSTALL_GH)
        runs = json_object(f'{{"runs": {text or "[]"}}}', "gh run list")["runs"]
        found = pipeline_of(runs, branch=branch, revision=revision)
        if found.status != "failed":
            return found
        failed = [each for each in _newest_of_each(runs) if _state(each) == "failed"]
        jobs = [await self._failed_job(each) for each in failed[:5]]
        return found.model_copy(update={"failed_jobs": tuple(jobs)})

    async def _failed_job(self, run: Mapping[str, Any]) -> FailedJob:
        argv = ("gh", "run", "view", str(run["databaseId"]), "--log-failed")
        log = await self.call.call(argv, self.repository, fine=(0, 1), install=_INSTALL_GH)
        return FailedJob(
            name=str(run.get("workflowName") or run["databaseId"]),
            status=str(run.get("conclusion") or "failure"),
            log=log[-MAX_LOG_CHARACTERS:],
        )


@dataclass(frozen=True)
class CommandHost:
    """Any code host, through a command that the repository names."""

    repository: Path
    configuration: Configuration
    call: ToolCaller

    async def pipeline(self, *, branch: str = "", revision: str = "") -> Pipeline:
        """Run the command with `{branch}` and `{revision}` filled in; what it prints is read strictly."""
        argv = tuple(
            each.replace("{branch}", branch).replace("{revision}", revision)
            for each in self.configuration.command
        )
        text = await self.call.call(argv, self.repository, install=f"see `command` in {CONFIGURATION}")
        return read_pipeline(text)


async def open_code_host(repository: Path, call: ToolCaller) -> CodeHost | None:
    """Find the code host of a repository; None where the configuration says that there is none.

    Args:
        repository: the user's, whose configuration counts; never the run's own work tree.

    Raises:
        NoCodeHost: nothing says which it is.
        BadCodeHost: the configuration does not hold together.
        FileUnreadable: it cannot be read.
    """
    text = read_plain(repository / CONFIGURATION, CONFIGURATION, 64 * 1024)
    if text is not None:
        configuration = read_configuration(text, repository / CONFIGURATION)
        if configuration.adapter == "none":
            return None
        if configuration.adapter == "github":
            return GithubHost(repository, call)
        return CommandHost(repository, configuration, call.handing_over(configuration.env))
    asked = Command(
        ("git", "config", "--get", "remote.origin.url"), repository, call.given_environment(), 30.0
    )
    answer = await call.shell.run(asked, call.cancel)
    if answer.succeeded and _GITHUB.match(answer.output.strip()):
        return GithubHost(repository, call)
    raise NoCodeHost(
        "no code host is known for this repository",
        next_step=f'say in {CONFIGURATION} whom to ask, or adapter = "none"',
    )


def read_configuration(text: bytes, file: Path) -> Configuration:
    """Read the configuration of the code host.

    Raises:
        BadCodeHost: with the file and the reason.
    """
    try:
        return Configuration.model_validate(tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCodeHost(f"{file}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise BadCodeHost(f"{file}: {where}: {first['msg']}") from error


def read_pipeline(text: str) -> Pipeline:
    """Read what a command printed; logs keep their end.

    Raises:
        BadCodeHost: it has another form.
        ToolFailed: it is not a JSON object.
    """
    try:
        found = Pipeline.model_validate(json_object(text, "code host"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise BadCodeHost(f"the code host's answer: {where}: {first['msg']}") from error
    jobs = tuple(
        each.model_copy(update={"log": each.log[-MAX_LOG_CHARACTERS:]}) for each in found.failed_jobs[:20]
    )
    return found.model_copy(update={"failed_jobs": jobs})


def pipeline_of(runs: Sequence[Mapping[str, Any]], *, branch: str = "", revision: str = "") -> Pipeline:
    """Judge GitHub's list of runs: of each workflow the newest run of the newest commit counts."""
    newest = _newest_of_each(runs)
    if not newest:
        return Pipeline(status="none", branch=branch, revision=revision)
    states = {_state(each) for each in newest}
    status: PipelineStatus = "passed"
    if "failed" in states:
        status = "failed"
    elif "running" in states:
        status = "running"
    shown = next((each for each in newest if _state(each) == status), newest[0])
    return Pipeline(
        status=status,
        branch=str(newest[0].get("headBranch") or branch),
        revision=str(newest[0].get("headSha") or revision),
        address=str(shown.get("url") or ""),
    )


def _newest_of_each(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Newest run of each workflow, of the commit that ran last; GitHub lists the newest first."""
    listed = [each for each in runs if isinstance(each, dict)]
    if not listed:
        return []
    commit = listed[0].get("headSha")
    found: dict[str, Mapping[str, Any]] = {}
    for each in listed:
        if each.get("headSha") == commit:
            found.setdefault(str(each.get("workflowName")), each)
    return list(found.values())


def _state(run: Mapping[str, Any]) -> PipelineStatus:
    if run.get("status") != "completed":
        return "running"
    return "passed" if run.get("conclusion") in _FINE else "failed"


def as_text(pipeline: Pipeline) -> str:
    """One sentence about a pipeline."""
    names = ", ".join(each.name for each in pipeline.failed_jobs)
    said = {
        "passed": "the pipeline passed",
        "failed": f"the pipeline failed{f': {names}' if names else ''}",
        "running": "the pipeline runs",
        "none": "no pipeline ran",
        "unknown": "the pipeline's state is not known",
    }[pipeline.status]
    return f"{said} ({pipeline.address})" if pipeline.address else said
