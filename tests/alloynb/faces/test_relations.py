from __future__ import annotations

from typing import get_args

from alloynb.faces.cli.commands.relations import TYPES
from alloynb.intent.relationship import RelationshipType


def test_the_command_line_knows_every_type_of_relationship() -> None:
    assert get_args(RelationshipType) == TYPES
