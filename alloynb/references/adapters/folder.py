"""A folder of files as a system that owns intent: `<reference>.json`, `.yaml` or `.yml`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from alloynb.errors import AlloyError
from alloynb.intent.yaml_document import read_yaml
from alloynb.references.external_intent import MAX_ANSWER_BYTES, UnknownReference, UnusableIntent
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.safe_path import resolve_inside
from runtime_artifacts.untrusted_file import read_untrusted

SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class FolderSource:
    """Intent documents below one folder; a link out of it is refused."""

    folder: Path

    def read(self, ref: str) -> bytes:
        """Give the document of a reference as JSON.

        Raises:
            UnknownReference: no file of this name.
            UnusableIntent: two files of this name, a link out, too large, or YAML that we do not take.
        """
        found = [file for suffix in SUFFIXES if (file := self._file(f"{ref}{suffix}")).is_file()]
        if not found:
            raise UnknownReference(f"no {ref}.json or {ref}.yaml in {self.folder}")
        if len(found) > 1:
            raise UnusableIntent(f"both {found[0].name} and {found[1].name} say what {ref} is", file=found[1])
        try:
            text = read_untrusted(found[0], MAX_ANSWER_BYTES)
            if found[0].suffix == ".json":
                return text
            return json.dumps(read_yaml(text, found[0]).value, ensure_ascii=False, default=str).encode()
        except (ArtifactError, AlloyError) as error:
            raise UnusableIntent(f"{ref}: {error.message}", file=found[0]) from error

    def _file(self, name: str) -> Path:
        try:
            return resolve_inside(self.folder, name) if self.folder.is_dir() else self.folder / name
        except ArtifactError as error:
            raise UnusableIntent(error.message, file=self.folder / name) from error
