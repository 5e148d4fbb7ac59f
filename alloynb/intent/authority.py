"""Who may do what: the ten actions, and the file that grants them (spec 2.9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from alloynb.intent.document_model import model_of
from alloynb.intent.durable_file import read_plain_file
from alloynb.intent.errors import MissingAuthority
from alloynb.intent.strict_model import Slug, StrictModel, Text
from alloynb.intent.yaml_document import MAX_FILE_BYTES, read_yaml

Action = Literal[
    "view_intent",
    "edit_hypotheses",
    "accept_intent",
    "compile_brief",
    "approve_dry_run",
    "approve_mutation",
    "approve_commit",
    "approve_release",
    "manage_runners",
    "manage_secrets",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
GrantedAction = Literal[Action, "*"]
"""What `.alloy/authority.yaml` may grant: one action, or all of them."""

PrincipalKind = Literal["human", "assistant", "machine"]

HUMANS_ONLY: frozenset[Action] = frozenset(
    {"accept_intent", "approve_mutation", "approve_commit", "approve_release", "manage_secrets"}
)
"""What no machine and no assistant may ever do, whatever a file grants."""

_MACHINES_BY_DEFAULT: frozenset[Action] = frozenset({"view_intent", "edit_hypotheses", "compile_brief"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts.

    Attributes:
        name: as `.alloy/authority.yaml` names them, such as an e-mail address.
        kind: a human, an assistant (a language model that drafts), or a machine (archaeology, a schedule).
    """

    name: str
    kind: PrincipalKind = "human"


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer that a principal may do something: what the ledger later cites as authority.

    Attributes:
        by: where the right comes from: `local owner`, or the line of the file such as `authority.yaml principals.ana`.
    """

    principal: Principal
    action: Action
    by: str

    def __str__(self) -> str:
        return f"{self.action} ({self.by})"


class AuthorityFile(StrictModel):
    """What `.alloy/authority.yaml` holds.

    Attributes:
        principals: name to actions (`"*"` for all), in every project of the repository.
        projects: project to name to further actions, in that project only.
        machines: names that are not humans, whatever they say of themselves.
    """

    principals: dict[Text, tuple[GrantedAction, ...]]
    projects: dict[Slug, dict[Text, tuple[GrantedAction, ...]]] = Field(default_factory=dict)
    machines: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """Answers who may do what in one repository.

    Attributes:
        granted: the file's content, or None when the repository has no file: then the local owner may do all.
        file: where it stands, named in refusals.
    """

    granted: AuthorityFile | None = None
    file: Path = field(default=Path(".alloy/authority.yaml"))

    def require(self, principal: Principal, action: Action, project: str | None = None) -> Grant:
        """Make sure that a principal may do something.

        Args:
            project: also count what is granted in this project only.

        Raises:
            MissingAuthority: they may not; with who may, or how to grant it.
        """
        human = self._is_human(principal)
        by = self._right_of(principal, action, project)
        if by is not None:
            known_as = (
                principal if human or principal.kind != "human" else Principal(principal.name, "machine")
            )
            return Grant(known_as, action, by)
        if human or action not in HUMANS_ONLY:
            step = f"grant it under principals.{principal.name} in {self.file}"
            raise MissingAuthority(f"{principal.name} lacks the authority {action}", next_step=step)
        raise MissingAuthority(
            f"{principal.name} is not a human, and only a human may have the authority {action}",
            next_step="ask a person who has it",
        )

    def allows(self, principal: Principal, action: Action, project: str | None = None) -> bool:
        """Say whether a principal may do something."""
        return self._right_of(principal, action, project) is not None

    def _is_human(self, principal: Principal) -> bool:
        listed = self.granted is not None and principal.name in self.granted.machines
        return principal.kind == "human" and not listed

    def _right_of(self, principal: Principal, action: Action, project: str | None) -> str | None:
        human = self._is_human(principal)
        if action in HUMANS_ONLY and not human:
            return None
        if self.granted is None:
            return "local owner" if human or action in _MACHINES_BY_DEFAULT else None
        if _covers(self.granted.principals.get(principal.name, ()), action):
            return f"authority.yaml principals.{principal.name}"
        if project is not None and _covers(
            self.granted.projects.get(project, {}).get(principal.name, ()), action
        ):
            return f"authority.yaml projects.{project}.{principal.name}"
        return None


def load_authority(root: Path) -> Authority:
    """Read `authority.yaml` below the `.alloy` folder `root`; a file that is absent grants the local owner all.

    Raises:
        BrokenFiles: the file says something unknown, with file and line.
        UnreadableYaml: the file is not YAML that we accept.
        UnsafeIntentPath: it is a link, or not a plain file.
    """
    file = root / "authority.yaml"
    try:
        content, _ = read_plain_file(file, MAX_FILE_BYTES)
    except FileNotFoundError:
        return Authority(None, file)
    return Authority(model_of(read_yaml(content, file), AuthorityFile), file)


def _covers(actions: tuple[str, ...], action: Action) -> bool:
    return "*" in actions or action in actions
