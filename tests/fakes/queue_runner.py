"""A runner process that serves a queue and mutates a real remote, in little: commit and push once for each key.

    python -m tests.fakes.queue_runner URL NAME FOLDER REMOTE SLOTS TTL_S [naive]

It stands for a machine: a clone of its own, a process of its own, which tests kill, stop and continue. What a whole run
would do with agents and gates is a pause here; how it commits and pushes is what the blocks do. A `naive` one pushes
without a key, to show what happens then.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.gateways.git_keys import KEYS, RUN_TRAILER, key_name
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.backends.durable import QueueServer, ServeQueue

LONGEST_PAUSE_S = 0.06


class GitMutator:
    """Executes work by one commit and one push; pauses where a runner may die."""

    def __init__(self, name: str, folder: Path, remote: str, *, naive: bool = False) -> None:
        self.name, self.folder, self.remote, self.naive = name, folder, remote, naive
        self._random = random.Random(f"{name}{os.getpid()}")
        self._one_at_a_time = threading.Lock()
        if not folder.exists():
            git(folder.parent, "clone", "-q", remote, str(folder))

    def materialize(self, work: Work) -> None:
        """There is nothing to lay out."""

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Commit and push; hears a wish before each step."""
        if work.request.get("sleep_s"):
            deadline = time.monotonic() + float(work.request["sleep_s"])
            while time.monotonic() < deadline:
                wanted = wish()
                if wanted is not None:
                    return Finished("cancelled", message=f"cancelled by {wanted.by}")
                time.sleep(0.05)
        with self._one_at_a_time:
            return asyncio.run(self._deliver(work, holding))

    async def _deliver(self, work: Work, holding: Holding) -> Finished:
        run = f"run_{self.name}_{holding.number}_{os.getpid()}"
        branch = f"alloy/{work.request_id}/{hashlib.sha256(run.encode()).hexdigest()[:8]}"
        tree = self.folder.parent / f"{self.folder.name}-trees" / branch.replace("/", "-")
        own, key = CommandGit(), key_name(work.key)
        await own.add_worktree(self.folder, "origin/main", tree, branch)
        (tree / f"{work.request_id}.txt").write_text(run)
        self._pause()
        trailers = {RUN_TRAILER: run, "Idempotency-Key": work.key}
        if self.naive:
            await own.commit(tree, f"Do {work.request_id}", trailers)
            self._pause()
            await own.push(tree, "origin", branch)
            self._pause()
            return Finished("completed", run_id=run)
        await own.commit_once(tree, f"Do {work.request_id}", trailers, key)
        self._pause()
        kept = (
            await own.push_once(tree, "origin", branch, key)
            if await own.trailer(tree, "HEAD", RUN_TRAILER) == run
            else await self._finish_or_answer(own, tree, key, work.request_id)
        )
        self._pause()
        return Finished("completed", run_id=run, message=kept if isinstance(kept, str) else kept.commit)

    async def _finish_or_answer(self, own: CommandGit, tree: Path, key: str, request_id: str) -> str:
        """An earlier run of this machine committed and died: finish its push; or another delivered."""
        commit = await own.commit_of_key(tree, key)
        assert commit is not None
        for ref, tip in (await own.refs(tree, f"refs/heads/alloy/{request_id}")).items():
            if tip == commit:
                return (await own.push_once(tree, "origin", ref.removeprefix("refs/heads/"), key)).commit
        return commit

    def _pause(self) -> None:
        time.sleep(self._random.uniform(0, LONGEST_PAUSE_S))


class RunnerProcess:
    """One such process, to be killed by tests."""

    def __init__(self, url: str, name: str, folder: Path, remote: str, *more: str) -> None:
        self.arguments = (url, name, str(folder), remote, *more)
        self.process = self._start()

    def kill(self) -> None:
        """As if somebody pulled the plug."""
        self.process.kill()
        self.process.wait()

    def again(self) -> None:
        """Start it anew."""
        self.process = self._start()

    def stop(self) -> None:
        """As if the machine slept."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """As if it woke up."""
        self.process.send_signal(signal.SIGCONT)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.queue_runner", *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on()
        self.kill()


def bare_remote(folder: Path) -> str:
    """A remote with one commit."""
    remote, first = folder / "remote.git", folder / "first"
    git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
    git(folder, "clone", "-q", str(remote), str(first))
    git(first, "checkout", "-q", "-b", "main")
    git(first, *_WHO, "commit", "-q", "--allow-empty", "-m", "begin")
    git(first, "push", "-q", "origin", "main")
    return str(remote)


def delivered(remote: str) -> dict[str, list[str]]:
    """Commits at the remote beyond the first one, by idempotency key."""
    form = "--format=%H %(trailers:key=Idempotency-Key,valueonly=true,separator=%x20)"
    found: dict[str, list[str]] = {}
    for line in git(Path(remote), "log", "--branches", form, "^main").splitlines():
        commit, _, key = line.partition(" ")
        found.setdefault(key.strip(), []).append(commit)
    return found


def keys_at(remote: str) -> list[str]:
    """Keys that stand at a remote."""
    return git(Path(remote), "for-each-ref", "--format=%(refname)", KEYS).splitlines()


def git(folder: Path, *words: str) -> str:
    """Git, quick and without settings."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def piece_of_work(number: int, *, asked_as: str = "", project: str = "shop", **request: object) -> Work:
    """Work with a key of its own."""
    key = f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}"
    request_id = asked_as or f"runreq_{number:026d}"
    return Work(key, "hash", request_id, project, changes=False, requested_by="ada", request=request)


@contextmanager
def all_of(processes: Iterable[RunnerProcess]):  # type: ignore[no-untyped-def]
    """End every process, whatever happens."""
    found = list(processes)
    try:
        yield found
    finally:
        for each in found:
            each.__exit__(None, None, None)


_WHO = ("-c", "user.name=t", "-c", "user.email=t@localhost")


def main(arguments: list[str]) -> None:
    """See the top of this module."""
    url, name, folder, remote, slots, ttl_s = arguments[:6]
    executor = GitMutator(name, Path(folder), remote, naive=arguments[6:] == ["naive"])
    how = ServeQueue(name, ("shop",), slots=int(slots), ttl_s=float(ttl_s), poll_s=0.05)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = QueueServer(url, executor, how)
    server.start()
    stop.wait()
    server.stop(wait_s=5)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
