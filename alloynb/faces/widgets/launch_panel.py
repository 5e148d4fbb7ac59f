"""Launch a run, watch its tree fill, cancel it, read what it meant; found again after a restart (spec 7.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import traitlets

from alloynb.application.compile_intent import preview_brief
from alloynb.application.follow_run import RunFollower, running_runs
from alloynb.application.launch_run import (
    Launch,
    cancel_launch,
    launch_choices,
    launch_run,
    look_at_launch,
    standing_launches,
)
from alloynb.application.run_loop import HtmlOf, RunLoop, read_again
from alloynb.errors import AlloyError
from alloynb.faces.report import html_of as page_of
from alloynb.faces.trace_wording import headline_of_trace
from alloynb.faces.widgets.launch_card import LaunchCard, ShownPreview
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in, told
from alloynb.faces.widgets.run_card import MOST_FINDINGS
from alloynb.faces.widgets.step_rows import is_good, rows_of, told_of
from alloynb.faces.wording import headline_of
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.errors import ArtifactError

if TYPE_CHECKING:
    from alloynb.application.foundry_command import FoundryInBackground
    from alloynb.application.loop_report import LoopReport
    from alloynb.application.workspace import Workspace

LOOK_EVERY_S = 0.2
DRAW_EVERY_S = 1.0
RESULT_WAIT_S = 30.0
_MANY_STEPS = 600
_PHASES = {
    "": "",
    "starting": "Starting: Foundry verifies the request.",
    "running": "Running.",
    "reading": "Over; reading what it meant.",
    "ended": "Over.",
    "died": "The process is gone and left no result.",
}


class LaunchPanel(Live):
    """Choose, preview, launch, watch, cancel. `value` is the report of the last run that was read, or None.

    The run is a process of its own: the kernel stays usable, and may be restarted; a new panel finds the run again.
    """

    module = "launch_panel"

    told = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        workspace: Workspace,
        *,
        template: str = "validate",
        throttle: Throttle = "dry_run",
        objective: str = "",
        html_of: HtmlOf = page_of,
        foundry: FoundryInBackground | None = None,
    ) -> None:
        """Open a panel on a workspace; when a run is being worked on there, it is watched.

        Args:
            template, throttle, objective: what the form says at first.
            foundry: the execution engine; the installed `foundry-kernel` when None.
        """
        self._workspace, self._html_of, self._foundry = workspace, html_of, foundry
        self._choices = launch_choices()
        self._form: dict[str, Any] = {"template": template, "throttle": throttle, "objective": objective}
        self._lock = threading.RLock()
        self._preview: ShownPreview | None = None
        self._launch: Launch | None = None
        self._follower: RunFollower | None = None
        self._phase, self._notice = "", ""
        self._over = threading.Event()
        self._over.set()
        self._number = 0
        super().__init__(value=None, view=self._drawn())
        self._find_again()

    # ---- what a notebook calls, and a browser by acts

    def preview(self, **form: Any) -> None:
        """Compile without writing anything, and show what would be run.

        Args:
            form: `template`, `throttle`, `objective`; what is left out stays as it was.

        Raises:
            CompilationRefused, BrokenFiles: why nothing can be run, and the next step.
        """
        command = self._command(form)
        self._preview = None
        try:
            self._preview = ShownPreview.of(
                preview_brief(self._workspace, command.compilation), command.throttle
            )
        finally:
            self._draw()

    def launch(self, *, again: bool = False, why: str = "", **form: Any) -> None:
        """Start the run and return at once; the same request is never run twice, unless `again` says why.

        Raises:
            what `launch_run` raises; nothing was started.
        """
        command = self._command(form, again=again, why=why)
        launch = launch_run(self._workspace, command, foundry=self._foundry)
        self._notice = (
            "The same was run before: this is its result. To run it again, say why."
            if launch.deduplicated
            else "; ".join(f"Not as the brief says: {each}" for each in launch.compiled_down)
        )
        self._follow(launch.run_id, launch)

    def watch(self, run_id: str) -> None:
        """Watch a run, whoever launched it; one that is over is read."""
        self._notice = ""
        self._follow(
            run_id, next((each for each in standing_launches(self._workspace) if each.run_id == run_id), None)
        )

    def cancel(self, *, at_once: bool = False) -> None:
        """Ask the run to stop, or end its processes at once.

        Raises:
            NotCancelled: nothing is running, or it was launched elsewhere.
        """
        if self._launch is None:
            raise NothingLaunched(
                "this panel launched nothing", next_step="stop the run where it was started"
            )
        if at_once or (self._follower is not None and self._follower.is_alive):
            cancel_launch(self._workspace, self._launch.request_id, at_once=at_once)
            self._notice = "Ended." if at_once else "Asked to stop: its commands are ended."
        else:
            self._notice = "Asked to stop: it ends as soon as it has begun."
            threading.Thread(target=self._cancel_later, args=(self._launch.request_id,), daemon=True).start()
        self._draw()

    def wait(self, time_limit_s: float = 600.0) -> LoopReport | None:
        """Wait until the run is over and read; the answer is what `value` then is.

        Raises:
            StillRunning: the time is up; the run goes on.
        """
        if not self._over.wait(time_limit_s):
            raise StillRunning(f"not over after {time_limit_s:g} s; the run goes on")
        report: LoopReport | None = self.value
        return report

    # ---- Live

    def twin(self) -> LaunchCard:
        """What was previewed, what ran, what it meant."""
        return LaunchCard(
            self._preview, self._follower.trace if self._follower else None, self.value, self._told_phase()
        )

    def acts(self) -> Mapping[str, Act]:
        """`preview`, `launch`, `cancel`, `end`, `watch`, and `tell` more about one step."""
        return {
            "preview": lambda payload: self.preview(**_form_in(payload)),
            "launch": lambda payload: self.launch(
                again=payload.get("again") is True, why=text_in(payload, "why", most=500), **_form_in(payload)
            ),
            "cancel": lambda payload: self.cancel(),
            "end": lambda payload: self.cancel(at_once=True),
            "watch": lambda payload: self.watch(text_in(payload, "run_id", most=60)),
            "tell": self._tell,
        }

    def _tell(self, payload: Payload) -> None:
        key = text_in(payload, "key", most=400)
        step = self._follower.trace.find(key) if self._follower else None
        if step is not None:
            self.told = {"key": key, "pairs": told_of(step)}

    def _cancel_later(self, request_id: str) -> None:
        try:
            cancel_launch(self._workspace, request_id)
        except (AlloyError, ArtifactError) as error:
            self._notice = str(error)

    def _command(self, form: Mapping[str, Any], *, again: bool = False, why: str = "") -> RunLoop:
        wanted = {**self._form, **form}
        if wanted["template"] not in {each.template for each in self._choices}:
            raise UnfitMessage(f"{wanted['template']!r} is no template")
        if wanted["throttle"] not in get_args(Throttle):
            raise UnfitMessage(f"{wanted['throttle']!r} is no throttle")
        self._form = wanted
        return RunLoop(
            wanted["template"],
            throttle=wanted["throttle"],
            again=again,
            why=why,
            objective=wanted["objective"].strip(),
        )

    # ---- following

    def _find_again(self) -> None:
        """Take up a run that is being worked on: the one that was launched from here, else any other."""
        launches = standing_launches(self._workspace)
        if launches:
            self._notice = "Found again: this run was launched before."
            self._follow(launches[-1].run_id, launches[-1])
        elif running := running_runs(self._workspace):
            self._notice = "This run was started elsewhere."
            self._follow(running[-1], None)

    def _follow(self, run_id: str | None, launch: Launch | None) -> None:
        with self._lock:
            self._number += 1
            self._launch, self._phase = launch, launch.phase if launch else "running"
            self._follower = RunFollower(self._workspace.run_dir(run_id)) if run_id else None
            self.value = None
            self._over.clear()
            number = self._number
        self._draw()
        threading.Thread(target=self._keep_looking, args=(number,), name="launch panel", daemon=True).start()

    def _keep_looking(self, number: int) -> None:
        try:
            self._look_until_over(number)
            if number == self._number:
                self._read()
        except (AlloyError, ArtifactError, OSError) as error:
            self._notice, self._phase = str(error), "died"
        finally:
            if number == self._number:
                self._draw()
                self._over.set()

    def _look_until_over(self, number: int) -> None:
        drawn, gone_since = 0.0, None
        while number == self._number:
            over = self._look()
            died = self._phase == "died"
            gone_since = (gone_since or time.monotonic()) if died else None
            took_long = self._follower is not None and self._follower.trace.steps > _MANY_STEPS
            if (self._changed and not took_long) or time.monotonic() - drawn > DRAW_EVERY_S:
                self._draw()
                drawn = time.monotonic()
            # Foundry's witness may still deliver the result of a process that was killed.
            waited = gone_since is not None and time.monotonic() - gone_since > RESULT_WAIT_S
            if over and (not died or waited or self._launch is None or self._launch.run_id is None):
                return
            time.sleep(LOOK_EVERY_S)

    def _look(self) -> bool:
        """Look once; returns whether nothing more will come."""
        before = self._phase
        if self._launch is not None:
            self._launch = look_at_launch(self._workspace, self._launch.request_id)
            self._phase = self._launch.phase
            if self._follower is None and self._launch.run_id is not None:
                self._follower = RunFollower(self._workspace.run_dir(self._launch.run_id))
        grew = self._follower.look() if self._follower else False
        if self._launch is None:
            alive = self._follower is not None and self._follower.is_alive
            self._phase = "running" if alive else "ended"
        self._changed = grew or before != self._phase
        return self._phase in {"ended", "died"}

    _changed = False

    def _read(self) -> None:
        run_id = self._follower.trace.run_id if self._follower else None
        if run_id is None or self._phase == "died":
            return
        self._phase = "reading"
        self._draw()
        try:
            self.value = read_again(self._workspace, run_id, html_of=self._html_of)
        except AlloyError as error:  # a run that was emitted by hand has no brief to be read through
            self._notice = self._notice or told(error)
        self._phase = "ended"

    # ---- drawing

    def _told_phase(self) -> str:
        if self._phase == "died" and self._launch is not None and self._launch.said:
            return f"{_PHASES['died']}\n{self._launch.said[-600:]}"
        return _PHASES[self._phase]

    def _draw(self) -> None:
        with self._lock:
            self.view = self._drawn()

    def _drawn(self) -> dict[str, Any]:
        return {
            "form": self._form,
            "choices": [[each.template, each.title, each.objective] for each in self._choices],
            "preview": self._preview.as_json() if self._preview else None,
            "phase": self._phase,
            "told": self._told_phase(),
            "notice": self._notice,
            "ours": self._launch is not None and self._phase in {"starting", "running"},
            "run": self._run(),
            "report": self._report(),
        }

    def _run(self) -> dict[str, Any] | None:
        if self._follower is None:
            return None
        trace = self._follower.trace
        now_ms = trace.moment_ms(datetime.now(UTC)) if trace.is_running else trace.last_ms
        good = is_good(trace)
        return {
            "run_id": trace.run_id,
            "good": good,
            "mark": "…" if good is None else "✔" if good else "✖",
            "headline": headline_of_trace(trace),
            "circumstances": f"{trace.run_id} at throttle {trace.throttle or '…'}, {trace.steps} steps",
            "span": max(now_ms, trace.root.took_ms or 0.0),
            "rows": rows_of(trace, now_ms),
        }

    def _report(self) -> dict[str, Any] | None:
        report: LoopReport | None = self.value
        if report is None:
            return None
        return {
            "good": report.holds,
            "headline": headline_of(report),
            "records": [[each.title, each.verdict, each.reason, each.record_id] for each in report.records],
            "drifted": [[each.place, each.message, each.status] for each in report.drifted[:MOST_FINDINGS]],
            "more_drifted": len(report.drifted[MOST_FINDINGS:]),
            "notebook": report.places.notebook,
            "html": report.places.html,
        }


class NothingLaunched(AlloyError):
    """There is nothing that this panel could cancel."""


class StillRunning(AlloyError):
    """The run was not over in time; it goes on."""

    exit_code = 4


def _form_in(payload: Payload) -> dict[str, str]:
    return {
        "template": text_in(payload, "template", most=60),
        "throttle": text_in(payload, "throttle", most=20),
        "objective": text_in(payload, "objective", most=2000),
    }
