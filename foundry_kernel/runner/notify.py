"""Telling somebody that a request ended badly: a command or a web address, never at the request's cost (spec 7.2).

The notice is one small JSON object: request, run, project, status, failure class, message, next step, recovery actions.
Secrets that the runner knows are blotted out. A notifier gets its time and no more, and its failure is only said.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.runner.backends.backend import Finished, Work

TIME_LIMIT_S = 10.0
LONGEST_NOTICE = 8 * 1024
_GOOD = frozenset({"completed"})
_SECRET = re.compile(r"(?i)(key|token|secret|passw|credential)")


@dataclass(frozen=True)
class Notifier:
    """Whom to tell, and of what.

    Attributes:
        command: gets the notice on stdin.
        webhook: gets the notice by POST; redirects are not followed.
        always: also of what ended well.
    """

    command: tuple[str, ...] = ()
    webhook: str = ""
    always: bool = False
    time_limit_s: float = TIME_LIMIT_S

    def __call__(
        self, work: Work, finished: Finished, tell: Callable[[str], None] = lambda text: None
    ) -> None:
        """Tell of one end; returns when the notifiers are done or their time is over. Never raises."""
        if finished.status in _GOOD and not self.always:
            return
        text = notice_text(work, finished)
        for name, act in (("command", self._run), ("webhook", self._post)):
            try:
                act(text)
            except Exception as error:  # noqa: BLE001 - a failing notifier fails nothing else
                reason = str(error).splitlines()[0] if str(error) else ""
                tell(
                    f"{work.request_id}: the {name} that is told of failures: {type(error).__name__}: {reason}"[
                        :500
                    ]
                )

    def _run(self, text: bytes) -> None:
        if self.command:
            subprocess.run(
                self.command,
                input=text,
                check=True,
                timeout=self.time_limit_s,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _post(self, text: bytes) -> None:
        if not self.webhook:
            return
        if urlsplit(self.webhook).scheme not in {"http", "https"}:
            raise ValueError("not an http address")
        asked = urllib.request.Request(
            self.webhook, data=text, headers={"Content-Type": "application/json"}, method="POST"
        )
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(asked, timeout=self.time_limit_s) as answer:
            answer.read(1024)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What we have to say is for the address that was named, and for no other."""

    def redirect_request(self, *given: Any, **more: Any) -> None:
        """Follow none."""


def notice_of(work: Work, finished: Finished) -> Mapping[str, Any]:
    """What a notice says."""
    return {
        "request_id": work.request_id,
        "run_id": finished.run_id,
        "project_id": work.project_id,
        "requested_by": work.requested_by,
        "status": finished.status,
        "failure_class": finished.failure_class,
        "message": finished.message[:2000],
        "next_step": finished.next_step[:500],
        "recovery_actions": list(finished.recovery_actions),
    }


def _knowing_our_secrets() -> Redactor:
    """A redactor that knows the values of variables of this process whose names say that they are secret."""
    redactor = Redactor()
    redactor.learn({name: value for name, value in os.environ.items() if _SECRET.search(name)})
    return redactor


def notice_text(work: Work, finished: Finished, redactor: Redactor | None = None) -> bytes:
    """The notice as it is sent: JSON, secrets blotted out, never longer than `LONGEST_NOTICE` bytes."""
    blot = redactor or _knowing_our_secrets()
    notice = {
        name: blot(value) if isinstance(value, str) else value
        for name, value in notice_of(work, finished).items()
    }
    text = json.dumps(notice, ensure_ascii=True).encode()
    if len(text) <= LONGEST_NOTICE:
        return text
    return json.dumps({**notice, "message": str(notice["message"])[:200]}, ensure_ascii=True).encode()[
        :LONGEST_NOTICE
    ]
