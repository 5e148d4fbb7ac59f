"""What is sealed can be read, by everybody, as what it was; what was changed is found."""

from __future__ import annotations

import json
import sys
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from runtime_artifacts import execution_request, formation_brief, gate_overlay, trace_summary
from runtime_artifacts.canonical import canonical_bytes
from runtime_artifacts.content import Content
from runtime_artifacts.envelope import Artifact, Kind, format_timestamp, parse_timestamp, seal
from runtime_artifacts.errors import ArtifactError, InvalidContent, MalformedDocument, UnsafePath
from runtime_artifacts.identity import id_of_digest, is_id, new_id
from runtime_artifacts.kinds import KINDS, read_any, read_as, read_file
from tests.runtime_artifacts.generated import OBJECTS, contents

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OVERLAY = gate_overlay.GateOverlay(
    project_id="shop", gates=(gate_overlay.OverlayGate(name="a", command=("true",)),)
)


def sealed(kind: Kind[Any], content: Any, **changed: Any) -> Artifact[Any]:
    """Seal with a fixed time and author."""
    id = None if kind.compiled else f"{kind.id_prefix}_01JNAB3WC80000000000000001"
    given = {"id": id, "created_at": NOW, "created_by": "principal:mira", "compiler_version": "test 1"}
    return seal(kind, content, **{**given, **changed})


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.folder)
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_sealed_reads_as_what_it_was(kind: Kind[Any], data: st.DataObject) -> None:
    content = data.draw(contents(kind.model))
    artifact = sealed(kind, content)

    assert artifact.content == content
    assert read_as(kind, artifact.to_bytes()) == artifact
    assert read_any(canonical_bytes(artifact.as_json())) == artifact
    assert sealed(kind, artifact.content).digest == artifact.digest


@given(data=st.data())
@settings(max_examples=300)
def test_a_file_with_one_changed_byte_is_refused_or_holds_the_same_content(data: st.DataObject) -> None:
    artifact = sealed(gate_overlay.GATE_OVERLAY, OVERLAY)
    text = artifact.to_bytes()
    at = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.sampled_from(b' "\\,:{}[]0123456789abeEtv.-+\n\x00\x7f\xff') | st.integers(0, 255))
    try:
        found = read_any(text[:at] + bytes([byte]) + text[at + 1 :])
    except ArtifactError:
        return
    # Spaces, the spelling of numbers and escapes may differ, and what stands outside of the digest.
    assert (found.schema, found.id, found.digest) == (artifact.schema, artifact.id, artifact.digest)
    assert canonical_bytes(found.raw_content) == canonical_bytes(artifact.raw_content)
    assert found.content == artifact.content


@given(st.integers(0, 10_000))
def test_a_file_cut_anywhere_is_refused(at: int) -> None:
    text = sealed(gate_overlay.GATE_OVERLAY, OVERLAY).to_bytes()

    with pytest.raises(MalformedDocument):
        read_any(text[: at % (len(text) - 1)])


