"""Who may do what (spec 2.9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.intent.authority import ACTIONS, HUMANS_ONLY, Authority, Principal, load_authority
from alloynb.intent.errors import BrokenFiles, MissingAuthority, UnsafeIntentPath

ANA, BEN, BOT = Principal("ana"), Principal("ben"), Principal("bot", "machine")


def written(root: Path, text: str) -> Authority:
    (root / "authority.yaml").write_text(text)
    return load_authority(root)


def test_there_are_ten_actions() -> None:
    assert len(ACTIONS) == 10


def test_without_a_file_the_local_owner_may_do_everything(tmp_path: Path) -> None:
    authority = load_authority(tmp_path)

    assert all(authority.allows(ANA, action) for action in ACTIONS)
    assert str(authority.require(ANA, "accept_intent")) == "accept_intent (local owner)"


def test_without_a_file_a_machine_may_find_and_compile_but_not_decide(tmp_path: Path) -> None:
    allowed = {action for action in ACTIONS if load_authority(tmp_path).allows(BOT, action)}

    assert allowed == {"view_intent", "edit_hypotheses", "compile_brief"}


def test_with_a_file_everybody_may_do_what_it_says_and_no_more(tmp_path: Path) -> None:
    authority = written(tmp_path, "principals:\n  ana: ['*']\n  ben: [view_intent, compile_brief]\n")

    assert all(authority.allows(ANA, action) for action in ACTIONS)
    assert {action for action in ACTIONS if authority.allows(BEN, action)} == {"view_intent", "compile_brief"}
    assert not any(authority.allows(Principal("eve"), action) for action in ACTIONS)
    assert authority.require(BEN, "compile_brief").by == "authority.yaml principals.ben"


def test_a_refusal_says_how_to_grant_it(tmp_path: Path) -> None:
    with pytest.raises(
        MissingAuthority, match=r"ben lacks the authority accept_intent; grant it under principals\.ben"
    ) as refused:
        written(tmp_path, "principals: {ana: ['*']}\n").require(BEN, "accept_intent")
    assert refused.value.exit_code == 3


def test_a_right_in_one_project_is_no_right_in_another(tmp_path: Path) -> None:
    authority = written(tmp_path, "principals: {}\nprojects:\n  shop:\n    ben: [accept_intent]\n")

    assert authority.require(BEN, "accept_intent", "shop").by == "authority.yaml projects.shop.ben"
    assert not authority.allows(BEN, "accept_intent", "billing")
    assert not authority.allows(BEN, "accept_intent")


@pytest.mark.parametrize("action", sorted(HUMANS_ONLY))
def test_no_file_can_give_a_machine_what_only_humans_have(tmp_path: Path, action: str) -> None:
    authority = written(tmp_path, "principals: {bot: ['*'], nightly: ['*']}\nmachines: [nightly]\n")

    for machine in (BOT, Principal("bot", "assistant"), Principal("nightly"), Principal("nightly", "human")):
        with pytest.raises(MissingAuthority, match="only a human"):
            authority.require(machine, action)  # type: ignore[arg-type]


def test_a_listed_machine_that_calls_itself_human_is_entered_as_a_machine(tmp_path: Path) -> None:
    authority = written(tmp_path, "principals: {nightly: ['*']}\nmachines: [nightly]\n")

    assert authority.require(Principal("nightly"), "compile_brief").principal.kind == "machine"


def test_an_unknown_action_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BrokenFiles, match=r"authority\.yaml:3: principals\.ben\.0: should be 'view_intent'"):
        written(tmp_path, "principals:\n  ana: ['*']\n  ben: [accept_intents]\n")


def test_a_linked_file_grants_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("principals: {ana: ['*']}\n")
    (tmp_path / "authority.yaml").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UnsafeIntentPath):
        load_authority(tmp_path)
