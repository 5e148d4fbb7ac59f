"""Write the reference pages from the code: `python docs/generate.py`. A test holds them against each other."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SQL = ROOT / "alloynb" / "evidence" / "sql"
SHARED = frozenset({"--workspace", "--json", "--debug", "--help"})
SAID_BY = "<!-- Written by docs/generate.py; change the code, then run it again. -->\n"
SHARED_TOLD = """Both answer with text, or with `--json` in one envelope `{success, data, error}` on stdout; progress
goes to stderr. `--workspace DIR` names the governed repository (default: found upwards from here), `--debug` shows the
traceback of an error, `--help` explains a command.

Exit codes: 0 fine · 1 findings or a failed gate · 2 usage or bad input · 3 refused for safety or authority ·
4 dispatch or environment.
"""
API_TOLD = """Served by a Jupyter Server under `/alloy/api/v1`. Every answer is one envelope
`{success, data, error}`; an error has `type`, `message`, `next_step` and the `exit_code` of the command line. Status:
403 not allowed · 404 not here · 405 no such method · 409 at odds with what stands · 422 not understood · 503 something
outside is missing. The whole description as OpenAPI 3.1: `GET openapi.json`. Who may do what: [share](../share.md).
"""
SCHEMAS_TOLD = """What crosses between the halves. Each artifact is an envelope with `schema`, `id`, `digest`,
`created_at`, `created_by`, `compiler_version`, and the `content` that is told here; the digest is over schema and
content alone.
"""
STORE_TOLD = """Open `.alloy/evidence/evidence.duckdb` read-only with any DuckDB tool, or use `alloynb evidence sql`.
Times have a zone, durations in milliseconds end in `_ms`.
"""


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    reference = HERE / "reference"
    return {
        reference / "api.md": api_page(),
        reference / "cli.md": cli_page(),
        reference / "schemas.md": schemas_page(),
        reference / "views.md": views_page(),
    }


def cli_page() -> str:
    """Both command lines, command by command."""
    from alloynb.faces.cli import main as alloynb
    from foundry_kernel.cli import main as foundry

    parts = [
        SAID_BY,
        "# Command lines\n",
        SHARED_TOLD,
    ]
    for name, command in (("alloynb", alloynb), ("foundry-kernel", foundry)):
        context = click.Context(command, info_name=name)
        parts += _commands(command, context, depth=2)
    return "\n".join(parts)


def _commands(command: click.Command, context: click.Context, depth: int) -> Iterator[str]:
    yield from _command(command, context, depth)
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _commands(below, click.Context(below, context, info_name=name), min(depth + 1, 4))


def _command(command: click.Command, context: click.Context, depth: int) -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{'#' * depth} {context.command_path}\n"
    yield f"`{usage}`\n"
    for text in (command.help, command.epilog):
        yield from _paragraphs(text or "")
    own = [each for each in command.get_params(context) if not SHARED & set(each.opts)]
    records = [
        record for each in own if isinstance(each, click.Option) and (record := each.get_help_record(context))
    ]
    if not isinstance(command, click.Group) and records:
        yield "| option | |\n| --- | --- |"
        for names, told in records:
            yield f"| `{names.replace('|', chr(92) + '|')}` | {' '.join(told.split()).replace('|', chr(92) + '|')} |"
        yield ""


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of a help text; what click is told not to wrap stays as it is."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = paragraph.splitlines()
        if lines and lines[0].strip() == "\b":
            title, rest = (
                (lines[1], lines[2:]) if len(lines) > 2 and lines[1].endswith(":") else ("", lines[1:])
            )
            body = "\n".join(line[2:] if line.startswith("  ") else line for line in rest)
            yield f"{title}\n\n```text\n{body}\n```\n" if title else f"```text\n{body}\n```\n"
        elif paragraph.strip():
            yield " ".join(line.strip() for line in lines) + "\n"


def views_page() -> str:
    """Every view and macro of the store, as its SQL file describes it."""
    parts = [
        SAID_BY,
        "# Views of the evidence store\n",
        STORE_TOLD,
        "## Views\n",
    ]
    for file in sorted((SQL / "views").glob("*.sql")):
        parts += _view(file, file.stem)
    parts.append("## Macros\n")
    for file in sorted((SQL / "macros").glob("*.sql")):
        call = re.search(r"CREATE (?:OR REPLACE )?MACRO (\w+\([^)]*\))", file.read_text(encoding="utf-8"))
        parts += _view(file, call.group(1) if call else file.stem)
    return "\n".join(parts)


def _view(file: Path, title: str) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    said: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        said.append(line.removeprefix("--").strip())
    told, _, example = "\n".join(said).partition("Example:")
    about = " ".join(line for line in told.splitlines() if line and not line.startswith("Reads:"))
    yield f"### {title}\n\n{about}\n"
    if example:
        yield f"```sql\n{example.strip()}\n```\n"
    columns = re.findall(r"COMMENT ON COLUMN \w+\.(\w+) IS '((?:[^']|'')*)'", text)
    if columns:
        yield "| column | |\n| --- | --- |"
        for name, comment in columns:
            yield f"| `{name}` | {comment.replace(chr(39) * 2, chr(39)).replace('|', chr(92) + '|')} |"
        yield ""


def api_page() -> str:
    """Every act of the HTTP API, as its route says it."""
    from alloynb.faces.server.openapi import describe
    from alloynb.faces.server.route import collect_routes

    routes = collect_routes()
    schemas = describe(routes)["components"]["schemas"]
    parts = [SAID_BY, "# HTTP API\n", API_TOLD, "| | | needs |\n| --- | --- | --- |"]
    for route in routes:
        who = "a runner's key" if route.by_runner else f"`{route.action}`" if route.action else ""
        parts.append(f"| `{route.method} {route.path}` | {route.summary} | {who} |")
    parts.append("")
    for route in routes:
        if route.body is None and not route.query:
            continue
        parts.append(f"### {route.method} {route.path}\n")
        parts += [f"- `?{each.name}=` {each.told}" for each in route.query]
        if route.body is not None:
            parts += _fields(schemas[route.body.__name__])
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def schemas_page() -> str:
    """Every artifact that crosses the seam, field by field, from its published JSON Schema."""
    parts = [SAID_BY, "# Schemas of the artifacts\n", SCHEMAS_TOLD]
    for file in sorted((ROOT / "artifacts" / "schemas" / "v1").glob("*.schema.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        parts.append(f"## {schema.get('title', file.name)}\n")
        parts.append(f"[`{file.name}`](../../artifacts/schemas/v1/{file.name})\n")
        content = schema.get("properties", {}).get("content", {})
        target = schema.get("$defs", {}).get(content.get("$ref", "").rpartition("/")[2], content)
        if told := target.get("description"):
            parts.append(" ".join(told.partition("\n\n")[0].split()) + "\n")
        parts += _fields(target)
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    """One line for each property of an object."""
    needed = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        told = " ".join(str(field.get("description", "")).split())
        yield f"- `{name}` {_type(field)}{'' if name in needed else ', optional'}{': ' + told if told else ''}"


def _type(field: dict[str, Any]) -> str:
    """The type of a property in a few words."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " · ".join(f"`{each}`" for each in field["enum"])
    for several in ("anyOf", "oneOf"):
        if several in field:
            return " or ".join(
                dict.fromkeys(_type(each) for each in field[several] if each.get("type") != "null")
            )
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("type", "anything"))


def main() -> int:
    """Write what changed, and name it."""
    for page, text in pages().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            print(page.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    raise SystemExit(main())
