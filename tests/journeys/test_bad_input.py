"""Whatever is wrong is said with its place and its exit code; nothing is written, and no traceback is shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime_artifacts.envelope import seal
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.identity import new_id
from runtime_artifacts.kinds import read_file
from tests.fakes.alloy_shop import BOUNDARY, FILES, RECORDS, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow

BOUNDARY_FILE = ".alloy/intent/vendor-boundary.yaml"
RUN = ("alloynb", "run")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with a compiled brief and a request that nobody took up yet."""
    shop = govern(open_shop(tmp_path_factory.mktemp("bad") / "shop"), "vendor-boundary")
    brief = shop.alloynb("brief", "compile", "--json").data
    assert shop.alloynb("request", "create", brief["id"]).exit_code == 0
    return shop


@pytest.fixture
def shop(pristine: Shop, tmp_path: Path) -> Shop:
    return pristine.copy_to(tmp_path / "shop")


@pytest.fixture(scope="module")
def asked(pristine: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose store was asked before, else asking publishes it for the first time. Refusals leave it as it is."""
    shop = pristine.copy_to(tmp_path_factory.mktemp("asked") / "shop")
    assert shop.alloynb("evidence", "rebuild").exit_code == 0
    return shop


def call(shop: Shop, command: tuple[str, ...], *more: str) -> Said:
    script, *arguments = command
    return (shop.alloynb if script == "alloynb" else shop.foundry)(*arguments, *more)


def line_of(shop: Shop, path: str, text: str) -> int:
    lines = (shop.root / path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def refused(shop: Shop, command: tuple[str, ...], kind: str, exit_code: int) -> dict[str, Any]:
    """Call a command, which must be refused in this way, and must change nothing."""
    before = shop.tree()
    said = call(shop, command, "--json")
    after = shop.tree()
    assert said.exit_code == exit_code, said
    error = said.error
    assert (error["type"], error["exit_code"]) == (kind, exit_code), error
    assert "Traceback" not in said.err
    assert changed(before, after) == set()
    return error


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Paths that differ, but for the line that says what was refused, which the audit reads."""
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name for name in differ if not name.startswith(".alloy/runs/refused_")}


def test_people_get_the_message_on_stderr_and_the_traceback_only_when_they_ask(shop: Shop) -> None:
    file = shop.root / BOUNDARY_FILE
    file.write_text(file.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    before = shop.tree()
    said = shop.alloynb("run")
    assert (said.exit_code, said.out) == (2, "")
    assert f"{file}:{line_of(shop, BOUNDARY_FILE, 'nonsense')}" in said.err
    assert "Traceback" not in said.err
    with_traceback = shop.alloynb("run", "--debug")
    assert with_traceback.exit_code != 0
    assert "Traceback" in with_traceback.err
    assert "BrokenFiles" in with_traceback.err
    assert shop.tree() == before


# ---- records


@dataclass(frozen=True)
class BadRecord:
    """One way to spoil a record.

    Attributes:
        spoil: from the text of the file to the spoilt one.
        at: text that stands in the line that must be named.
        said: what the message must hold.
    """

    spoil: Callable[[str], str]
    kind: str
    at: str
    said: str


BAD_RECORDS = {
    "malformed YAML": BadRecord(
        lambda text: text.replace("severity: high", "severity: high: low"),
        "UnreadableYaml",
        "high: low",
        "YAML",
    ),
    "a duplicate key": BadRecord(
        lambda text: text + "title: Again\n", "UnreadableYaml", "title: Again", "title"
    ),
    "an unknown field": BadRecord(
        lambda text: text.replace("threat:", "thret:"), "InvalidDocument", "thret:", "did you mean"
    ),
    "a missing text": BadRecord(
        lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("strategy")),
        "InvalidDocument",
        "",
        "strategy",
    ),
    "an unknown status": BadRecord(
        lambda text: text.replace("status: active", "status: acctive"),
        "InvalidDocument",
        "status: acctive",
        "accepted",
    ),
    "a dangling relationship": BadRecord(
        lambda text: text + "relationships: [{type: depends_on, target: shop.intent.nowhere}]\n",
        "DanglingReference",
        "shop.intent.nowhere",
        "shop.intent.nowhere",
    ),
    "a rule without targets": BadRecord(
        lambda text: text.replace("targets: [shop.payments.vendor]", "targets: []"),
        "InvalidDocument",
        "targets",
        "targets",
    ),
}


