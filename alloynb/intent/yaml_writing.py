"""Writing YAML that humans keep editing: comments, key order and untouched lines stay as they are (spec 2.1)."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from alloynb.intent.yaml_document import Lines, read_yaml

_LINE_WIDTH = 100
_LONG_TEXT = 72
_SHORT_LIST = 76
_LEADING_KEYS = ("id", "kind", "type", "source_type")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
_FIRST_DASH = re.compile(r"^( *)- ", re.MULTILINE)
_FIRST_NESTED_KEY = re.compile(r"^\w+:[ ]*(?:#.*)?\n( +)\w+:", re.MULTILINE)


def new_document(value: dict[str, Any]) -> bytes:
    """Write a JSON value as a fresh document: long texts as blocks, short lists on one line, absent fields left out."""
    plain = _plainly(value)
    dressed = _dump(_for_humans(plain), _round_trip())
    # A block style cannot say every text (trailing spaces, odd indents); quotes can.
    chosen = dressed if read_yaml(dressed.encode()).value == plain else _dump(plain, _round_trip())
    return chosen.encode()


def edited_document(original: bytes, before: dict[str, Any], after: dict[str, Any]) -> bytes:
    """Carry a change from one JSON value to another into the text that `before` was read from.

    Only the lines of top-level keys whose value changed are written anew; all other lines stay, byte for byte. Within
    a changed key, comments and key order stay too; entries of a list are recognised by their `id`.

    Args:
        original: strictly readable text that means `before`.
        before: what the model dumps for `original`; defaults may be left out here and in `after`.
        after: what the text shall mean.

    Raises:
        UnreadableYaml: `original` is not YAML that we accept.
    """
    text = original.decode("utf-8")
    ending = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not changed:
        return original
    yaml = _round_trip(text)
    tree = yaml.load(text)
    _carry(tree, _plainly(before), _plainly(after))
    whole = _dump(tree, yaml)
    spliced = _splice(text, whole, changed)
    chosen = spliced if read_yaml(spliced.encode()).value == read_yaml(whole.encode()).value else whole
    return chosen.replace("\n", ending).encode()


def _round_trip(like: str = "") -> Any:
    """Make the writer; it indents as the text `like` does, and breaks no line that stands there unbroken."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import RoundTripConstructor
    from ruamel.yaml.representer import RoundTripRepresenter

    class Constructor(RoundTripConstructor):
        """Keeps moments as the text that they are."""

    class Representer(RoundTripRepresenter):
        """Writes moments plainly, without quotes."""

    tag = "tag:yaml.org,2002:timestamp"
    Constructor.add_constructor(tag, lambda _self, node: _Moment(node.value))
    Representer.add_representer(_Moment, lambda self, moment: self.represent_scalar(tag, str(moment)))
    Representer.add_representer(
        type(None), lambda self, _none: self.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor, yaml.Representer = Constructor, Representer
    yaml.preserve_quotes = True
    yaml.width = max(_LINE_WIDTH, *(len(line) + 1 for line in like.splitlines() or [""]))
    dash, nested = _FIRST_DASH.search(like), _FIRST_NESTED_KEY.search(like)
    offset = len(dash[1]) if dash else 2
    yaml.indent(mapping=len(nested[1]) if nested else 2, sequence=offset + 2, offset=offset)
    return yaml


def _dump(tree: Any, yaml: Any) -> str:
    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


class _Moment(str):
    """A date or moment, written without quotes."""

    __slots__ = ()


def _plainly(value: Any) -> Any:
    """Leave absent fields out, put what names a thing first, and drop empty fractions of seconds."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key not in _LEADING_KEYS)
        return {
            key: _plainly(value[key]) for key in keys if value[key] is not None and value[key] not in ([], {})
        }
    if isinstance(value, list):
        return [_plainly(child) for child in value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value.replace(".000000Z", "Z")
    return value


def _for_humans(value: Any) -> Any:
    """Dress a JSON value for reading: blocks for long texts, one line for short lists."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, dict):
        mapping = CommentedMap()
        mapping.update({key: _for_humans(child) for key, child in value.items()})
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq([_for_humans(child) for child in value])
        if all(isinstance(child, str | int | float) for child in value) and len(str(value)) <= _SHORT_LIST:
            sequence.fa.set_flow_style()
        return sequence
    return _text_for_humans(value) if isinstance(value, str) else value


def _text_for_humans(text: str) -> str:
    from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

    if _MOMENT.fullmatch(text):
        return _Moment(text)
    if any(line != line.rstrip() for line in text.split("\n")):
        return text
    if "\n" in text:
        block: str = LiteralScalarString(text)
        return block
    folded: str = FoldedScalarString(text) if len(text) > _LONG_TEXT and " " in text else text
    return folded


def _carry(tree: Any, before: Any, after: Any) -> None:
    """Change a round-trip mapping in place where, and only where, `after` differs from `before`."""
    for key in [key for key in tree if after.get(key) is None and before.get(key) is not None]:
        del tree[key]
    for key, wanted in after.items():
        had = before.get(key)
        if wanted == had or wanted is None:
            continue
        if key in tree and isinstance(tree[key], dict) and isinstance(wanted, dict) and isinstance(had, dict):
            _carry(tree[key], had, wanted)
        elif (
            key in tree and isinstance(tree[key], list) and isinstance(wanted, list) and isinstance(had, list)
        ):
            _carry_list(tree[key], had, wanted)
        else:
            tree[key] = _for_humans(wanted)


def _carry_list(tree: Any, before: list[Any], after: list[Any]) -> None:
    if len(before) == len(after) and all(
        _name_of(one) == _name_of(other) for one, other in zip(before, after, strict=True)
    ):
        for index, (had, wanted) in enumerate(zip(before, after, strict=True)):
            if had == wanted:
                continue
            if isinstance(tree[index], dict) and isinstance(had, dict) and isinstance(wanted, dict):
                _carry(tree[index], had, wanted)
            else:
                tree[index] = _for_humans(wanted)
        return
    for index in reversed(range(len(before))):
        if before[index] not in after and _name_of(before[index]) not in {
            _name_of(item) for item in after
        } - {None}:
            del tree[index]
            before = before[:index] + before[index + 1 :]
    if before == after[: len(before)]:
        tree.extend(_for_humans(item) for item in after[len(before) :])
        return
    kept = {index: tree[before.index(item)] for index, item in enumerate(after) if item in before}
    tree[:] = [kept[index] if index in kept else _for_humans(item) for index, item in enumerate(after)]


def _name_of(item: Any) -> Any:
    return item.get("id") if isinstance(item, dict) else None


def _splice(original: str, rewritten: str, changed: set[str]) -> str:
    """Take the lines of changed keys from `rewritten`, and all others from `original`."""
    old, new = _regions(original), _regions(rewritten)
    if old is None or new is None:
        return rewritten
    order = [key for key in new if key in old or key in changed]
    pieces = [old[""]]
    for key in order:
        if key == "":
            continue
        piece = new[key] if key in changed or key not in old else old[key]
        if pieces[-1] and not pieces[-1].endswith("\n"):
            pieces.append("\n")
        pieces.append(piece)
    return "".join(pieces)


def _regions(text: str) -> dict[str, str] | None:
    """Cut a block mapping into the lines of its keys (with what follows each); None when it is written otherwise."""
    document = read_yaml(text.encode())
    lines = text.splitlines(keepends=True)
    starts: list[tuple[str, Lines]] = [(str(key), child) for key, child in document.lines.children.items()]
    if any(not lines[child.line - 1].startswith((key, f'"{key}', f"'{key}")) for key, child in starts):
        return None
    bounds = [child.line - 1 for _, child in starts] + [len(lines)]
    regions = {"": "".join(lines[: bounds[0]])}
    for (key, _), begin, end in zip(starts, bounds[:-1], bounds[1:], strict=True):
        regions[key] = "".join(lines[begin:end])
    return regions
