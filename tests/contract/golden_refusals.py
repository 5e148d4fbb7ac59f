"""The refused examples: documents that a reader must not accept, each with the error that it must answer with.

A file of `artifacts/golden/refused/` holds `why`; the document as `document` (a JSON value), `text` or
`text_base64`; the `error` with its `failure_class` and `exit_code`; what its message contains; and the `place` where it
was found.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from runtime_artifacts.envelope import content_digest
from runtime_artifacts.identity import id_of_digest
from tests.contract.golden_story import tell

Refusal = dict[str, Any]

_ERRORS = {
    "MalformedDocument": ("validation", 2),
    "UnknownSchema": ("validation", 2),
    "InvalidContent": ("validation", 2),
    "DigestMismatch": ("safety", 3),
    "UnsafePath": ("safety", 3),
}


def refusals() -> dict[str, Refusal]:
    """Every refused example by its file name without `.json`."""
    return {**_texts(), **_envelopes(), **_contents(), **_paths()}


def _refusal(why: str, document: Any, error: str, message: str, **place: Any) -> Refusal:
    if isinstance(document, bytes):
        written = {"text_base64": base64.b64encode(document).decode()}
    else:
        written = {"text" if isinstance(document, str) else "document": document}
    failure_class, exit_code = _ERRORS[error]
    return {
        "why": why,
        **written,
        "error": error,
        "failure_class": failure_class,
        "exit_code": exit_code,
        "message_contains": message,
        "place": place,
    }


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(tell()[name].to_bytes())
    return document


def _sealed(name: str, edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """An example with an edited content, whose digest and id are right again."""
    document = _document(name)
    edit(document["content"])
    document["digest"] = content_digest(document["schema"], document["content"])
    if name in {"gate_overlay", "evidence_plan", "prompt_pack", "formation_brief"}:
        document["id"] = id_of_digest(document["id"].rsplit("_", 1)[0], document["digest"])
    return document


def _texts() -> dict[str, Refusal]:
    """What is not JSON that we read."""
    malformed = "MalformedDocument"
    overlay = tell()["gate_overlay"].to_bytes().decode()
    twice = overlay.replace('"project_id"', '"project_id": "other",\n    "project_id"')
    line = twice[: twice.rindex('"project_id"')].count("\n") + 1
    pointer = "/content/gates/0/mode"
    return {
        "duplicate_key": _refusal(
            "two readers could take different values",
            twice,
            malformed,
            "duplicate key 'project_id'",
            line=line,
            column=5,
        ),
        "not_a_number": _refusal(
            "JSON has no NaN", overlay.replace("120.0", "NaN"), malformed, "NaN is not a JSON number"
        ),
        "infinite_number": _refusal(
            "a number that a double cannot hold becomes infinite",
            overlay.replace("120.0", "1e999"),
            malformed,
            "a number beyond ±9007199254740991",
            pointer="/content/gates/0/timeout_s",
        ),
        "too_large_number": _refusal(
            "a double cannot tell this integer from the next",
            overlay.replace("120.0", "9007199254740993"),
            malformed,
            "a number beyond ±9007199254740991",
            pointer="/content/gates/0/timeout_s",
        ),
        "endless_number": _refusal(
            "ten thousand digits",
            overlay.replace("120.0", "1" * 10_000),
            malformed,
            "a number beyond ±9007199254740991",
        ),
        "too_deep": _refusal(
            "nesting exhausts a recursive reader",
            overlay.replace("120.0", "[" * 70 + "]" * 70),
            malformed,
            "nested deeper than 64 levels",
            pointer="/content/gates/0/timeout_s" + "/0" * 60,
        ),
        "much_too_deep": _refusal(
            "nesting exhausts the parser itself", "[" * 20_000, malformed, "nested deeper than 64 levels"
        ),
        "not_utf8": _refusal(
            "bytes that are not UTF-8",
            overlay.encode().replace(b"advisory", b"required_for_\xff").replace(b"shop", b"sh\xf6p", 1),
            malformed,
            "not UTF-8 text",
            line=9,
        ),
        "byte_order_mark": _refusal(
            "a byte order mark is no JSON",
            b"\xef\xbb\xbf" + overlay.encode(),
            malformed,
            "not JSON: ",
            line=1,
            column=1,
        ),
        "control_character": _refusal(
            "an escape code would reach a terminal",
            overlay.replace('"required_for_dry_run"', '"\\u001b[2Jadvisory"'),
            malformed,
            "forbidden character U+001B",
            pointer=pointer,
        ),
        "lone_surrogate": _refusal(
            "half a character has no UTF-8 form",
            overlay.replace('"required_for_dry_run"', '"\\ud83d"'),
            malformed,
            "forbidden character U+D83D",
            pointer=pointer,
        ),
        "control_character_in_key": _refusal(
            "keys are shown too",
            overlay.replace('"project_id"', '"project\\u0000id"'),
            malformed,
            "forbidden character U+0000",
            pointer="/content/project\ufffdid",
        ),
        "cut": _refusal("half a file", overlay[:200], malformed, "not JSON: ", line=5, column=17),
        "empty": _refusal("nothing at all", "", malformed, "not JSON: ", line=1, column=1),
        "yaml": _refusal(
            "YAML is for people", "schema: alloy.gate_overlay.v1\n", malformed, "not JSON: ", line=1, column=1
        ),
    }


def _envelopes() -> dict[str, Refusal]:
    """Envelopes that do not hold."""

    def changed(name: str = "gate_overlay", **fields: Any) -> dict[str, Any]:
        return {**_document(name), **fields}

    def without(field: str) -> dict[str, Any]:
        return {name: value for name, value in _document("gate_overlay").items() if name != field}

    def edited() -> dict[str, Any]:
        document = _document("gate_overlay")
        document["content"]["gates"][0]["mode"] = "advisory"
        return document

    invalid, unknown, mismatch = "InvalidContent", "UnknownSchema", "DigestMismatch"
    wrong = "sha256:" + "0" * 64
    return {
        "wrong_digest": _refusal(
            "the digest names another content",
            changed(digest=wrong),
            mismatch,
            f"gate_overlay: expected {wrong}, found {_document('gate_overlay')['digest']}",
            pointer="/digest",
        ),
        "edited_content": _refusal(
            "a required gate was made advisory",
            edited(),
            mismatch,
            "the file was edited after it was made; compile it again",
            pointer="/digest",
        ),
        "other_schema_same_content": _refusal(
            "the digest covers the schema name",
            changed(schema="alloy.gate_overlay.v1.1"),
            mismatch,
            "gate_overlay: expected ",
            pointer="/digest",
        ),
        "malformed_digest": _refusal(
            "another algorithm",
            changed(digest="md5:0"),
            invalid,
            "digest must be `sha256:`",
            pointer="/digest",
        ),
        "unknown_major": _refusal(
            "a major version that means something else",
            changed(schema="alloy.gate_overlay.v2"),
            unknown,
            "alloy.gate_overlay: major version 2 is not readable here, only 1",
            pointer="/schema",
        ),
        "unknown_family": _refusal(
            "nobody knows this kind",
            changed(schema="alloy.wish_list.v1"),
            unknown,
            "unknown schema 'alloy.wish_list.v1'; known: alloy.approval.v1",
            pointer="/schema",
        ),
        "schema_with_zero_minor": _refusal(
            "one version has one name",
            changed(schema="alloy.gate_overlay.v1.0"),
            unknown,
            "unknown schema 'alloy.gate_overlay.v1.0'",
            pointer="/schema",
        ),
        "bad_id": _refusal(
            "the id of another kind",
            changed(id=_document("prompt_pack")["id"]),
            invalid,
            "id must be gate_overlay_ and a ULID",
            pointer="/id",
        ),
        "id_not_of_digest": _refusal(
            "a compiled artifact has the id of its content",
            changed(id="gate_overlay_01JNAB3WC80000000000000001"),
            mismatch,
            "gate_overlay: the id does not follow from the digest",
            pointer="/id",
        ),
        "time_without_zone": _refusal(
            "nobody knows when this is",
            changed(created_at="2026-03-02T12:00:00"),
            invalid,
            "created_at: a time is written with its zone",
            pointer="/created_at",
        ),
        "time_before_all_times": _refusal(
            "in UTC this lies before the year 1",
            changed(created_at="0001-01-01T00:00:00+12:00"),
            invalid,
            "created_at: a time in UTC lies between the years 1 and 9999",
            pointer="/created_at",
        ),
        "unknown_envelope_field": _refusal(
            "unknown at this version",
            changed(signature="…"),
            invalid,
            "gate_overlay: unknown field 'signature' at alloy.gate_overlay.v1",
            pointer="/signature",
        ),
        "missing_author": _refusal(
            "every artifact says who made it",
            without("created_by"),
            invalid,
            "created_by must be a text",
            pointer="/created_by",
        ),
        "missing_content": _refusal(
            "an envelope around nothing",
            without("content"),
            invalid,
            "content must be an object",
            pointer="/content",
        ),
        "not_an_object": _refusal(
            "an artifact is an object", ["alloy"], invalid, "an artifact is a JSON object"
        ),
    }


def _contents() -> dict[str, Refusal]:
    """Contents whose digest is right and whose fields are not."""
    invalid = "InvalidContent"
    request, result = "foundry_execution_request", "foundry_run_result"
    return {
        "unknown_field": _refusal(
            "a typing error must not fall back to a default",
            _sealed("gate_overlay", lambda content: content["gates"][1].update(timeout=5)),
            invalid,
            "gate_overlay: unknown field 'timeout' at alloy.gate_overlay.v1",
            pointer="/content/gates/1/timeout",
        ),
        "missing_field": _refusal(
            "a request of no revision",
            _sealed(request, lambda content: content["repo"].pop("revision")),
            invalid,
            "foundry_execution_request: Field required",
            pointer="/content/repo/revision",
        ),
        "wrong_type": _refusal(
            "a text is not a number, even if it looks like one",
            _sealed("gate_overlay", lambda content: content["gates"][0].update(timeout_s="120")),
            invalid,
            "gate_overlay: Input should be a valid number",
            pointer="/content/gates/0/timeout_s",
        ),
        "wrong_type_in_alternative": _refusal(
            "an argument must be a text",
            _sealed("gate_overlay", lambda content: content["gates"][0].update(command=["true", 1])),
            invalid,
            "gate_overlay: Input should be a valid string",
            pointer="/content/gates/0/command/1",
        ),
        "unknown_throttle": _refusal(
            "nothing runs at a throttle that nobody knows",
            _sealed(request, lambda content: content["foundry"].update(throttle="everything")),
            invalid,
            "foundry_execution_request: Input should be 'full', 'audit_only' or 'dry_run'",
            pointer="/content/foundry/throttle",
        ),
        "short_revision": _refusal(
            "a short hash may name two commits",
            _sealed(request, lambda content: content["repo"].update(revision="4f0d7c2")),
            invalid,
            "foundry_execution_request: String should match pattern",
            pointer="/content/repo/revision",
        ),
        "two_gates_of_one_name": _refusal(
            "a report could not tell them apart",
            _sealed("gate_overlay", lambda content: content["gates"].append(content["gates"][0])),
            invalid,
            "gate_overlay: Value error, two gates are called 'gateway-boundary'",
            pointer="/content",
        ),
        "gate_without_command": _refusal(
            "a gate that runs nothing proves nothing",
            _sealed("gate_overlay", lambda content: content["gates"][0].update(command=[])),
            invalid,
            "gate_overlay: Tuple should have at least 1 item",
            pointer="/content/gates/0/command",
        ),
        "stopped_without_class": _refusal(
            "every stop is classified",
            _sealed(f"{result}.stopped", lambda content: content.pop("failure_class")),
            invalid,
            "foundry_run_result: Value error, a run that is stopped has a failure class",
            pointer="/content",
        ),
        "unknown_failure_class": _refusal(
            "there are five",
            _sealed(f"{result}.stopped", lambda content: content.update(failure_class="bad_luck")),
            invalid,
            "foundry_run_result: Input should be 'validation', 'dispatch', 'execution', 'safety' or 'semantic'",
            pointer="/content/failure_class",
        ),
        "manifest_of_odd_block": _refusal(
            "a block observes or mutates",
            _sealed("capability_manifest", lambda content: content["blocks"][0].update(kind="watcher")),
            invalid,
            "capability_manifest: Input should be 'observer' or 'mutator'",
            pointer="/content/blocks/0/kind",
        ),
        "trace_of_negative_duration": _refusal(
            "time does not run backwards",
            _sealed("trace_summary", lambda content: content.update(duration_ms=-1)),
            invalid,
            "trace_summary: Input should be greater than or equal to 0",
            pointer="/content/duration_ms",
        ),
    }


def _paths() -> dict[str, Refusal]:
    """Paths that could leave the workspace."""

    def at(path: str) -> dict[str, Any]:
        return _sealed("foundry_execution_request", lambda content: content["brief"].update(local_path=path))

    where = "/content/brief/local_path"
    unsafe = "UnsafePath"
    leaves, odd = "leaves the workspace: ", "not a plain relative path: "
    return {
        "absolute_path": _refusal(
            "an absolute path", at("/etc/passwd"), unsafe, f"{leaves}'/etc/passwd'", pointer=where
        ),
        "climbing_path": _refusal(
            "a path that climbs out",
            at(".alloy/../../secrets.json"),
            unsafe,
            f"{leaves}'.alloy/../../secrets.json'",
            pointer=where,
        ),
        "home_path": _refusal(
            "somebody's home", at("~/brief.json"), unsafe, f"{leaves}'~/brief.json'", pointer=where
        ),
        "backslash_path": _refusal(
            "a separator elsewhere", at("..\\brief.json"), unsafe, f"{odd}'..\\\\brief.json'", pointer=where
        ),
        "drive_path": _refusal(
            "a drive", at("C:/brief.json"), unsafe, f"{odd}'C:/brief.json'", pointer=where
        ),
        "line_break_in_path": _refusal(
            "a second line in every log", at("brief\n.json"), unsafe, f"{odd}'brief\\n.json'", pointer=where
        ),
        "empty_path": _refusal("no path at all", at(""), unsafe, f"{odd}''", pointer=where),
        "working_directory_outside": _refusal(
            "a gate that would run elsewhere",
            _sealed("gate_overlay", lambda content: content["gates"][1].update(working_directory="../other")),
            unsafe,
            f"gate_overlay: {leaves}'../other'",
            pointer="/content/gates/1/working_directory",
        ),
    }
