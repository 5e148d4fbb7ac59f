"""What a notebook can do, a program can do over HTTP, with the same authorities and the same refusals."""

from __future__ import annotations

from typing import Any

import pytest

from alloynb.faces.server.openapi import describe
from alloynb.faces.server.route import collect_routes
from tests.fakes.api_server import Api
from tests.fakes.governed import RECORD, Governed

TEXTS = dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), "Something.")


def test_projects_are_those_that_the_server_serves(api: Api) -> None:
    assert api.data("GET", "projects") == [{"project": "shop", "title": "shop", "default_branch": "main"}]
    told = api.error(404, "GET", "projects/nothing/intent-records")
    assert told["type"] == "UnknownProject"
    assert "shop" in told["next_step"]


def test_whoever_runs_the_server_acts_in_the_own_name(api: Api) -> None:
    told = api.data("GET", "projects/shop/me")
    assert told["principal"] == "ada"
    assert "approve_mutation" in told["authorities"]


def test_without_the_token_nothing_is_told(api: Api) -> None:
    response = api.seen_by("wrong").fetch("GET", "projects")
    assert response.status_code in (401, 403)
    assert b"shop" not in response.content


def test_a_record_is_drafted_taken_through_its_life_and_told_whole(api: Api, here: Governed) -> None:
    evidence = [
        {
            "id": "look",
            "kind": "human_review",
            "description": "Look.",
            "question": "Well?",
            "role": "owner",
            "expires_days": 90,
        }
    ]
    fields = {"title": "Refunds", "evidence": evidence, **TEXTS}
    made = api.data(
        "POST", "projects/shop/intent-records", {"slug": "refunds", "fields": fields, "why": "asked for"}
    )
    assert made["record"]["id"] == "shop.intent.refunds"
    assert made["file"] == ".alloy/intent/refunds.yaml"
    step = {"to": "accepted", "why": "we keep it"}
    moved = api.data("POST", "projects/shop/intent-records/refunds/steps", step)
    assert moved["record"]["status"] == "accepted"
    told = api.data("GET", "projects/shop/intent-records/refunds")
    assert "we keep it" in str(told["history"])
    listed = api.data("GET", "projects/shop/intent-records", status="accepted", words="refunds")
    assert [each["id"] for each in listed] == ["shop.intent.refunds"]
    assert here.workspace.intent.get("shop.intent.refunds").model.status == "accepted"