@pytest.mark.parametrize("case", BAD_RECORDS.values(), ids=BAD_RECORDS.keys())
def test_a_spoilt_record_is_named_with_file_and_line_and_nothing_is_compiled(
    shop: Shop, case: BadRecord
) -> None:
    file = shop.root / BOUNDARY_FILE
    spoilt = case.spoil(file.read_text(encoding="utf-8"))
    assert spoilt != file.read_text(encoding="utf-8")
    file.write_text(spoilt, encoding="utf-8")
    before = shop.tree()
    said = call(shop, RUN, "--json")
    assert said.exit_code == 2, said
    message = said.error["message"]
    place = f"{file}:{line_of(shop, BOUNDARY_FILE, case.at)}" if case.at else str(file)
    assert place in message, message
    assert case.said in message
    assert "Traceback" not in said.err
    assert shop.tree() == before


def test_every_fault_of_every_record_is_told_at_once(shop: Shop) -> None:
    assert shop.draft("totals-are-right", RECORDS["totals-are-right"]).exit_code == 0
    for slug in ("vendor-boundary", "totals-are-right"):
        file = shop.alloy / "intent" / f"{slug}.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "nonsense: 1\nrubbish: 2\n", encoding="utf-8")
    error = refused(shop, RUN, "BrokenFiles", 2)
    for said in ("vendor-boundary.yaml", "totals-are-right.yaml", "nonsense", "rubbish", "4 faults"):
        assert said in error["message"], said


@pytest.mark.parametrize(
    ("command", "kind", "exit_code", "said"),
    [
        (
            ("intent", "accept", "vendor-boundary", "--why", "again"),
            "IllegalTransition",
            3,
            "possible from here",
        ),
        (("intent", "propose", "vendor-boundary", "--why", "again"), "IllegalTransition", 3, "active"),
        (
            ("intent", "accept", "vendor-boundry", "--why", "typo"),
            "UnknownRecord",
            2,
            "near it: vendor-boundary",
        ),
        (("intent", "new", "vendor-boundary", "--title", "Twice"), "AlreadyExists", 3, "vendor-boundary"),
        (("intent", "new", "Not A Slug", "--title", "X"), "NotASlug", 2, "small letters"),
        (("check", f"{BOUNDARY}#nothing"), "UnknownEvidence", 2, f"{BOUNDARY}#imports"),
        (("brief", "show", "brief_nowhere"), "NotOnShelf", 2, "brief_nowhere"),
        (("request", "create", "brief_nowhere"), "NotOnShelf", 2, "brief_nowhere"),
        (("request", "show", "runreq_01J00000000000000000000000"), "UnknownRequest", 2, "runreq_01J0"),
        (("request", "show", "../../etc/passwd"), "UnknownRequest", 2, ""),
        (("report", "run_nowhere"), "AlloyError", 2, "run_nowhere"),
        (("run", "--record", "nowhere"), "UnknownRecord", 2, "nowhere"),
        (("run", "--template", "nowhere"), "UnknownTemplate", 2, "nowhere"),
        (("run", "--again"), "Refused", 3, "--why"),
        (("drift", "--at", "--upload-pack=touch x"), "UnknownRevision", 2, ""),
        (("evidence", "export", "nowhere", "x.csv"), "BadQuery", 2, "nowhere"),
        (("evidence", "export", "runs", "x.docx"), "BadQuery", 2, "parquet"),
    ],
)
def test_what_does_not_exist_or_may_not_be_is_refused(
    asked: Shop, command: tuple[str, ...], kind: str, exit_code: int, said: str
) -> None:
    error = refused(asked, ("alloynb", *command), kind, exit_code)
    assert said in error["message"] + error["next_step"], error