@given(
    st.recursive(
        st.integers() | st.text() | st.none() | st.floats(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_json_is_an_artifact_or_meets_a_typed_error(value: Any) -> None:
    with pytest.raises(ArtifactError):
        read_any(json.dumps(value).encode())


@given(OBJECTS)
def test_none_inside_of_a_payload_survives(payload: dict[str, Any]) -> None:
    call = execution_request.FoundryCall(
        entry_event="x", payload={**payload, "a": None, "b": [None, {"c": None}]}
    )
    content = formation_controls(call.payload)

    artifact = sealed(formation_brief.FORMATION_BRIEF, content)
    assert artifact.raw_content["foundry"]["payload"] == call.payload
    assert artifact.content.foundry.payload == call.payload
    assert "version" not in artifact.raw_content["evidence_plan"], "a field that is None is left out"


def formation_controls(payload: dict[str, Any]) -> formation_brief.FormationBrief:
    """A brief with this payload and little else."""
    ref = {"id": "x", "digest": "sha256:" + "0" * 64}
    return formation_brief.FormationBrief.model_validate(
        {
            "identity": {
                "project_id": "shop",
                "title": "t",
                "source_graph_version": ref["digest"],
                "target_project": "shop",
                "template": "t@1",
            },
            "mission": {"objective": "o"},
            "relevant_intent": {},
            "protected_capabilities": (),
            "evidence_plan": ref,
            "gate_overlay": ref,
            "prompt_pack": ref,
            "agent_formation": {"pattern": "no_agent"},
            "foundry": {"entry_event": "x", "payload": payload},
        }
    )


def test_the_same_content_has_the_same_id_and_digest_whoever_compiles_it_whenever() -> None:
    one = sealed(gate_overlay.GATE_OVERLAY, OVERLAY)
    other = sealed(
        gate_overlay.GATE_OVERLAY, OVERLAY, created_at=datetime.now(UTC), created_by="principal:jo"
    )

    assert (one.id, one.digest) == (other.id, other.digest)
    assert one.digest == "sha256:5d30918762ed58084df9bfefa0de3f3c0f169449a1be0b7ff168e8d147da805a"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": None}, "trace_summary needs an id"),
        ({"id": "trace_x"}, "id must be trace_ and a ULID"),
        ({"id": "run_01JNAB3WC80000000000000001"}, "id must be trace_ and a ULID"),
        ({"created_by": ""}, "created_by must be a text of 1 to 1000 characters"),
        ({"created_by": "x" * 1001}, "created_by must be a text of 1 to 1000 characters"),
        ({"created_by": "\ud800"}, "cannot be written"),
        ({"created_by": "\x1b[2J"}, "forbidden character U+001B"),
        ({"created_at": datetime(2026, 1, 1)}, "a time without a zone cannot be written"),  # noqa: DTZ001
    ],
)
def test_an_envelope_that_nobody_could_read_is_not_made(changed: dict[str, Any], message: str) -> None:
    content = trace_summary.TraceSummary(
        foundry_run_id="r", trace_id="t", project_id="p", entry_event="e", throttle="dry_run"
    )
    with pytest.raises(ArtifactError) as caught:
        sealed(trace_summary.TRACE_SUMMARY, content, **changed)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "error", "message"),
    [
        ({"a": 2**53}, MalformedDocument, "at /foundry/payload/a: a number beyond"),
        ({"a": "\x07"}, MalformedDocument, "at /foundry/payload/a: forbidden character U+0007"),
        ({"a": "\ud800"}, MalformedDocument, "at /foundry/payload/a: forbidden character U+D800"),
        ({"a": [[]]}, None, ""),
    ],
)
def test_a_payload_that_nobody_could_read_is_not_sealed(
    payload: dict[str, Any], error: type[ArtifactError] | None, message: str
) -> None:
    if error is None:
        sealed(formation_brief.FORMATION_BRIEF, formation_controls(payload))
        return
    with pytest.raises(error) as caught:
        sealed(formation_brief.FORMATION_BRIEF, formation_controls(payload))
    assert message in str(caught.value)


def test_nothing_is_sealed_deeper_than_it_can_be_read() -> None:
    payload: dict[str, Any] = {}
    for _ in range(59):  # with artifact, content, foundry and the payloads: 64 levels at most
        payload = {"a": payload}
    sealed(formation_brief.FORMATION_BRIEF, formation_controls({"a": payload}))

    with pytest.raises(MalformedDocument, match="nested deeper than 64 levels"):
        sealed(formation_brief.FORMATION_BRIEF, formation_controls({"a": {"a": payload}}))


@pytest.mark.parametrize("odd", [NOW, {1}, b"x", float("nan"), float("inf"), {1: 2}, Path("x"), object()])
def test_a_payload_is_plain_json(odd: Any) -> None:
    with pytest.raises(ValidationError, match="is not plain JSON"):
        execution_request.FoundryCall(entry_event="x", payload={"a": [odd]})


def test_a_payload_is_a_copy_with_lists() -> None:
    given_away = {"a": (1, {"b": (2,)})}
    call = execution_request.FoundryCall(entry_event="x", payload=given_away)

    assert call.payload == {"a": [1, {"b": [2]}]}


def test_a_content_that_was_copied_past_its_rules_is_not_sealed() -> None:
    bad = OVERLAY.model_copy(update={"gates": "none"})

    with pytest.raises(InvalidContent, match="gate_overlay: Input should be a valid"):
        sealed(gate_overlay.GATE_OVERLAY, bad)


def test_an_unsafe_path_is_refused_while_it_is_written() -> None:
    with pytest.raises(ValidationError, match="leaves the workspace"):
        gate_overlay.OverlayGate(name="a", command="true", working_directory="../b")

    gate = OVERLAY.gates[0].model_copy(update={"working_directory": "../b"})
    with pytest.raises(UnsafePath, match="at /content/gates/0/working_directory"):
        sealed(gate_overlay.GATE_OVERLAY, OVERLAY.model_copy(update={"gates": (gate,)}))


