"""How a report is told: one sentence, a page that loads nothing, text for a terminal; hostile words stay words."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.table import Table

from alloynb.application.loop_report import LoopReport, StepLine
from alloynb.faces.cli.commands.loop import _answer
from alloynb.faces.cli.terminal import Terminal
from alloynb.faces.report import html_of
from alloynb.faces.wording import headline_of
from tests.fakes.alloy_report import evidence, finding, gate, record, report_with

FAILED: dict[str, Any] = {"status": "failed", "failure_class": "execution"}


# ---- one sentence


@pytest.mark.parametrize(
    ("told", "said", "unsaid"),
    [
        ({}, ("capability holds", "nothing drifted"), ("does not",)),
        ({"records": (record(), record())}, ("2 of 2 capabilities hold",), ("not proved",)),
        ({"records": (record(), record("unknown"))}, ("1 of 2 capabilities hold", "1 not proved yet"), ()),
        ({"records": (record("unsatisfied"), record())}, ("1 of 2 capabilities", "not hold"), ("drift",)),
        ({"findings": (finding(),)}, ("1 drift finding",), ("findings", "hold")),
        ({"findings": (finding(), finding(), finding(status="exception"))}, ("2 drift findings",), ()),
        ({"contradictions": ("a?", "b?")}, ("2 contradictions",), ()),
        ({"status": "failed", "failure_class": "dispatch"}, ("run failed", "dispatch"), ("hold",)),
        ({"status": "cancelled"}, ("cancelled",), ("hold",)),
        ({"status": "completed_with_findings", "gates": (gate(status="failed"),)}, ("gate",), ("drift",)),
        (
            {**FAILED, "gates": (gate(status="failed"),), "records": (record("unsatisfied"),)},
            ("not hold",),
            (),
        ),
    ],
)
def test_one_sentence_says_what_matters(
    told: dict[str, Any], said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    headline = headline_of(report_with(**told))
    for words in said:
        assert words in headline
    for words in unsaid:
        assert words not in headline
    assert not headline[0].islower()
    assert "\n" not in headline


@pytest.mark.parametrize("status", ["completed", "completed_with_findings", "failed", "stopped", "cancelled"])
@pytest.mark.parametrize("verdict", ["satisfied", "partially_satisfied", "unsatisfied", "unknown", "waived"])
def test_every_report_can_be_told_in_every_way(status: str, verdict: Any) -> None:
    failure = "safety" if status in {"failed", "stopped"} else None
    report = report_with(status=status, failure_class=failure, records=(record(verdict),), steps=(), gates=())
    assert headline_of(report)
    assert "None" not in headline_of(report)
    assert headline_of(report) in seen(html_of(report)).replace("\n", " ")
    assert verdict.replace("_", " ") in text_of(report)


# ---- a page


class Page(HTMLParser):
    """What a browser would load and run, and what a reader would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts = 0
        self.seen: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "img", "br", "hr", "input"}:
            self._open.append(tag)
        self.scripts += tag in {"script", "iframe", "object", "embed"}
        for name, value in attrs:
            self.scripts += name.startswith("on")
            if name in {"src", "href", "action", "srcset", "data", "poster", "xlink:href"} and value:
                self.loads.append(value)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.seen.append(data)
        elif "url(" in data or "@import" in data:
            self.loads.append(data)


def seen(page: str) -> str:
    return "".join(Page(page).seen)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/x onerror=alert(1)>",
    "</style><script src=//evil.example></script>",
    "{{ 7 * 7 }}{% raw %}",
    "\"'><svg/onload=alert(1)>",
    "</details></main></body>",
]


