from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.compiler.difference import FormationContents, compare_formations
from alloynb.compiler.selection import Selection


def _contents(formation):
    return FormationContents(**{name: artifact.content for name, artifact in vars(formation).items()})


@pytest.fixture(scope="module")
def sentences(compile_shop, worked_example):
    """Sentences between the worked example and the same with other records or another command."""
    before = _contents(compile_shop(worked_example))

    def compare(records=None, **changes):
        after = _contents(compile_shop(worked_example if records is None else records, **changes))
        return [each.sentence for each in compare_formations(before, after)]

    return compare


def _changed(records, slug, **changes):
    return [
        type(each).model_validate(each.model_dump() | changes) if each.slug == slug else each
        for each in records
    ]


def test_equal_formations_have_no_difference(sentences):
    assert sentences() == []


def test_a_record_that_left_says_what_is_no_longer_protected(sentences, worked_example):
    said = sentences(_changed(worked_example, "one-price", status="deprecated"))
    assert "shop.intent.one-price no longer shapes the run." in said
    assert (
        "A capability is no longer protected: A customer sees the same price in the shop, in the app and on the "
        "receipt. (shop.intent.one-price)"
    ) in said
    assert "The gate one-price.prices (required_for_dry_run) is gone." in said


def test_a_new_record_says_what_is_now_protected(sentences, worked_example, record):
    said = sentences([*worked_example, record("new")])
    assert "shop.intent.new now shapes the run: Title of new" in said
    assert "A capability is now protected: Capability of new. (shop.intent.new)" in said
    assert "The gate new.gate was added (required_for_dry_run)." in said


@pytest.mark.parametrize("name", ["capability", "threat", "expectation", "strategy", "tradeoff", "title"])
def test_a_changed_text_is_told_in_one_sentence(sentences, worked_example, name):
    said = sentences(_changed(worked_example, "one-price", **{name: "Other words."}))
    assert f"shop.intent.one-price changed its {name}: Other words." in said
    assert all("one-price" in each for each in said)


def test_evidence_that_became_required_is_told(sentences, worked_example):
    evidence = worked_example[0].model_dump()["evidence"]
    evidence[2]["required"] = True
    said = sentences(_changed(worked_example, "offline-orders", evidence=evidence))
    assert "Evidence shop.intent.offline-orders#rehearsal became required." in said


def test_a_gate_that_became_looser_is_told_in_each_way(sentences, worked_example):
    evidence = worked_example[1].model_dump()["evidence"]
    evidence[0]["gate"] |= {"mode": "advisory", "timeout_s": 90.0, "command": ["make", "-k", "prices"]}
    said = sentences(_changed(worked_example, "one-price", evidence=evidence))
    assert "The gate one-price.prices is advisory instead of required_for_dry_run." in said
    assert "The gate one-price.prices may take 90 s instead of 60 s." in said
    assert "The gate one-price.prices runs another command: `make -k prices`" in said
    assert "Evidence shop.intent.one-price#prices is now decided by another gate definition." in said


def test_another_scope_severity_or_owner_is_told(sentences, worked_example):
    assert "shop.intent.one-price changed its scope: paths: `shop/**`" in sentences(
        _changed(worked_example, "one-price", scope={"paths": ["shop/**"]})
    )
    assert "shop.intent.one-price changed its severity: high" in sentences(
        _changed(worked_example, "one-price", severity="high")
    )
    (said,) = [
        each for each in sentences(_changed(worked_example, "one-price", owner="Bo")) if "shop.intent" in each
    ]
    assert said.startswith("shop.intent.one-price was edited (version 1)")


def test_a_shared_strategy_that_changed_is_told_for_its_records(sentences, strategy):
    said = sentences(strategies=[strategy.model_copy(update={"failure_modes": ("Another.",)})])
    assert "The strategy of shop.intent.offline-orders has other failure modes." in said
    said = sentences(strategies=[strategy.model_copy(update={"definition": "two modules."})])
    assert any("is now understood as" in each and "two modules." in each for each in said)


def test_controls_of_the_run_are_told(sentences):
    assert sentences(throttle="full") == ["The throttle is full instead of dry_run."]
    assert sentences(payload={"a": 1}) == ["The payload of the entry event changed."]
    assert sentences(objective="Look again.") == ["The objective is now: Look again."]
    assert sentences(title="Nightly") == [
        "The title is Nightly instead of Validate what the accepted intent promises."
    ]
    assert sentences(version=2) == ["The section identity changed."]


def test_questions_and_past_failures_are_told(sentences):
    said = sentences(selection=Selection(ask_hypotheses=True))
    assert "shop.intent.plain-receipts now is asked about: Receipts are plain text" in said
    assert sentences(past_failures={"shop.intent.one-price": ["gate failed twice"]}) == [
        "What the brief says of shop.intent.one-price under threats to watch changed."
    ]


def test_a_prompt_that_no_longer_shows_everything_is_told(sentences):
    said = sentences(token_budgets={"assessment": 700})
    assert "The assessment prompt may use 700 tokens, not 8000." in said
    assert any(each.startswith("The assessment prompt no longer shows all of shop.intent.") for each in said)