def test_settings_that_are_spoilt_are_named_with_their_line(shop: Shop) -> None:
    shop.write(".alloy/project.yaml", "project: shop\ntitle: Shop\ntarget_project: shop\nobjectiv: none\n")
    error = refused(shop, RUN, "BrokenFiles", 2)
    assert "project.yaml:4" in error["message"]
    assert "did you mean" in error["message"]


# ---- artifacts


def request_file(shop: Shop) -> Path:
    (file,) = (shop.alloy / "mailbox" / "requests").iterdir()
    return file


def test_a_request_that_was_edited_is_refused_by_both_halves(shop: Shop) -> None:
    file = request_file(shop)
    file.write_bytes(file.read_bytes().replace(b'"ada"', b'"eve"'))
    for command in (RUN, ("alloynb", "request", "show", file.stem), ("alloynb", "request", "list")):
        error = refused(shop, command, "DigestMismatch", 3)
        assert str(file) in error["message"]
    error = refused(shop, ("foundry-kernel", "run", str(file)), "DigestMismatch", 3)
    assert "sha256:" in error["message"]


def test_a_request_of_an_unknown_major_version_is_refused_by_both_halves(shop: Shop) -> None:
    file = request_file(shop)
    old = file.read_bytes()
    file.write_bytes(old.replace(b"execution_request.v1", b"execution_request.v9"))
    assert file.read_bytes() != old
    for command in (RUN, ("foundry-kernel", "run", str(file))):
        error = refused(shop, command, "UnknownSchema", 2)
        assert "version 9 is not readable here" in error["message"]


def with_local_path(shop: Shop, local_path: str) -> Path:
    """A request that is sound but for the place at which it says that its brief lies."""
    posted = read_file(EXECUTION_REQUEST, request_file(shop))
    brief = posted.content.brief.model_copy(update={"local_path": local_path})
    moved = seal(
        EXECUTION_REQUEST,
        posted.content.model_copy(update={"brief": brief}),
        id=new_id(EXECUTION_REQUEST.id_prefix),
        created_at=datetime.now(UTC),
        created_by="eve",
        compiler_version="tests",
    )
    file = shop.root.parent / "moved.json"
    file.write_bytes(moved.to_bytes())
    shutil.rmtree(shop.alloy / "mailbox")  # nobody asked for it before
    return file


@pytest.mark.parametrize("local_path", ["../outside.json", "/etc/passwd", "shop/../../outside.json"])
def test_a_path_that_leaves_the_workspace_cannot_even_be_written_down(shop: Shop, local_path: str) -> None:
    honest = with_local_path(shop, "README.md")
    value = json.loads(honest.read_text(encoding="utf-8"))
    value["content"]["brief"]["local_path"] = local_path
    honest.write_text(json.dumps(value), encoding="utf-8")
    command = ("foundry-kernel", "run", str(honest), "--workspace", str(shop.root))
    before = shop.tree()
    said = call(shop, command, "--json")
    assert said.exit_code == 3, said
    assert said.error["type"] in {"UnsafePath", "DigestMismatch"}
    assert "Traceback" not in said.err
    assert shop.tree() == before


def test_a_link_that_leads_out_of_the_workspace_is_not_followed(shop: Shop) -> None:
    brief_file = next((shop.alloy / "shelf").glob("*brief*/*.json"))
    outside = shop.root.parent / "outside.json"
    brief_file.rename(outside)
    (shop.alloy / "cache").mkdir(exist_ok=True)
    (shop.alloy / "cache" / "brief.json").symlink_to(outside)
    file = with_local_path(shop, ".alloy/cache/brief.json")
    command = ("foundry-kernel", "run", str(file), "--workspace", str(shop.root))
    refused(shop, command, "UnsafePath", 3)