def everywhere(words: str) -> LoopReport:
    """A report whose every text from outside is `words`."""
    told = evidence("unsatisfied", description=words, told=words, links=(words,), kind=words)
    deviation = finding(place=words, message=words, evidence_id=words, status=words, severity=words)
    return report_with(
        project=words,
        title=words,
        objective=words,
        branch=words,
        errors=(words,),
        recovery_actions=(words,),
        uncommitted=(words,),
        tree=words,
        contradictions=(words,),
        questions=(words,),
        unread=(words,),
        records=(
            record(
                "unsatisfied",
                title=words,
                capability=words,
                strategy=words,
                tradeoff=words,
                reason=words,
                evidence=(told,),
                findings=(deviation,),
            ),
        ),
        findings=(deviation,),
        resolved=(deviation,),
        gates=(gate(name=words, status="failed", details=words, source=words, mode=words, required=False),),
        steps=(StepLine(words, words, "failed", 0.0, 10.0, words),),
        status="failed",
        failure_class="execution",
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_on_the_page_stay_words(words: str) -> None:
    page = Page(html_of(everywhere(words)))
    assert page.scripts == 0
    assert page.loads == []
    assert "".join(page.seen).count(words) >= 15
    assert "49" not in "".join(page.seen)


@pytest.mark.parametrize("report", [report_with(), everywhere("words")], ids=["all holds", "nothing holds"])
def test_the_page_loads_nothing_from_anywhere(report: LoopReport) -> None:
    text = html_of(report)
    page = Page(text)
    assert page.loads == []
    assert page.scripts == 0
    assert not re.search(r"https?://", re.sub(r'xmlns="[^"]*"', "", text))
    assert text.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in text


def test_the_page_tells_everything_that_an_audit_asks() -> None:
    report = report_with()
    said = seen(html_of(report))
    source = report.provenance
    for fact in (
        *(source.brief_id, source.brief_digest, source.request_id, source.idempotency_key, source.run_id),
        *(source.requested_by, source.runner_id, source.foundry_version, report.revision),
        *(report.places.notebook, report.places.store, "papermill 2.7.0"),
    ):
        assert fact in said, fact


# ---- a terminal


def text_of(report: LoopReport) -> str:
    out = io.StringIO()
    _answer(report).show(Terminal(file=out, width=4000))  # wide, so that no line is broken
    return out.getvalue()


def test_a_report_in_which_all_holds_is_short_and_names_the_places() -> None:
    report = report_with()
    said = text_of(report)
    assert said.strip().startswith("✔")
    for place in (report.places.notebook, report.places.html, report.places.store):
        assert place in said
    assert "Needs a human" not in said
    assert "✖" not in said


def test_what_is_wrong_is_named_with_its_place() -> None:
    deviation = finding()
    report = report_with(
        records=(record("unsatisfied", findings=(deviation,)),),
        findings=(deviation,),
        gates=(gate(status="failed", details="one\ntwo\nthe reason"),),
        contradictions=("Which of the two shall stand?",),
        unread=("shop.intent.x#y: grimp is not installed",),
        **FAILED,
    )
    said = text_of(report)
    assert said.strip().startswith("✖")
    for words in (
        "shop/cart.py:7",
        "shop.cart imports shop.vendor",
        "the reason",
        "Which of the two shall stand?",
        "grimp is not installed",
        "0 of 1 passed",
    ):
        assert words in said, words


def test_an_earlier_result_is_called_one() -> None:
    assert "already run" in text_of(report_with(deduplicated=True))
    assert "already run" not in text_of(report_with())
    assert "already run" in seen(html_of(report_with(deduplicated=True)))


@pytest.mark.parametrize(
    "words", ["[bold red]list[int][/bold red] [link=https://evil.example]here[/link] [/]", ":warning: :key:"]
)
def test_square_brackets_and_emoji_names_are_words(words: str) -> None:
    assert text_of(everywhere(words)).count(words) >= 8
    out = io.StringIO()
    table = Table("[bold]column[/bold]")
    table.add_row(words)
    Terminal(file=out, width=4000).print(table)
    assert words in out.getvalue(), "in a table too"
    assert "[bold]column[/bold]" in out.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("\x1b[2J\x1b[1;1Hall is well", id="clears the screen"),
        pytest.param("\x1b]0;owned\x07title", id="sets the title"),
        pytest.param("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", id="hides a link"),
        pytest.param("\x9b2Jeight bits", id="eight-bit control"),
        pytest.param("back\x08\x08\x08\x08up", id="overwrites"),
        pytest.param("bell\x07", id="rings"),
        pytest.param("over\rwritten", id="returns"),
        pytest.param("\u202egpj.exe", id="reads backwards"),
    ],
)
def test_no_words_from_outside_steer_the_terminal(words: str) -> None:
    said = text_of(everywhere(words))
    assert not list(steering(said)), f"{list(steering(said))} in {said[:400]!r}"


def steering(text: str) -> Iterator[str]:
    """Characters that a terminal obeys instead of showing them."""
    return (
        each
        for each in text
        if each != "\n" and (ord(each) < 32 or 127 <= ord(each) < 160 or each == "\u202e")
    )


def test_colours_come_from_us_alone() -> None:
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, color_system="standard", width=100, _environ={})
    terminal.print("\x1b[31mred\x1b[0m", style="green")
    assert out.getvalue() == "\x1b[32m\\x1b[31mred\\x1b[0m\x1b[0m\n"
