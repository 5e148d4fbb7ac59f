"""Recorded calls: what an agent answered and changed, as files that people can read and write (spec 4.7).

A folder holds one file per call, JSON or TOML. Its name says which calls it serves; the most exact name wins:

    triage.toml                            every call of the phase
    execution.attempt-2.json               its second attempt, in every iteration
    execution.iteration-3.attempt-1.json   just this one
    triage.again.toml                      a call that repeats one whose answer could not be used

Beside the answer a recording may name a patch (unified diff, in a file of the same folder), files to write, and files
to remove. All paths are relative to the work tree and cannot leave it.
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundry_kernel.agents.agent import AgentTask, Answer
from foundry_kernel.agents.errors import BadRecording, MissingRecording
from foundry_kernel.gateways.secrets import Redactor
from runtime_artifacts.canonical import digest_of_bytes, parse_json
from runtime_artifacts.content import RelativePath
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.safe_path import resolve_inside
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import replace_whole

ENDINGS = (".toml", ".json")
LARGEST_FILE_BYTES = 4 * 1024 * 1024
FailureKind = Literal["failed", "timed_out", "not_installed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordedFailure(_Part):
    """How the call failed."""

    kind: FailureKind = "failed"
    message: str = "recorded failure"


class RecordedCost(_Part):
    """What the call used."""

    usd: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None


class Recording(_Part):
    """One recorded call.

    Attributes:
        text: the agent's words.
        answer: a structured answer; put at the end of the words as a JSON block.
        patch: name of a file in the recording's folder, a unified diff that `git apply` understands.
        write: whole content of files, by path.
        write_base64: the same for files that are not text.
        remove: paths that are removed.
        delay_s: seconds that the call takes at least.
        failure: how it fails, after the changes were made.
        recorded_with: which adapter answered when it was recorded, and the digest of the prompt. Only told.
    """

    text: str = ""
    answer: dict[str, Any] | None = None
    patch: RelativePath | None = None
    write: dict[RelativePath, str] = Field(default_factory=dict)
    write_base64: dict[RelativePath, str] = Field(default_factory=dict)
    remove: tuple[RelativePath, ...] = ()
    delay_s: float = Field(default=0.0, ge=0, le=3600, allow_inf_nan=False)
    failure: RecordedFailure | None = None
    cost: RecordedCost = Field(default_factory=RecordedCost)
    model: str | None = None
    session_id: str | None = None
    recorded_with: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stays_out_of_git(self) -> Recording:
        for path in (*self.write, *self.write_base64, *self.remove):
            if ".git" in [part.lower() for part in Path(path).parts]:
                raise ValueError(f"{path} belongs to git")
        return self

    @property
    def words(self) -> str:
        """The whole text that the agent answers with."""
        if self.answer is None:
            return self.text
        block = f"```json\n{json.dumps(self.answer, indent=1, ensure_ascii=False)}\n```\n"
        return f"{self.text.rstrip()}\n\n{block}" if self.text.strip() else block


def find_recording(folder: Path, task: AgentTask) -> tuple[Recording, Path]:
    """Find the recording that serves a call.

    Raises:
        MissingRecording: there is none; names the files that would serve.
        BadRecording: it cannot be read, or two files are equally exact.
    """
    names = _names(task)
    for name in names:
        files = [folder / f"{name}{ending}" for ending in ENDINGS if (folder / f"{name}{ending}").exists()]
        if len(files) > 1:
            raise BadRecording(f"{files[0]} and {files[1].name} serve the same call; remove one")
        if files:
            return read_recording(files[0]), files[0]
    raise MissingRecording(
        f"nothing is recorded for phase {task.phase}, attempt {task.attempt}, iteration {task.iteration}"
        f"{', asked again' if task.asked_again else ''} in {folder}",
        next_step=f"write {names[-1]}.toml there, or record a run with `record` in agents.toml",
    )


def read_recording(file: Path) -> Recording:
    """Read one recording.

    Raises:
        BadRecording: with the file, and the place in it where that is known.
    """
    try:
        text = read_untrusted(file)
        raw = tomllib.loads(text.decode()) if file.suffix == ".toml" else parse_json(text, file)
        return Recording.model_validate(raw)
    except (ArtifactError, FileNotFoundError) as error:
        raise BadRecording(str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRecording(f"{file}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadRecording(
            f"{file}: {'.'.join(map(str, first['loc'])) or 'recording'}: {first['msg']}"
        ) from error


def play_files(recording: Recording, file: Path, tree: Path) -> None:
    """Write and remove the files that a recording names.

    Raises:
        BadRecording: a path leads out of the tree, a content is not base64, or a file cannot be written.
    """
    try:
        for path, text in recording.write.items():
            replace_whole(resolve_inside(tree, path), text.encode())
        for path, text in recording.write_base64.items():
            replace_whole(resolve_inside(tree, path), base64.b64decode(text, validate=True))
        for path in recording.remove:
            resolve_inside(tree, str(Path(path).parent)).joinpath(Path(path).name).unlink(missing_ok=True)
    except (ArtifactError, OSError, binascii.Error) as error:
        raise BadRecording(f"{file}: cannot be played: {error}") from error


def record_call(
    folder: Path,
    task: AgentTask,
    adapter: str,
    outcome: Answer | RecordedFailure,
    changed_files: tuple[str, ...],
    redactor: Redactor,
) -> Path:
    """Record a call for the adapter `replayed`, without secrets; an earlier recording of the same call is replaced.

    Args:
        changed_files: paths whose present content in the tree belongs to the recording; one that is gone is recorded as
            removed.

    Raises:
        BadRecording: a changed file is larger than 4 MiB, or cannot be read.
        OSError: the folder cannot be written.
    """
    raw: dict[str, Any] = {
        "recorded_with": {
            "adapter": adapter,
            "prompt_digest": digest_of_bytes(redactor(task.prompt).encode()),
        },
        **_content_of(task.cwd, changed_files, redactor),
    }
    if isinstance(outcome, RecordedFailure):
        raw["failure"] = {"kind": outcome.kind, "message": redactor(outcome.message)}
    else:
        cost = {
            "usd": outcome.cost.usd,
            "tokens_in": outcome.cost.tokens_in,
            "tokens_out": outcome.cost.tokens_out,
        }
        raw |= {
            "text": redactor(outcome.text),
            "cost": cost,
            "model": outcome.model,
            "session_id": outcome.session_id,
        }
    file = folder / f"{_names(task)[0]}.json"
    text = json.dumps(raw, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    replace_whole(file, text.encode(errors="replace"))
    return file


def _names(task: AgentTask) -> list[str]:
    """File names without ending that serve a call, the most exact first."""
    exact = [
        f"{task.phase}.iteration-{task.iteration}.attempt-{task.attempt}",
        f"{task.phase}.attempt-{task.attempt}",
        task.phase,
    ]
    return [f"{name}.again" for name in exact] + exact if task.asked_again else exact


def _content_of(tree: Path, changed_files: tuple[str, ...], redactor: Redactor) -> dict[str, Any]:
    write: dict[str, str] = {}
    write_base64: dict[str, str] = {}
    remove: list[str] = []
    for path in changed_files:
        if (
            path == "HEAD"
        ):  # a commit that the agent made is not played; the content of its files is not known here
            continue
        try:
            content = read_untrusted(resolve_inside(tree, path), LARGEST_FILE_BYTES)
        except FileNotFoundError:
            remove.append(path)
            continue
        except ArtifactError as error:
            raise BadRecording(f"{path} cannot be recorded: {error.message}") from error
        try:
            write[path] = redactor(content.decode())
        except UnicodeDecodeError:
            write_base64[path] = base64.b64encode(content).decode()
    return {"write": write, "write_base64": write_base64, "remove": remove}
