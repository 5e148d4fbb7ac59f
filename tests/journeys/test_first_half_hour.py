"""From an ungoverned repository to five accepted records and a brief: every keystroke is typed, and counted."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.alloynb.archaeology.signals.layered import layered

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-half-hour.md"
LIMIT_S = 90
FILES = layered() | {
    "AGENTS.md": "# Rules\n\nThe service must never import click.\n",
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['click']\n\n"
    "[tool.mypy]\nstrict = true\n",
    "tests/test_orders.py": "def test_totals():\n    assert sum([1, 2]) == 3\n",
}
ANSWERS = (
    "Totals were wrong by a cent for a week, and a customer noticed first.",
    "Prices were added as floats in shop/service/prices.py.",
    "Every total is exact to the cent for every customer.",
    "New people write prices with floats every month.",
    "Prices are whole cents in shop/service.",
    "Prices are uglier to write.",
    "tests/test_orders.py fails",
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Typist:
    """Somebody at a terminal, who counts what is typed.

    Attributes:
        counted: step to keystrokes; Enter is one.
    """

    folder: Path
    counted: dict[str, int] = field(default_factory=dict)

    def command(self, step: str, line: str, *answers: tuple[str, str]) -> str:
        """Type a command, then each answer when the screen ends as it should (a regular expression)."""
        self._count(step, f"{line}\r")
        leader, follower = pty.openpty()
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "110",
            "TERM": "xterm",
            "HOME": str(self.folder.parent),
            "ALLOY_PRINCIPAL": "ada",
        }
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.folder,
            env=environment,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        try:
            seen = self._converse(leader, step, answers)
            assert process.wait(timeout=LIMIT_S) == 0, seen
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(leader)
        return seen

    def _converse(self, leader: int, step: str, answers: tuple[tuple[str, str], ...]) -> str:
        seen, since, left = "", 0, list(answers)
        end = time.monotonic() + LIMIT_S
        while True:
            assert time.monotonic() < end, f"waited for {left[:1]} and saw:\n{seen}"
            if select.select([leader], [], [], 0.2)[0]:
                try:
                    piece = os.read(leader, 65536)
                except OSError:  # the other side is closed: the command ended
                    piece = b""
                if not piece:
                    assert not left, f"it ended before {left[0]}:\n{seen}"
                    return seen
                seen += _ESCAPES.sub("", piece.decode("utf-8", "replace")).replace("\r", "")
            elif left and re.search(left[0][0], seen[since:]):
                _, keys = left.pop(0)
                since = len(seen)
                self._count(step, keys)
                os.write(leader, keys.encode())

    def _count(self, step: str, keys: str) -> None:
        self.counted[step] = self.counted.get(step, 0) + len(keys)


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    root = tmp_path / "shop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", "Begin"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return Typist(root)


@pytest.mark.slow
def test_five_accepted_records_and_a_brief_take_as_many_keystrokes_as_the_page_says(typist: Typist) -> None:
    typist.command("begin", "alloynb init")
    typist.command("look", "alloynb discover")
    typist.command(
        "review",
        "alloynb review",
        (r"1 of 5[\s\S]*q write", "a"),
        ("2 of 5", "a"),
        ("3 of 5", "a"),
        ("4 of 5", "aq"),
    )
    asked = [(r"\n> $", f"{answer}\r") for answer in ANSWERS]
    typist.command("interview", "alloynb ask scar-tissue", *asked, (r"\[a\]ccept.*\? $", "a\r"))
    typist.command("compile", "alloynb brief compile")

    listed = subprocess.run(
        [Path(sys.executable).parent / "alloynb", "intent", "list", "--json"],
        cwd=typist.folder,
        capture_output=True,
        check=True,
    )
    records = json.loads(listed.stdout)["data"]
    assert [record["status"] for record in records] == ["active"] * 5, "accepted, and used by the brief"
    for record in records:
        shown = subprocess.run(
            [Path(sys.executable).parent / "alloynb", "intent", "show", record["id"], "--json", "--no-look"],
            cwd=typist.folder,
            capture_output=True,
            check=True,
        )
        told = json.loads(shown.stdout)["data"]["record"]
        assert told["evidence"], record["id"]
        assert told["tradeoff"], record["id"]
    assert list((typist.folder / ".alloy" / "shelf").rglob("*.json")), "a brief is on the shelf"

    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \|.*\| (\d+) \|$", page, re.MULTILINE))
    assert {step: int(keys) for step, keys in rows.items()} == typist.counted
    (total,) = re.findall(r"\*\*(\d+) keystrokes\*\*", page)
    assert int(total) == sum(typist.counted.values())


def test_keys_accept_many_at_once_and_take_them_back_together() -> None:
    from datetime import UTC, datetime

    from alloynb.archaeology.kept_hypothesis import KeptHypothesis
    from alloynb.faces.cli.review_screen import ReviewScreen

    def card(name: str, confidence: float, *warnings: str) -> KeptHypothesis:
        return KeptHypothesis.model_validate(
            {
                "id": f"shop.hypothesis.{name}",
                "hypothesis_id": f"hypothesis_{name}",
                "kind": "layers",
                "title": name,
                "confidence": confidence,
                "observed": (),
                "intent": {},
                "questions": (),
                "suggested_next_action": "read",
                "warnings": warnings,
                "found_at": datetime(2026, 1, 1, tzinfo=UTC),
            }
        )

    cards = [card("a", 0.9), card("b", 0.8), card("c", 0.8, "vacuous: …"), card("d", 0.4)]
    screen = ReviewScreen(cards, lambda _: "", lambda _: None)
    screen.press("j")
    assert screen.press("A").startswith("2 will be accepted")
    assert set(screen.decided) == {"shop.hypothesis.a", "shop.hypothesis.b"}
    assert screen.cards[screen.place].title == "c", "what is left comes into view"
    screen.press("u")
    assert screen.decided == {}
