"""What notebooks show says the same as HTML and as text, escapes what it is given, and can be read by everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alloynb.application.compile_intent import CompileIntent, preview_brief
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.loop_report import (
    EvidenceLine,
    FindingLine,
    GateLine,
    LoopReport,
    Places,
    Provenance,
    RecordLine,
)
from alloynb.application.read_intent import ListIntent, list_intent
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.faces.widgets import AnswerTable, BriefCard, DriftTable, RecordsTable, RunCard
from alloynb.faces.widgets.shown import Shown
from alloynb.intent.authority import Principal

HOSTILE = '<script>alert("1")</script> & "more"'


class Page(HTMLParser):
    """What a browser would make of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def check_readable(shown: Shown) -> Page:
    """Hold a display object against what every one of them promises."""
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == str(shown)
    page = Page(bundle["text/html"])
    assert not page.open, "every element is closed"
    names = [tag for tag, _ in page.tags]
    assert not {"script", "style", "link", "img", "iframe", "svg"} & set(names), (
        "nothing that is stripped or loaded"
    )
    assert names[0] == "section"
    assert page.tags[0][1]["aria-label"]
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), "no handlers"
        assert "url(" not in (attributes.get("style") or "")
        if tag == "th":
            assert attributes["scope"] in {"col", "row"}
    named = any(tag == "table" and attributes.get("aria-label") for tag, attributes in page.tags)
    assert names.count("caption") >= 1 or named or "table" not in names or "terms" in bundle["text/html"]
    return page


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "shop"
    root.mkdir()
    initialize_workspace(InitializeWorkspace(root))
    return open_workspace(root, principal=Principal("ada"), clock=lambda: datetime(2027, 1, 11, tzinfo=UTC))


def accepted(workspace: Workspace, **texts: str) -> None:
    texts_of = ("title", "capability", "threat", "expectation", "strategy", "tradeoff")
    fields: dict[str, Any] = dict.fromkeys(texts_of, "As `agreed`.")
    fields |= {
        **texts,
        "severity": "high",
        "sources": [{"source_type": "human", "ref": "ada"}],
        "evidence": [
            {
                "id": "imports",
                "kind": "import_boundary",
                "description": "a never imports b",
                "rule": {"type": "forbidden", "packages": ["a", "b"], "sources": ["a"], "targets": ["b"]},
            }
        ],
    }
    draft_intent(workspace, DraftIntent("boundary", fields, "to test"))
    decide_intent(workspace, DecideIntent("boundary", "accepted", "to test"))


def test_records_are_told_with_status_and_price(workspace: Workspace) -> None:
    accepted(workspace, tradeoff="One more interface.")
    shown = RecordsTable(list_intent(workspace, ListIntent()))

    page = check_readable(shown)

    assert "1 intent record" in page.said
    for told in (page.said, shown.text()):
        assert "accepted" in told
        assert "shop.intent.boundary" in told
    assert "One more interface." in page.said


def test_no_records_are_no_empty_table() -> None:
    shown = RecordsTable([])

    assert check_readable(shown).said == shown.text() == "No records yet."


def test_backticks_become_code_and_markup_stays_text(workspace: Workspace) -> None:
    accepted(workspace, capability=f"`checkout` survives {HOSTILE}")
    html = RecordsTable(list_intent(workspace, ListIntent())).html()

    assert ">checkout</code> survives" in html
    assert HOSTILE in Page(html).said


def test_a_brief_says_what_it_protects_and_what_agents_would_be_told(workspace: Workspace) -> None:
    accepted(workspace, capability="We can change b.")
    formation = preview_brief(workspace, CompileIntent())
    plain, with_prompt = BriefCard(formation), BriefCard(formation, prompt="review")

    page = check_readable(with_prompt)

    for told in (page.said, with_prompt.text()):
        assert formation.brief.digest in told
        assert "We can change b." in told
        assert "boundary.imports" in told
        assert "# Review" in told
    assert "# Review" not in plain.html()
    assert ("details", {}) in page.tags, "a prompt is long, and folded away"


def test_a_brief_without_the_phase_names_those_that_there_are(workspace: Workspace) -> None:
    accepted(workspace)
    shown = BriefCard(preview_brief(workspace, CompileIntent()), prompt="guessing")  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=r"guessing.*assessment, triage"):
        shown.html()


