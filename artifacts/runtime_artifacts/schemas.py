"""JSON Schemas of every artifact and of the journal line, made from the models (spec 3.1).

    python -m runtime_artifacts.schemas [--check] [FOLDER]

writes `<kind>.schema.json` into FOLDER, by default `artifacts/schemas/v1` of the repository; with `--check` it only
says which files differ, and ends with 1 if any does.

A schema describes exactly the version that it names. A document of a newer minor version may hold more fields; its
reader keeps and ignores them.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from runtime_artifacts.canonical import DIGEST_PATTERN
from runtime_artifacts.envelope import MAX_TEXT_FIELD_CHARACTERS, Kind
from runtime_artifacts.identity import ULID_PATTERN
from runtime_artifacts.journal import Fact
from runtime_artifacts.kinds import KINDS
from runtime_artifacts.timestamp import TIMESTAMP_PATTERN
from runtime_artifacts.write_once import replace_whole

if TYPE_CHECKING:
    from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"(?P<names>\w+(?:, \w+)*): (?P<text>.*)")


def schema_texts() -> dict[str, str]:
    """Text of every schema file by its file name; the same models give the same text."""
    texts = {f"{kind.folder}.schema.json": _text(envelope_schema(kind)) for kind in KINDS.values()}
    fact = Fact.model_json_schema(schema_generator=_DescribedSchema)
    return {**texts, "fact.schema.json": _text(_named("foundry.fact.v1", fact))}


def envelope_schema(kind: Kind[Any]) -> dict[str, Any]:
    """JSON Schema of a whole artifact of one kind: envelope and content."""
    content = kind.model.model_json_schema(schema_generator=_DescribedSchema)
    definitions = {kind.model.__name__: content, **content.pop("$defs", {})}
    short = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_FIELD_CHARACTERS}
    identity = "it follows from the digest" if kind.compiled else "it sorts by time of making"
    described = {
        "schema": {"const": kind.schema, "description": "Name and version of the schema."},
        "id": {
            "type": "string",
            "pattern": f"^{kind.id_prefix}_{ULID_PATTERN}$",
            "description": f"Type prefix and ULID; {identity}.",
        },
        "digest": {
            "type": "string",
            "pattern": DIGEST_PATTERN,
            "description": '`sha256:` and the SHA-256 of the RFC 8785 form of `{"content": …, "schema": …}`.',
        },
        "created_at": {
            "type": "string",
            "format": "date-time",
            "pattern": TIMESTAMP_PATTERN,
            "description": "When it was made; outside of the digest.",
        },
        "created_by": {**short, "description": "Who or what made it; outside of the digest."},
        "compiler_version": {
            **short,
            "description": "Program and version that made it; outside of the digest.",
        },
        "content": {"$ref": f"#/$defs/{kind.model.__name__}"},
    }
    schema = {
        "title": kind.schema,
        "description": _first_paragraph(kind.model),
        "type": "object",
        "properties": described,
        "required": list(described),
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }
    return _named(kind.schema, schema)


def write_schemas(folder: Path) -> list[str]:
    """Write every schema that differs; answer with the names of the files that were written or removed."""
    texts = schema_texts()
    stale = stale_schemas(folder)
    for name in stale:
        if name in texts:
            replace_whole(folder / name, texts[name].encode())
        else:
            (folder / name).unlink()
    return stale


def stale_schemas(folder: Path) -> list[str]:
    """Names of the files that differ from what the models say, are missing, or describe no model."""
    texts = schema_texts()
    present = {file.name: file.read_text("utf-8") for file in sorted(folder.glob("*.schema.json"))}
    return sorted(name for name in {*texts, *present} if texts.get(name) != present.get(name))


class _DescribedSchema(GenerateJsonSchema):
    """Takes descriptions of models and fields from Google-style docstrings."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        made["description"] = _first_paragraph(model)
        described = _attributes(model)
        for name, field in made.get("properties", {}).items():
            field.pop("title", None)
            if name in described:
                field["description"] = described[name]
        return made


def _first_paragraph(model: type[BaseModel]) -> str:
    return " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\n", 1)[0].split())


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """Descriptions below `Attributes:` by field name, as sentences."""
    _, _, section = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")
    described: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        found = _ATTRIBUTE.fullmatch(line.removeprefix("    "))
        if found:
            names = found["names"].split(", ")
            described.update(dict.fromkeys(names, found["text"]))
        elif line.strip():
            described.update({name: f"{described[name]} {line.strip()}" for name in names})
    return {name: f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." for name, text in described.items()}


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:alloy-foundry:schema:{name}", **schema}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the schemas, as the module says; the answer is the exit code."""
    only_check = "--check" in arguments
    given = [each for each in arguments if each != "--check"]
    folder = Path(given[0]) if given else Path(__file__).parents[1] / "schemas" / "v1"
    stale = stale_schemas(folder) if only_check else write_schemas(folder)
    for name in stale:
        print(f"{folder / name}: {'differs from the models' if only_check else 'written'}")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
