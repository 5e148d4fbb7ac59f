"""Task blocks: what they are, how they are declared, what they are given (spec 4.2).

A block is one small file::

    @block(
        name="compose_greeting",
        kind="observer",
        sinks=(GreetRequested,),
        emits=(GreetingComposed,),
    )
    async def compose_greeting(context: BlockContext) -> BlockResult:
        asked = context.payload_as(GreetRequested)
        return BlockResult("composed", GreetingComposed(greeting=f"Hello, {asked.name}!"))

    BLOCK = compose_greeting
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from foundry_kernel.engine.errors import BadBlock, BadEmission, NoWorkTree, ServiceMissing
from foundry_kernel.engine.permission import Permission
from foundry_kernel.engine.retry import Retry
from foundry_kernel.engine.throttle import BlockKind, Reach
from foundry_kernel.events.catalogue import Catalogue
from foundry_kernel.events.event import Event
from foundry_kernel.events.journal import RunIdentity
from foundry_kernel.events.payload import Payload
from foundry_kernel.events.payloads.iteration import ProjectChangesCommitted
from foundry_kernel.events.payloads.validation import Gate, GatePhase
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.run_result import GateReport

PayloadT = TypeVar("PayloadT", bound=Payload)
SettingsT = TypeVar("SettingsT", bound="Settings")
ServiceT = TypeVar("ServiceT")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")


class Settings(BaseModel):
    """Root of what a formation may set for a block. A field that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Emission:
    """One event that a block emits; the engine gives it its id, time and place.

    Attributes:
        project: another project than that of the event worked on, when the block fans out.
    """

    event_type: str
    payload: Payload | Mapping[str, Any]
    project: str | None = None

    @classmethod
    def of(cls, payload: Payload, project: str | None = None) -> Emission:
        """Emit a payload as the event type that it belongs to."""
        return cls(payload.event_type(), payload, project)


class BlockResult:
    """What a block did.

    Attributes:
        summary: one sentence for the trace.
        emissions: in the order in which they are delivered.
        details: whatever else the trace should keep; JSON.
    """

    __slots__ = ("details", "emissions", "summary")

    def __init__(
        self, summary: str, *emitted: Payload | Emission, details: Mapping[str, Any] | None = None
    ) -> None:
        self.summary = summary
        self.emissions = tuple(Emission.of(each) if isinstance(each, Payload) else each for each in emitted)
        self.details = dict(details or {})


@dataclass(frozen=True)
class Trigger:
    """What a block works on: enough to say what it would emit, nothing to have an effect with.

    Attributes:
        payload: the event's payload as its model.
        settings: of the block, as the formation set them.
        read_path: gives the payloads of one type of the events that led here, the nearest first; see `upstream`.
    """

    event: Event
    payload: Payload
    settings: Settings
    read_path: Callable[[type[Payload]], Iterable[Payload]] = field(
        default=lambda model: (), repr=False, kw_only=True
    )

    def payload_as(self, model: type[PayloadT]) -> PayloadT:
        """The payload, typed.

        Raises:
            BadEmission: the event is of another type.
        """
        if not isinstance(self.payload, model):
            raise BadEmission(f"{self.event.event_type} is not {model.event_type()}")
        return self.payload

    def settings_as(self, model: type[SettingsT]) -> SettingsT:
        """The settings, typed.

        Raises:
            BadBlock: the block declared other settings.
        """
        if not isinstance(self.settings, model):
            raise BadBlock(f"settings are {type(self.settings).__name__}, not {model.__name__}")
        return self.settings

    def upstream(self, model: type[PayloadT]) -> tuple[PayloadT, ...]:
        """Payloads of one type on the causal path from the entry event to this one, this one included, nearest first.

        The path is the same in every attempt at a run, so what is read from it needs not be carried on.
        """
        return tuple(each for each in self.read_path(model) if isinstance(each, model))

    def latest(self, model: type[PayloadT]) -> PayloadT | None:
        """The nearest of `upstream`, None when there is none."""
        return next((each for each in self.read_path(model) if isinstance(each, model)), None)