def test_a_misspelt_field_is_refused_while_it_is_written() -> None:
    with pytest.raises(ValidationError, match="throttel"):
        execution_request.FoundryCall.model_validate({"entry_event": "x", "throttel": "full"})


def test_no_model_hides_models_inside_of_a_dictionary() -> None:
    """Unknown fields are found by the validator at every depth; a dictionary of anything would pass them."""
    for kind in KINDS.values():
        for model in models_in(kind.model):
            for name, annotation in typing.get_type_hints(model).items():
                if typing.get_origin(annotation) is dict:
                    assert typing.get_args(annotation)[1] in {Any, str}, (model, name)


def models_in(kind: Any) -> set[type[BaseModel]]:
    """A model with all models that it is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {kind}.union(*(models_in(info.annotation) for info in kind.model_fields.values()))
    return set().union(*(models_in(each) for each in typing.get_args(kind)))


def test_every_model_of_the_seam_is_frozen_and_closed() -> None:
    for kind in KINDS.values():
        for model in models_in(kind.model):
            assert issubclass(model, Content)
            assert (model.model_config.get("frozen"), model.model_config.get("extra")) == (True, "forbid")


@given(st.datetimes(timezones=st.timezones()) | st.datetimes(timezones=st.just(UTC)))
def test_times_are_written_in_utc_and_read_as_they_were(moment: datetime) -> None:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        return
    assert parse_timestamp(format_timestamp(moment)) == in_utc
    assert format_timestamp(moment).endswith("Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-02",
        "2026-03-02T12:00:00",
        "2026-03-02 12:00:00Z",
        "20260302T120000Z",
        "2026-W10-1T12:00:00Z",
        "2026-03-02T12:00:00z",
        "2026-03-02T12:00:00,5Z",
        "2026-03-02T24:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-03-02T12:00:00+99:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-03-02T12:00:00Z\n",
        "٢٠٢٦-03-02T12:00:00Z",
    ],
)
def test_what_is_not_an_rfc_3339_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_timestamp(text)


def test_ids_sort_by_time_and_compiled_ids_follow_from_their_digest() -> None:
    assert is_id(new_id("run"), "run")
    assert not is_id(new_id("run"), "runreq")
    assert not is_id(new_id("run") + "\n", "run")
    assert id_of_digest("brief", "sha256:" + "f" * 64) == "brief_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


def test_a_file_that_is_not_a_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, reason in {
        "pipe": "not a regular file",
        "folder": "not a regular file",
        "none": "there is no such file",
    }.items():
        with pytest.raises(MalformedDocument, match=reason):
            read_file(gate_overlay.GATE_OVERLAY, tmp_path / name)
    with pytest.raises(MalformedDocument, match="not a regular file"):
        read_file(gate_overlay.GATE_OVERLAY, Path("/dev/zero"))


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as out:
        out.truncate(1 << 40)

    with pytest.raises(MalformedDocument, match="more than 16777216 bytes"):
        read_file(gate_overlay.GATE_OVERLAY, tmp_path / "huge.json")


def test_error_messages_stay_short_whatever_the_document_holds() -> None:
    long = "x" * 1_000_000
    for text in (
        json.dumps({"schema": long}),
        json.dumps({**sealed(gate_overlay.GATE_OVERLAY, OVERLAY).as_json(), long: 1}),
        f'{{"{long}": 1, "{long}": 2}}',
        json.dumps({long: "\x00"}),
    ):
        with pytest.raises(ArtifactError) as caught:
            read_any(text.encode())
        assert len(str(caught.value)) < 1_500


def test_the_seam_loads_neither_half_nor_a_heavy_library() -> None:
    import subprocess

    modules = ("kinds", "journal", "mailbox", "shelf", "drop_in")
    code = (
        "".join(f"import runtime_artifacts.{each}\n" for each in modules) + "import sys; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"alloynb", "foundry_kernel", "ruamel", "duckdb", "IPython", "cryptography", "ulid"} & {
        name.split(".")[0] for name in loaded
    }


def test_raw_content_and_model_agree_for_a_mapping_that_is_not_a_dict() -> None:
    class Odd(Mapping[str, Any]):
        def __getitem__(self, name: str) -> Any:
            return {"a": 1}[name]

        def __iter__(self) -> Any:
            return iter(["a"])

        def __len__(self) -> int:
            return 1

    call = execution_request.FoundryCall(entry_event="x", payload={"odd": Odd()})
    assert call.payload == {"odd": {"a": 1}}