def test_a_step_that_does_not_exist_conflicts_and_changes_nothing(api: Api, here: Governed) -> None:
    step = {"to": "hypothesized", "why": "no"}
    told = api.error(409, "POST", "projects/shop/intent-records/charge-once/steps", step)
    assert told["type"] == "IllegalTransition"
    assert here.workspace.intent.get(RECORD).model.status == "accepted"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"slug": "x", "fields": {}}, "why: Field required"),
        ({"slug": "x", "fields": {}, "why": "y", "surprise": 1}, "surprise"),
        ({"slug": "Bad Slug", "fields": TEXTS, "why": "y"}, "cannot name a record"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_with_what_is_wrong(
    api: Api, body: dict[str, Any], told: str
) -> None:
    assert told in (api.error(422, "POST", "projects/shop/intent-records", body))["message"]


def test_a_body_that_is_no_json_or_nested_without_end_is_refused(api: Api) -> None:
    for body in ("{", '{"slug": "a", "slug": "b"}', "[" * 100_000):
        response = api.fetch("POST", "projects/shop/intent-records", body)
        assert response.status_code == 422
        assert b"not JSON" in response.content


def test_a_method_that_a_path_has_not_is_told_with_those_it_has(api: Api) -> None:
    response = api.fetch("PUT", "projects", "{}")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


def test_authority_decides_over_http_as_everywhere(api: Api, here: Governed) -> None:
    here.grant("principals: {ada: [view_intent, edit_hypotheses]}\n")
    told = api.error(
        403, "POST", "projects/shop/intent-records/charge-once/steps", {"to": "deprecated", "why": "no"}
    )
    assert told["type"] == "MissingAuthority"
    assert (api.error(403, "POST", "projects/shop/formation-briefs", {}))["type"] == "MissingAuthority"
    here.grant("principals: {bob: ['*']}\n")
    api.error(403, "GET", "projects/shop/intent-records")
    assert api.data("GET", "projects") == []


def test_hypotheses_are_raised_listed_and_decided(api: Api, here: Governed) -> None:
    (here.root / "prices.py").write_text("Price = int\n")
    raised = {
        "title": "Prices are whole cents",
        "intent": TEXTS,
        "observed": [{"path": "prices.py", "line": 1, "told": "the type of a price"}],
    }
    api.data("POST", "projects/shop/hypotheses", raised)
    (waiting,) = api.data("GET", "projects/shop/hypotheses")
    assert waiting["observed"][0]["observed_text"] == "Price = int"
    path = f"projects/shop/hypotheses/{waiting['hypothesis_id']}"
    assert (api.data("POST", f"{path}/reject", {"why": "obvious"}))["outcome"] == "rejected"
    assert (api.error(404, "POST", f"{path}/accept", {"why": "?"}))["type"] == "UnknownHypothesis"


def test_a_discovery_reads_and_keeps(api: Api) -> None:
    found = api.data("POST", "projects/shop/discoveries", {"limit": 5})
    assert set(found) >= {"hypotheses", "notes", "files"}


def test_a_brief_is_previewed_compiled_shown_and_compared(api: Api) -> None:
    preview = api.data("POST", "projects/shop/formation-briefs", {"preview": True})
    assert api.data("GET", "projects/shop/formation-briefs") == []
    made = api.data("POST", "projects/shop/formation-briefs", {})
    brief = made["formation"]["brief"]
    assert brief["digest"] == preview["brief"]["digest"]
    assert (api.data("GET", f"formation-briefs/{brief['id']}"))["digest"] == brief["digest"]
    whole = api.data("GET", f"formation-briefs/{brief['id']}/compiled")
    assert whole["gate_overlay"]["schema"] == "alloy.gate_overlay.v1"
    prompts = api.data("POST", f"formation-briefs/{brief['id']}/compile-prompts")
    assert prompts["digest"] == whole["prompt_pack"]["digest"]
    assert (api.data("GET", f"formation-briefs/{brief['id']}/difference"))["changes"] == []
    api.error(404, "GET", "formation-briefs/brief_00000000000000000000000000")


def test_a_run_is_asked_for_once_and_waits_for_a_runner(api: Api) -> None:
    made = api.data("POST", "projects/shop/formation-briefs", {})
    wanted = {"brief": made["formation"]["brief"]["id"]}
    first_status, first = api("POST", "projects/shop/run-requests", wanted)
    again_status, again = api("POST", "projects/shop/run-requests", wanted)
    assert (first_status, again_status) == (201, 200)
    assert again["data"]["deduplicated"]
    request = first["data"]["request"]["id"]
    assert again["data"]["request"]["id"] == request
    (listed,) = api.data("GET", "projects/shop/run-requests")
    assert (listed["request_id"], listed["state"]) == (request, "waiting")
    assert (api.data("GET", f"run-requests/{request}"))["results"] == []


def test_drift_and_questions_are_told(api: Api) -> None:
    assert api.data("GET", "projects/shop/drift") == []
    seen = api.data("POST", "projects/shop/drift", {})
    assert seen["open"] == []
    assert api.data("GET", "projects/shop/contradictions") == []
    told = api.error(
        404, "POST", "projects/shop/contradictions/question_x/answer", {"answer": "preserve", "why": "?"}
    )
    assert told["type"] == "UnknownQuestion"
    answer = {"decision": "drift", "why": "?"}
    told = api.error(404, "POST", "projects/shop/findings/finding_x/decision", answer)
    assert told["type"] == "UnknownFinding"


def test_views_are_read_row_by_row_and_nothing_else_is(api: Api) -> None:
    names = [each["name"] for each in api.data("GET", "projects/shop/evidence")]
    assert "runs" in names
    assert (api.data("GET", "projects/shop/evidence/runs"))["rows"] == []
    assert (api.error(404, "GET", "projects/shop/evidence/duckdb_settings"))["type"] == "UnknownView"
    assert "whole number" in (api.error(422, "GET", "projects/shop/evidence/runs", limit="1;x"))["message"]


def test_the_description_names_every_route_and_is_valid_openapi(api: Api) -> None:
    document = api.data("GET", "openapi.json")
    assert document == describe(collect_routes())
    operations = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    assert sorted(operations) == sorted((each.method, f"/{each.path}") for each in collect_routes())
    identities = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(identities)) == len(identities)
    names = set(document["components"]["schemas"])
    references = {text.rpartition("/")[2] for text in _references(document)}
    assert references <= names


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [text for child in value.values() for text in _references(child)]
    if isinstance(value, list):
        return [text for child in value for text in _references(child)]
    return []
