"""A document that must not be accepted is answered with the same error, place and class everywhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from runtime_artifacts import errors
from runtime_artifacts.kinds import read_any
from tests.contract.golden_story import GOLDEN

REFUSED = sorted((GOLDEN / "refused").glob("*.json"))


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.stem)
def test_a_refused_document_meets_its_error(file: Path) -> None:
    refused = json.loads(file.read_bytes())
    if "text_base64" in refused:
        text = base64.b64decode(refused["text_base64"])
    else:
        text = refused["text"].encode() if "text" in refused else json.dumps(refused["document"]).encode()
    seen = Path("incoming.json")

    with pytest.raises(errors.ArtifactError) as caught:
        read_any(text, seen)

    error = caught.value
    place = error.place
    assert place is not None
    found = {"pointer": place.pointer, "line": place.line, "column": place.column}
    assert type(error).__name__ == refused["error"]
    assert refused["message_contains"] in str(error)
    assert str(error).startswith("incoming.json")
    assert {name: value for name, value in found.items() if value} == refused["place"]
    assert (error.failure_class, error.exit_code) == (refused["failure_class"], refused["exit_code"])