@dataclass(frozen=True)
class BlockContext(Trigger):
    """What a block's work is given.

    Attributes:
        gateways: ports for every outside effect.
        cancel: hand it to `gateways.shell.run`, so that a cancelled run ends the command.
        identity: of the run.
        run_dir: folder where everything that the run leaves behind goes.
        tree: work tree of the repository; None for a run without one.
        repository: the user's own repository, for its refs and remotes alone, through `gateways.git`; None for a run
            without one.
        branch: name of the run's own branch, checked out in `tree`; None unless the run may change things at throttle
            `full`.
        permission: what a human has allowed.
        redactor: learns the secrets that are handed to commands.
        record: writes a fact about this execution into the journal.
    """

    gateways: GatewaySet
    cancel: CancelToken
    identity: RunIdentity
    run_dir: Path
    tree: Path | None
    redactor: Redactor
    record: Callable[..., None]
    repository: Path | None = None
    branch: str | None = None
    permission: Permission = field(default_factory=Permission)
    services: Mapping[type, object] = field(default_factory=dict)

    def service(self, kind: type[ServiceT]) -> ServiceT:
        """A service that the runner handed in, by its type.

        Raises:
            ServiceMissing: this run was given none.
        """
        found = self.services.get(kind)
        if not isinstance(found, kind):
            raise ServiceMissing(
                f"this run was given no {kind.__name__}",
                next_step="run it through the runner, which gives one",
            )
        return found

    @property
    def work_tree(self) -> Path:
        """`tree`, of a block that cannot do without.

        Raises:
            NoWorkTree: the run has none.
        """
        if self.tree is None:
            raise NoWorkTree(
                "there is no work tree", next_step="start the run with a repository that has a commit"
            )
        return self.tree

    @property
    def base_revision(self) -> str:
        """Commit that the present work started from: the last one that the chain made, else the run's own.

        Raises:
            NoWorkTree: the run has no repository.
        """
        made = next((each.commit for each in self.upstream(ProjectChangesCommitted) if each.commit), None)
        if made is None and self.identity.revision is None:
            raise NoWorkTree("there is no revision to compare with")
        return made or self.identity.revision or ""

    @property
    def artifacts_dir(self) -> Path:
        """Folder with the verified copies of the request's artifacts; may be missing."""
        return self.run_dir / "artifacts"

    def gate_started(
        self, gate: Gate, phase: GatePhase, attempt: int, *, required: bool, process_group: int
    ) -> None:
        """Record that a gate's command runs.

        Args:
            required: whether the run fails at its throttle if the gate does not pass.
            process_group: id of the group that ends with the gate.
        """
        self.record(
            "gate_started",
            gate=gate.name,
            phase=phase,
            required=required,
            mode=gate.mode,
            evidence_id=gate.evidence_id,
            payload={
                "gate_attempt": attempt,
                "source": gate.source,
                "applies_to": list(gate.applies_to),
                "process_group": process_group,
            },
        )

    def record_gate(self, report: GateReport) -> None:
        """Record what a gate said, durably."""
        self.record(
            "gate_finished",
            gate=report.name,
            phase=report.phase,
            status=report.status,
            required=report.required,
            mode=report.mode,
            exit_code=report.exit_code,
            duration_ms=report.duration_ms,
            evidence_id=report.evidence_id,
            payload=report.model_dump(mode="json", exclude_none=True),
        )


Work = Callable[[BlockContext], Coroutine[Any, Any, BlockResult]]
DryRunEvents = Callable[[Trigger], Sequence[Payload | Emission]]
Accepts = Callable[[Any], bool]


@dataclass(frozen=True)
class Block:
    """One task block, as declared. See `block`."""

    name: str
    kind: BlockKind
    sinks: tuple[str, ...]
    emits: tuple[str, ...]
    work: Work
    about: str = ""
    retry: Retry = field(default_factory=Retry)
    dry_run_events: DryRunEvents | None = None
    timeout_s: float | None = None
    concurrent: bool = False
    accepts: Accepts = lambda payload: True
    settings: type[Settings] = Settings
    origin: str = ""
    reach: Reach = "workspace"
    repeatable: bool = False