@settings(max_examples=25)
@given(
    name=st.sampled_from(
        ["title", "threat", "tradeoff", "severity", "confidence", "owner", "scope", "sources"]
    ),
    slug=st.sampled_from(["offline-orders", "one-price"]),
)
def test_no_change_of_a_brief_goes_unsaid(compile_shop, sentences, worked_example, name, slug):
    values = {
        "severity": "low",
        "confidence": 0.5,
        "scope": {"technology": ["sql"]},
        "sources": [{"source_type": "document", "ref": "x"}],
    }
    records = _changed(worked_example, slug, **{name: values.get(name, "Something else")})
    assert compile_shop(records).brief.digest != compile_shop(worked_example).brief.digest
    assert sentences(records)


_EDITS = {
    "capability": "Something else.",
    "threat": "Something else.",
    "expectation": "Something else.",
    "strategy": "Something else.",
    "tradeoff": "Something else.",
    "title": "Something else",
    "severity": "low",
    "confidence": 0.3,
    "scope": {"paths": ["elsewhere/**"]},
    "owner": "Grace",
    "status": "deprecated",
    "evidence": [
        {
            "id": "other",
            "kind": "import_boundary",
            "description": "a never imports b",
            "rule": {"type": "forbidden", "packages": ["a"], "sources": ["a.x"], "targets": ["a.y"]},
        }
    ],
}


@settings(max_examples=40, deadline=None)
@given(
    names=st.sets(st.sampled_from(sorted(_EDITS)), min_size=1, max_size=4),
    edited=st.integers(0, 5),
    template=st.sampled_from(["validate", "iterate"]),
)
def test_editing_one_record_changes_what_depends_on_it_alone_and_every_sentence_says_why(
    compile_shop, record, names, edited, template
):
    slugs = [f"r{number}" for number in range(6)]
    old = compile_shop([record(slug) for slug in slugs], template=template)
    changes = {name: _EDITS[name] for name in names}
    new = compile_shop(
        [record(slug, **(changes if index == edited else {})) for index, slug in enumerate(slugs)],
        template=template,
    )
    whose = f"shop.intent.r{edited}"
    told = compare_formations(_contents(old), _contents(new))
    assert told
    for each in told:
        # Who works together depends on all records; everything else belongs to the one that was edited.
        assert each.record_id == whose or each.section in {"agent_formation"}, each
        assert whose in each.sentence or each.record_id == whose or each.section == "agent_formation"
    for section in (
        "protected_capabilities",
        "threats_to_watch",
        "strategies",
        "tradeoffs",
        "suspicious_moves",
    ):
        before = [each for each in getattr(old.brief.content, section) if each.record_id != whose]
        after = [each for each in getattr(new.brief.content, section) if each.record_id != whose]
        assert before == after
    for one, other in zip(old.evidence_plan.content.items, new.evidence_plan.content.items, strict=False):
        assert one == other or whose in {one.record_id, other.record_id} or "status" in names
    if "status" in names:
        assert any("no longer protected" in each.sentence for each in told)


def test_agents_references_moves_and_edits_are_told_in_words(compile_shop, record):
    from runtime_artifacts.formation_brief import ExternalReference
    from runtime_artifacts.prompt_pack import HumanEdit

    def said(old, new):
        return [each.sentence for each in compare_formations(_contents(old), _contents(new))]

    calm = {"severity": "low", "scope": {"paths": ["a/**"]}}
    old = compile_shop([record("a", **calm)], template="iterate")
    assert any(
        each.startswith("Agents work as execute then review instead of single agent: An agent may write")
        for each in said(old, compile_shop([record("a", **calm | {"severity": "high"})], template="iterate"))
    )

    def pay(version, goal):
        values = {"version": version, "values": {"goal": goal}, "records": []}
        return [ExternalReference(system="epilogue", ref="pay", title="Pay", snapshot=values)]

    first = compile_shop([record("a")], references=pay("1", "x"))
    assert "epilogue:pay says something else of goal (version 1 to 2)." in said(
        first, compile_shop([record("a")], references=pay("2", "y"))
    )
    assert "epilogue:pay is no longer behind it." in said(first, compile_shop([record("a")]))

    guarded = compile_shop([record("a", evidence=_EDITS["evidence"])])
    assert "No gate stops this any more: import `a.y` from `a.x`" in said(
        guarded, compile_shop([record("a")])
    )

    edit = HumanEdit(
        phase="review",
        edited_by="mira",
        edited_at="2026-03-01T00:00:00Z",
        why="ask for screenshots",
        edits_pack=first.prompt_pack.digest,
    )
    pack = first.prompt_pack.content.model_copy(update={"human_edits": (edit,)})
    edited = FormationContents(
        first.brief.content, first.evidence_plan.content, first.gate_overlay.content, pack
    )
    assert [each.sentence for each in compare_formations(_contents(first), edited)] == [
        "mira edited the review prompt: ask for screenshots"
    ]
