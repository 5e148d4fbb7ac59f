"""What a look at the code settles, what a check of one definition says, and that a request is made once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alloynb.application.check_evidence import CheckEvidence, UnknownEvidence, check_evidence
from alloynb.application.compile_intent import CompileIntent, compile_intent, preview_brief
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.request_run import RequestRun, request_run
from alloynb.errors import Refused
from runtime_artifacts.errors import DigestMismatch
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from tests.fakes.alloy_shop import BOUNDARY, CART, FORBIDDEN_IMPORT, TOTALS
from tests.fakes.alloy_workspace import Governed, governed_shop

EVIDENCE = f"{BOUNDARY}#imports"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")


def statuses(governed: Governed, revision: str | None = None) -> list[str]:
    return [each.status for each in look_for_drift(governed.workspace, LookForDrift(revision)).findings]


def test_a_finding_is_new_then_known_then_resolved_then_regressed(governed: Governed) -> None:
    assert statuses(governed) == []
    governed.shop.plant()
    assert statuses(governed) == ["new"]
    assert statuses(governed) == ["new"], "at the same revision it is still the first time"
    governed.shop.commit("Pay faster")
    assert statuses(governed) == ["known"]
    governed.shop.weed()
    seen = look_for_drift(governed.workspace, LookForDrift())
    assert [each.status for each in seen.resolved_now] == ["resolved"]
    assert seen.open_findings == ()
    governed.shop.plant()
    assert statuses(governed) == ["regressed"]


def test_looking_again_at_what_did_not_change_keeps_no_new_fact(governed: Governed) -> None:
    governed.shop.plant()
    statuses(governed)
    count = "SELECT count(*) FROM facts WHERE kind = 'finding'"
    before = governed.workspace.warehouse.query(count).rows
    statuses(governed)
    assert governed.workspace.warehouse.query(count).rows == before


def test_a_finding_names_file_line_and_the_evidence(governed: Governed) -> None:
    governed.shop.plant()
    seen = look_for_drift(governed.workspace, LookForDrift())
    (found,) = seen.open_findings
    assert (found.path, found.lines, found.evidence_id) == (CART, (1,), EVIDENCE)
    assert CART in seen.uncommitted
    assert "uncommitted" in seen.tree
    assert seen.report.checked == (EVIDENCE,), "the other evidence is for Foundry to see"


def test_a_revision_is_looked_at_without_touching_the_working_tree(governed: Governed) -> None:
    clean = governed.shop.git("rev-parse", "HEAD")
    governed.shop.plant()
    planted = governed.shop.commit("Pay faster")
    assert look_for_drift(governed.workspace, LookForDrift(clean)).open_findings == ()
    assert len(look_for_drift(governed.workspace, LookForDrift(planted)).open_findings) == 1
    assert governed.shop.git("status", "--porcelain") == ""


def test_one_definition_is_checked_as_the_plan_pins_it(governed: Governed, tmp_path: Path) -> None:
    plan = preview_brief(governed.workspace, CompileIntent()).evidence_plan
    plan_file, reports = tmp_path / "plan.json", tmp_path / "reports"
    plan_file.write_bytes(plan.to_bytes())
    reports.mkdir()
    record_file = governed.workspace.intent.get(BOUNDARY).file
    record_file.write_text(record_file.read_text().replace("shop.payments.vendor", "shop.payments.port"))
    pinned = CheckEvidence(EVIDENCE, governed.shop.root, plan_file, reports)
    assert check_evidence(pinned).holds, "the plan counts, not what the record says by now"
    assert not check_evidence(CheckEvidence(EVIDENCE, governed.shop.root)).holds
    governed.shop.plant()
    broken = check_evidence(pinned)
    assert [(each.path, each.lines) for each in broken.report.findings] == [(CART, (1,))]
    sarif = json.loads((reports / "findings.sarif").read_text())
    assert len(sarif["runs"][0]["results"]) == 1


def test_evidence_that_nobody_defines_or_that_must_be_run_is_refused(
    governed: Governed, tmp_path: Path
) -> None:
    root = governed.shop.root
    with pytest.raises(UnknownEvidence, match=r"known: .*#imports"):
        check_evidence(CheckEvidence(f"{BOUNDARY}#nothing", root))
    with pytest.raises(UnknownEvidence, match="cannot be seen by reading"):
        check_evidence(CheckEvidence(f"{TOTALS}#totals", root))
    plan_file = tmp_path / "plan.json"
    plan_file.write_bytes(preview_brief(governed.workspace, CompileIntent()).evidence_plan.to_bytes())
    with pytest.raises(UnknownEvidence, match="the evidence plan has no"):
        check_evidence(CheckEvidence(f"{BOUNDARY}#nothing", root, plan_file))
    plan_file.write_bytes(plan_file.read_bytes().replace(b"imports", b"exports"))
    with pytest.raises(DigestMismatch):
        check_evidence(CheckEvidence(EVIDENCE, root, plan_file))


def test_the_same_is_asked_for_once(governed: Governed) -> None:
    brief = compile_intent(governed.workspace, CompileIntent()).formation.brief
    first = request_run(governed.workspace, RequestRun(brief.id))
    again = request_run(governed.reopened(), RequestRun(brief.digest))
    assert (first.deduplicated, again.deduplicated) == (False, True)
    assert again.request.id == first.request.id
    other = request_run(governed.workspace, RequestRun(brief.id, throttle="audit_only"))
    assert not other.deduplicated
    assert len(list(governed.workspace.mailbox.requests())) == 2


def test_a_request_names_each_artifact_with_its_place_and_the_branch_it_stands_on(governed: Governed) -> None:
    brief = compile_intent(governed.workspace, CompileIntent()).formation.brief
    asked = request_run(governed.workspace, RequestRun(brief.id)).request.content
    for ref in (asked.brief, asked.prompt_pack, asked.gate_overlay, asked.evidence_plan):
        assert ref.local_path is not None
        assert (governed.shop.root / ref.local_path).is_file()
    assert (asked.repo.revision, asked.repo.branch) == (governed.shop.git("rev-parse", "HEAD"), "main")
    assert asked.foundry.payload["alloy"]["brief_digest"] == brief.digest
    governed.shop.write("README.md", "# Later\n")
    governed.shop.commit("Later")
    earlier = request_run(governed.workspace, RequestRun(brief.id, revision="HEAD~1"))
    assert earlier.deduplicated, "the same commit"


def test_an_override_is_written_into_the_request(governed: Governed) -> None:
    brief = compile_intent(governed.workspace, CompileIntent()).formation.brief
    first = request_run(governed.workspace, RequestRun(brief.id)).request
    override = request_run(
        governed.workspace, RequestRun(brief.id, again=True, why=" flaky ")
    ).request.content.override
    assert override is not None
    assert (override.by, override.why, override.of_request) == ("ada", "flaky", first.id)
    with pytest.raises(Refused, match="--why"):
        request_run(governed.workspace, RequestRun(brief.id, again=True))


def test_an_earlier_request_that_was_edited_stops_the_next_one_before_it_is_written(
    governed: Governed,
) -> None:
    brief = compile_intent(governed.workspace, CompileIntent()).formation.brief
    first = request_run(governed.workspace, RequestRun(brief.id)).request
    file = governed.workspace.mailbox.folder / "requests" / f"{first.id}.json"
    file.write_bytes(file.read_bytes().replace(b'"ada"', b'"eve"'))
    before = governed.shop.tree()
    with pytest.raises(DigestMismatch):
        request_run(governed.workspace, RequestRun(brief.id))
    assert governed.shop.tree() == before


def test_compiling_the_same_records_again_lays_nothing_new_on_the_shelf(governed: Governed) -> None:
    first = compile_intent(governed.workspace, CompileIntent())
    assert set(first.activated) == {BOUNDARY, TOTALS}
    before = governed.shop.tree()
    second = compile_intent(governed.reopened(), CompileIntent())
    assert second.activated == ()
    assert second.formation.brief.digest == first.formation.brief.digest
    assert governed.shop.tree() == before
    assert governed.workspace.shelf.get(EVIDENCE_PLAN, first.formation.evidence_plan.digest)


def test_a_finding_that_only_got_another_name_is_not_gone(governed: Governed) -> None:
    governed.shop.plant()
    (finding,) = look_for_drift(governed.workspace, LookForDrift()).open_findings
    root = governed.shop.root

    def gone(at_most: int) -> bool:
        asked = CheckEvidence(EVIDENCE, root, finding_id=finding.finding_id, at_most=at_most)
        return check_evidence(asked).holds

    assert not gone(0)
    assert not gone(9), "it stands itself"
    governed.shop.weed()
    assert gone(0)
    other = str(Path(CART).with_name("elsewhere.py"))
    governed.shop.write(other, FORBIDDEN_IMPORT + "\n")
    assert not gone(0), "it went elsewhere"
    assert gone(1), "another one stood before, and is not to be mended"
