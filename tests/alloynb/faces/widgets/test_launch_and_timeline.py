"""A run is launched, watched and walked through: in a notebook without a browser, by acts, and as what a page keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.run_trace import RunTrace
from alloynb.faces.trace_drawing import lanes_of
from alloynb.faces.widgets.launch_panel import LaunchPanel, NothingLaunched, StillRunning
from alloynb.faces.widgets.trace_table import TraceTable
from alloynb.faces.widgets.trace_timeline import TraceTimeline
from tests.alloynb.faces.widgets.test_widgets import Page
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.journals import RUN_ID, WrittenRun, long_run
from tests.fakes.left_alone import LeftAlone

WAIT_S = 60.0


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


@pytest.fixture
def foundry() -> Iterator[LeftAlone]:
    with LeftAlone() as engine:
        yield engine


def opened(governed: Governed, foundry: LeftAlone) -> LaunchPanel:
    return LaunchPanel(governed.workspace, html_of=lambda report: "page", foundry=foundry)


def until(promise: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not promise():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def whole(html: str) -> Page:
    page = Page(html)
    assert not page.open, "every element is closed"
    return page


def test_dry_run_is_what_a_panel_begins_with_and_a_preview_writes_nothing(
    governed: Governed, foundry: LeftAlone
) -> None:
    panel, before = opened(governed, foundry), governed.shop.tree()

    panel.preview()

    assert panel.view["form"]["throttle"] == "dry_run"
    assert panel.view["preview"]["runs"] == "validation_requested at throttle dry_run"
    assert panel.view["preview"]["digest"].startswith("sha256:")
    assert panel.view["preview"]["digest"] in panel.twin().text()
    assert governed.shop.tree() == before


def test_a_launch_leaves_the_kernel_free_and_is_read_when_it_is_over(
    governed: Governed, foundry: LeftAlone
) -> None:
    panel = opened(governed, foundry)
    panel.launch()
    assert panel.view["phase"] == "starting"
    with pytest.raises(StillRunning):
        panel.wait(0.05)

    foundry.run(foundry_request(governed), governed.workspace.root, quiet=True)

    report = panel.wait(WAIT_S)
    assert report is not None
    assert (report.status, panel.value, panel.view["report"]["good"]) == ("completed", report, True)
    assert panel.view["report"]["records"][0][:2] == [
        "The payment vendor can be replaced",
        "satisfied",
    ]
    assert "The capability holds" in panel.twin().text()
    whole(panel.twin().html())


def test_a_launch_names_where_the_code_drifted(governed: Governed, foundry: LeftAlone) -> None:
    governed.shop.plant()
    panel = opened(governed, foundry)
    panel.launch()
    foundry.run(foundry_request(governed), governed.workspace.root, quiet=True)
    panel.wait(WAIT_S)
    ((place, message, status),) = panel.view["report"]["drifted"]
    assert (place.partition(":")[0], status) == ("shop/checkout/cart.py", "new")
    assert "imports" in message
    assert panel.view["report"]["more_drifted"] == 0


def foundry_request(governed: Governed) -> str:
    (request,) = governed.workspace.mailbox.requests()
    return request.id


def test_the_tree_fills_while_the_run_goes_on(governed: Governed, foundry: LeftAlone) -> None:
    panel = opened(governed, foundry)
    panel.launch()
    run = WrittenRun().validation(("tests", "passed"))
    governed.workspace.mailbox.claim(foundry_request(governed), RUN_ID, "scripted", "2027-01-11T09:00:00Z")
    with run.writer(governed.workspace.alloy_dir / "runs") as writer:
        for fact in run.facts[:4]:
            writer.append(fact)
        until(lambda: rows(panel) and rows(panel)[-1][1:3] == ["gate", "tests"])
        assert rows(panel)[-1][5].startswith("running")
        writer.append(run.facts[4])
        until(lambda: rows(panel)[-1][3:5] == ["✔", "good"])
        assert panel.view["ours"], "it can be cancelled"
        assert panel.press("cancel") == ""
        until(lambda: foundry.processes[0].poll() is not None)


def rows(panel: LaunchPanel) -> list[list[Any]]:
    run = panel.view["run"]
    return list(run["rows"]) if run else []


def test_a_panel_of_a_restarted_kernel_finds_the_run_again(governed: Governed, foundry: LeftAlone) -> None:
    opened(governed, foundry).launch()

    again = LaunchPanel(governed.reopened(), html_of=lambda report: "page", foundry=foundry)

    assert (again.view["phase"], again.view["ours"]) == ("starting", True)
    assert "Found again" in again.view["notice"]
    foundry.run(foundry_request(governed), governed.workspace.root, quiet=True)
    assert again.wait(WAIT_S) is not None


def test_the_same_run_is_shown_and_not_run_twice(governed: Governed, foundry: LeftAlone) -> None:
    panel = opened(governed, foundry)
    panel.launch()
    foundry.run(foundry_request(governed), governed.workspace.root, quiet=True)
    panel.wait(WAIT_S)
    foundry.end()

    panel.launch()

    assert panel.wait(WAIT_S) is not None
    assert "was run before" in panel.view["notice"]
    assert len(foundry.processes) == 1
    assert "override" in panel.press("launch", **panel.view["form"], again=True, why=" ")


def test_what_cannot_be_run_says_why_and_the_next_step(tmp_path: Path, foundry: LeftAlone) -> None:
    panel = opened(governed_shop(tmp_path / "empty"), foundry)

    refused = panel.press("preview", **panel.view["form"])

    assert refused
    assert "\n" in refused, "the next step stands on a line of its own"
    assert panel.view["preview"] is None


@pytest.mark.parametrize("form", [{"template": "../x"}, {"throttle": "everything"}])
def test_a_message_of_a_hostile_page_starts_nothing(
    governed: Governed, foundry: LeftAlone, form: dict[str, str]
) -> None:
    panel = opened(governed, foundry)
    assert panel.press("launch", **{**panel.view["form"], **form}, why="")
    assert not foundry.processes


def test_there_is_nothing_to_cancel_before_a_launch(governed: Governed, foundry: LeftAlone) -> None:
    with pytest.raises(NothingLaunched):
        opened(governed, foundry).cancel()


# ---- the time line


def a_trace() -> RunTrace:
    return RunTrace(RUN_ID).add_all(WrittenRun().validation(("tests", "passed"), ("lint", "failed")).facts)


def test_a_time_line_tells_each_step_with_mark_words_and_detail() -> None:
    shown = TraceTimeline(a_trace())

    assert [row[:4] for row in shown.view["rows"]][-3:] == [
        [3, "gate", "tests", "✔"],
        [3, "gate", "lint", "✖"],
        [1, "event", "preflight_completed", "·"],
    ]
    assert (shown.view["good"], shown.view["mark"]) == (False, "✖")
    key = shown.view["rows"][1][8]
    assert shown.press("tell", key=key) == ""
    assert shown.told["key"] == key


def test_a_step_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(Exception, match="no step"):
        TraceTimeline(a_trace())._tell({"key": "nothing"})


def test_what_a_page_keeps_of_a_trace_is_a_picture_and_a_table_that_says_the_same() -> None:
    shown = TraceTable(a_trace())

    page = whole(shown.html())

    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 1
    assert (images[0]["src"] or "").startswith("data:image/svg+xml;base64,")
    assert images[0]["alt"]
    assert not {"script", "style", "svg", "link"} & {tag for tag, _ in page.tags}
    for told in (page.said, shown.text()):
        assert "1 of 2 gates did not pass" in told
        assert "lint" in told
        assert "failed, 12 ms" in told


def test_of_a_long_trace_problems_come_first_and_what_is_left_out_is_counted() -> None:
    trace = RunTrace(RUN_ID).add_all(long_run(5000))
    shown = TraceTable(trace)

    assert len(shown.html()) < 200_000
    assert all(lane.problems for lane in lanes_of(trace)[:3])
    assert "gate-370" in shown.text()
    assert "more problems" not in shown.text()
    whole(shown.html())


def test_hostile_names_stay_text() -> None:
    run = WrittenRun()
    run.add("run_started")
    run.event("e1", '<img src=x onerror="alert(1)">')
    page = whole(TraceTable(RunTrace(RUN_ID).add_all(run.facts)).html())

    assert [tag for tag, _ in page.tags].count("img") == 1, "our own picture"
    assert '<img src=x onerror="alert(1)">' in page.said