def block(
    *,
    name: str,
    kind: BlockKind,
    sinks: Sequence[type[Payload] | str],
    emits: Sequence[type[Payload] | str],
    retry: Retry | None = None,
    dry_run_events: DryRunEvents | None = None,
    timeout_s: float | None = None,
    concurrent: bool = False,
    accepts: Accepts | None = None,
    settings: type[Settings] = Settings,
    reach: Reach = "workspace",
    repeatable: bool = False,
) -> Callable[[Work], Block]:
    """Declare a block; decorates its work, an async function from `BlockContext` to `BlockResult`.

    Args:
        name: snake_case, unique.
        kind: an observer changes nothing; a mutator changes the world.
        sinks: event types that it works on, as payload classes or names.
        emits: event types that it may emit.
        retry: how often it is tried when it fails; by default once.
        dry_run_events: of a mutator, says without any effect what it would emit.
        timeout_s: seconds, above 0; then its work is ended.
        concurrent: of an observer, may run beside the neighbours that work on the same event.
        accepts: looks at the payload, and says whether the block cares.
        settings: what a formation may set.
        reach: of a mutator, how far its effect goes; whatever leaves the run's work tree and folder is `outside`.
        repeatable: of a mutator, doing it again has the effect of once, because what it changes decides that itself.
    """

    def declare(work: Work) -> Block:
        return Block(
            name=name,
            kind=kind,
            sinks=tuple(_type_name(each) for each in sinks),
            emits=tuple(_type_name(each) for each in emits),
            work=work,
            about=(inspect.getdoc(work) or "").partition("\n")[0],
            retry=retry or Retry(),
            dry_run_events=dry_run_events,
            timeout_s=timeout_s,
            concurrent=concurrent,
            accepts=accepts or (lambda payload: True),
            settings=settings,
            origin=inspect.getsourcefile(work) or work.__module__,
            reach=reach,
            repeatable=repeatable,
        )

    return declare


def check_block(value: object, catalogue: Catalogue) -> Block:
    """Check a block's definition when it registers.

    Raises:
        BadBlock: with the block's file and everything that is wrong.
    """
    if not isinstance(value, Block):
        raise BadBlock(f"{value!r} is not a block; decorate its work with @block(…)")
    wrong = [*_wrong_names(value, catalogue), *_wrong_shape(value)]
    if wrong:
        raise BadBlock(f"{value.origin}: block {value.name!r}: {'; '.join(wrong)}")
    return value


def _wrong_names(one: Block, catalogue: Catalogue) -> list[str]:
    wrong = []
    if not _NAME.fullmatch(one.name):
        wrong.append("its name is not snake_case")
    if not one.sinks:
        wrong.append("it sinks on nothing, so it would never run")
    for what, names in (("sinks on", one.sinks), ("emits", one.emits)):
        wrong += [
            f"it {what} {name!r}, which is not in the catalogue" for name in names if name not in catalogue
        ]
    return wrong


def _wrong_shape(one: Block) -> list[str]:
    wrong = []
    if one.kind not in ("observer", "mutator"):
        wrong.append(f"its kind is {one.kind!r}, not observer or mutator")
    if not inspect.iscoroutinefunction(one.work):
        wrong.append("its work is not an async function")
    if one.kind == "mutator" and one.dry_run_events is None:
        wrong.append("a mutator must say its dry_run_events")
    if one.kind == "observer" and one.dry_run_events is not None:
        wrong.append("an observer always runs and has no dry_run_events")
    if one.reach not in ("workspace", "outside"):
        wrong.append(f"its reach is {one.reach!r}, not workspace or outside")
    if one.kind == "observer" and one.reach != "workspace":
        wrong.append("an observer changes nothing, so it reaches nowhere")
    if one.kind == "mutator" and one.concurrent:
        wrong.append("a mutator never runs beside others")
    if one.timeout_s is not None and one.timeout_s <= 0:
        wrong.append("its timeout_s is not above 0")
    return wrong


def _type_name(each: type[Payload] | str) -> str:
    return each if isinstance(each, str) else each.event_type()