FINDING = FindingLine("finding_1", "r", "r#imports", "a/x.py:3", "a imports b", "new", "high", "abc")
RECORD = RecordLine(
    "shop.intent.boundary",
    f"Leave {HOSTILE}",
    "We can leave.",
    "Do not import.",
    "One interface.",
    "high",
    "unsatisfied",
    "Broken by imports.",
    (
        EvidenceLine(
            "r#imports", "import_boundary", "a never imports b", "required", "unsatisfied", "gate failed"
        ),
    ),
    (FINDING,),
)
REPORT = LoopReport(
    project="shop",
    title="A shop",
    objective="See.",
    entry_event="validation_requested",
    throttle="dry_run",
    status="completed_with_findings",
    failure_class=None,
    errors=(),
    recovery_actions=(),
    deduplicated=False,
    revision="0123456789abcdef",
    branch="main",
    started_at="2027-01-11T09:00:00.000000Z",
    duration_ms=1700.0,
    uncommitted=(),
    tree="revision 0123456789ab",
    records=(RECORD,),
    gates=(GateLine("boundary.imports", "preflight", "failed", False, "m", "overlay", 900.0, "✖ a", None),),
    findings=(FINDING,),
    resolved=(),
    contradictions=(),
    questions=(),
    unread=(),
    steps=(),
    provenance=Provenance(
        "brief_1", "sha256:1", "runreq_1", "key", "run_1", 1, "ada", "local", "0.1", "foundry", {}
    ),
    places=Places("/runs/1", "/runs/1/executed.ipynb", "/evidence.duckdb", "/1.html"),
)


def test_a_run_says_its_verdict_before_anything_else() -> None:
    shown = RunCard(REPORT)

    page = check_readable(shown)

    for told in (page.said, shown.text()):
        assert told.startswith("✖ The capability does not hold; 1 drift finding; 1 of 1 gates did not pass")
        assert "unsatisfied" in told
        assert "executed.ipynb" in told
    assert "a/x.py:3" in page.said
    assert HOSTILE in page.said


def test_a_run_names_where_it_drifted_and_no_card_grows_without_end() -> None:
    many = tuple(replace(REPORT.findings[0], place=f"a/x.py:{line}") for line in range(30))
    said = check_readable(RunCard(replace(REPORT, findings=many))).said
    assert "a/x.py:19" in said
    assert "a/x.py:20" not in said
    assert "and 10 more: the drift board shows all" in said


def test_a_run_that_holds_says_so_in_words_and_not_by_colour_alone() -> None:
    good = replace(
        REPORT,
        status="completed",
        findings=(),
        gates=(),
        records=(replace(RECORD, verdict="satisfied", findings=()),),
    )

    said = check_readable(RunCard(good)).said

    assert said.startswith("✔ The capability holds, nothing drifted")
    assert "✔ satisfied" in said


@dataclass
class Seen:
    """A look at drift, as the table reads it."""

    open_findings: Sequence[Any] = ()
    resolved_now: Sequence[Any] = ()
    doubts: Sequence[Any] = ()
    tree: str = "revision 0123"

    @property
    def report(self) -> Any:
        return SimpleNamespace(checked=("r#imports",), could_not_check=self.doubts)


def finding(status: str, lines: tuple[int, ...] = (3, 9)) -> SimpleNamespace:
    return SimpleNamespace(
        status=status, path="a/x.py", lines=lines, message=f"a imports b {HOSTILE}", evidence_id="r#imports"
    )


def test_drift_names_file_and_line() -> None:
    shown = DriftTable(Seen(open_findings=[finding("new")]))  # type: ignore[arg-type]

    page = check_readable(shown)

    for told in (page.said, shown.text()):
        assert told.startswith("✖ 1 drift finding")
        assert "a/x.py:3" in told
        assert HOSTILE in told
    assert "1 evidence definition checked" in page.said


def test_what_a_look_resolved_is_shown_as_good_news() -> None:
    shown = DriftTable(Seen(resolved_now=[finding("resolved", ())]))  # type: ignore[arg-type]

    assert check_readable(shown).said.startswith("✔ No drift, 1 resolved")
    assert "✔ resolved" in shown.text()
    assert "a/x.py " in shown.text(), "a whole file has no line"


def test_what_could_not_be_checked_is_not_kept_quiet() -> None:
    doubt = SimpleNamespace(evidence_id="r#imports", reasons=("no package named b",))
    shown = DriftTable(Seen(doubts=[doubt]))  # type: ignore[arg-type]

    assert "r#imports could not be checked: no package named b" in shown.text()
    assert "no package named b" in check_readable(shown).said


@dataclass
class Rows:
    """An answer of the store."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def test_an_answer_shows_every_kind_of_value_for_people() -> None:
    at = datetime(2027, 1, 11, 9, 30, tzinfo=UTC)
    shown = AnswerTable(Rows(("a", "b", "c", "d", "e"), [(None, at, 1 / 3, ["x"], HOSTILE)]), "Values")

    page = check_readable(shown)

    for told in (page.said, shown.text()):
        assert "Values: 1 row" in told
        for value in ("–", "2027-01-11 09:30:00", "0.333333", '["x"]', HOSTILE):
            assert value in told


def test_a_long_answer_is_cut_and_says_so_and_its_value_is_whole() -> None:
    shown = AnswerTable(Rows(("n",), [(number,) for number in range(120)]))

    assert "120 rows, the first 50 shown" in check_readable(shown).said
    assert len(shown.text().splitlines()) == 52
    assert len(shown.value.rows) == 120
