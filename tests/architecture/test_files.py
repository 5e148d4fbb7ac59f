"""No file of the project knows the machine that it was written on, or an address to download from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.house import ROOT, tracked_files

# Written so that this file does not find itself.
SOMEBODYS_FOLDER = re.compile(
    r"(?<![\w.~$}])/(?:home|Users)/[A-Za-z][\w.-]*/|(?<![\w.~$}/])/(?:root|work[s]pace|wor[k])/[\w.]"
)
ADDRESSES = (
    re.compile(r"https?://\S+\.(?:whl|tar\.gz|tgz|zip|conda)\b"),
    re.compile(
        r"\b(?:p[y]pi\.org|python[h]osted\.org|registry\.np[m]js\.org|proxy\.g[o]lang\.org|anac[o]nda\.org)\b"
    ),
    re.compile(r"--(?:(?:extra-)?inde[x]-url|find-link[s])[= ]+(?:https?:|/)"),
)
# Hostile paths are what these are about.
ABOUT_PATHS = ("tests/", "artifacts/golden/refused/")


def offences(files: Iterable[Path], root: Path, rules: Iterable[re.Pattern[str]]) -> list[str]:
    """Lines that one of the rules finds, as `file:line: text`; files that are not text are passed over."""
    found = []
    for file in files:
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = next((match for rule in rules if (match := rule.search(line))), None)
            if match:
                found.append(f"{file.relative_to(root)}:{number}: {match.group()}")
    return found


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    files = [file for file in tracked_files() if not str(file.relative_to(ROOT)).startswith(ABOUT_PATHS)]

    assert not offences(files, ROOT, [SOMEBODYS_FOLDER])


def test_no_file_names_an_address_to_download_from() -> None:
    assert not offences(tracked_files(), ROOT, ADDRESSES)


def test_these_rules_would_notice(tmp_path: Path) -> None:
    lines = [
        "see /{}/ann/project".format("home"),
        "cd /{}/x".format("root"),
        "cd /{}/main".format("work"),
        "https://example.org/a.{}".format("whl"),
        "pip --{}-url https://example.org".format("index"),
        "from {}.org".format("pypi"),
    ]
    (tmp_path / "bad.md").write_text("\n".join(lines))
    (tmp_path / "fine.md").write_text(
        "~/project, $HOME/x, artifacts/work/x, /usr/bin/env, https://example.org/guide.html\n"
    )
    files = sorted(tmp_path.iterdir())

    found = offences(files, tmp_path, [SOMEBODYS_FOLDER, *ADDRESSES])

    assert [line.split(": ")[0] for line in found] == [
        f"bad.md:{number}" for number in range(1, len(lines) + 1)
    ]