def test_a_request_that_does_not_exist_is_unknown(shop: Shop) -> None:
    refused(shop, ("foundry-kernel", "run", "runreq_01J00000000000000000000000"), "UnknownRequest", 2)


@pytest.mark.parametrize("kind", ["brief", "pack", "overlay", "plan"])
def test_an_artifact_that_was_edited_on_the_shelf_is_never_used(shop: Shop, kind: str) -> None:
    (file,) = (shop.alloy / "shelf").glob(f"*{kind}*/*.json")
    file.chmod(0o644)
    edited = file.read_bytes().replace(b"shop", b"sh0p")
    file.write_bytes(edited)
    before = shop.tree()
    for command in (RUN, ("foundry-kernel", "run", request_file(shop).stem)):
        said = call(shop, command)
        assert (said.exit_code, said.out) == (3, ""), said
        for told in (str(file), "expected sha256:", "found sha256:"):
            assert told in said.err, told
    assert changed(before, shop.tree()) == set()
    assert list((shop.alloy / "runs").glob("refused_*/journal/*.jsonl")), "the audit knows of it"


# ---- surroundings


def test_without_a_workspace_the_first_step_is_named(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop")
    for command in (
        RUN,
        ("alloynb", "drift"),
        ("alloynb", "intent", "list"),
        ("alloynb", "evidence", "path"),
    ):
        error = refused(shop, command, "NoWorkspace", 2)
        assert "alloynb init" in error["next_step"]


def ungoverned_by_git(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "shop")
    for path, text in FILES.items():
        shop.write(path, text)
    assert shop.alloynb("init", "--project", "shop").exit_code == 0
    assert shop.draft("vendor-boundary", RECORDS["vendor-boundary"]).exit_code == 0
    assert shop.accept("vendor-boundary").exit_code == 0
    return shop


def test_outside_of_a_git_repository_nothing_is_compiled_or_run(tmp_path: Path) -> None:
    error = refused(ungoverned_by_git(tmp_path), RUN, "GitFailed", 4)
    assert "not a git repository" in error["message"]


def test_in_a_repository_without_commits_nothing_is_compiled_or_run(tmp_path: Path) -> None:
    shop = ungoverned_by_git(tmp_path)
    shop.git("init", "--quiet")
    error = refused(shop, RUN, "UnknownRevision", 2)
    assert "commit" in error["message"] + error["next_step"]


def test_without_foundry_the_remedy_is_named(shop: Shop) -> None:
    lost = Shop(shop.root, {"ALLOY_FOUNDRY": "/nowhere/foundry-kernel"})
    error = refused(lost, RUN, "CannotRun", 4)
    assert "/nowhere/foundry-kernel" in error["message"]
    assert "doctor" in error["next_step"]
    doctor = lost.alloynb("doctor")
    assert doctor.exit_code == 4
    assert "Foundry" in doctor.out


def test_a_principal_without_authority_is_refused(shop: Shop) -> None:
    shop.write(".alloy/authority.yaml", "principals:\n  grace: ['*']\n")
    for command in (RUN, ("alloynb", "intent", "deprecate", "vendor-boundary", "--why", "old")):
        error = refused(shop, command, "MissingAuthority", 3)
        assert "ada" in error["message"]
    grace = Shop(shop.root, {"ALLOY_PRINCIPAL": "grace"})
    assert grace.alloynb("brief", "compile").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("nonsense",),
        ("run", "--nonsense"),
        ("run", "--throttle", "nonsense"),
        ("intent", "accept", "x"),
        ("evidence", "sql"),
    ],
)
def test_a_wrong_call_is_a_usage_error(asked: Shop, command: tuple[str, ...]) -> None:
    before = asked.tree()
    said = asked.alloynb(*command)
    assert (said.exit_code, said.out) == (2, "")
    assert "Error:" in said.err
    assert "Traceback" not in said.err
    assert asked.tree() == before
