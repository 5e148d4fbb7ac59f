"""What a human said to a question about intent that cannot stand, for a while: one committed file each (spec 6.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from alloynb.intent.leniency import Granted
from alloynb.intent.strict_model import Slug, Text
from alloynb.intent.yaml_folder import YamlFolder
from runtime_artifacts.identity import ULID_PATTERN

AnswerKind = Literal["preserve", "simplify"]


class GivenAnswer(Granted):
    """An answer, as its file says it.

    Attributes:
        question_id: what was asked. It is asked again when the answer ends, or when what led to it has changed.
        reason: name of the detector that asked.
        about: ids of the records, expectations and strategies that the question is about.
        question: its words, for whoever reads the file.
        answer: `preserve`: read, still true. `simplify`: something will be changed.
    """

    id: str = Field(pattern=rf"^answer_{ULID_PATTERN}$")
    question_id: str = Field(pattern=rf"^question_{ULID_PATTERN}$")
    reason: Slug
    about: tuple[Text, ...]
    question: Text
    answer: AnswerKind


class AnswerStore(YamlFolder[GivenAnswer]):
    """The answers of a repository: `.alloy/answers/<id>.yaml`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "answers", GivenAnswer)
