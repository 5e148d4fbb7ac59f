"""What an interview is shown of a repository: its parts, and the structure, library or finding that it is about."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError

if TYPE_CHECKING:
    from alloynb.application.discover_intent import Progress
    from alloynb.archaeology.codebase import Codebase
    from alloynb.archaeology.kept_hypothesis import KeptHypothesis
    from alloynb.archaeology.module_map import ModuleMap
    from alloynb.elicitation.interview import Conflict, Context, Library, Need, Place, Structure

MOST_PLACES = 300
_MOST_TESTS = 200
_MOST_SEEN = 6
_DEEPEST = 4
_OWNED_BY_THE_LIFECYCLE = ("id", "status", "version", "created_at", "updated_at", "supersedes")


class NothingToAskAbout(AlloyError):
    """The interview needs something of the repository that is not there."""


def context_for(
    workspace: Workspace, need: Need | None, about: str, progress: Progress | None = None
) -> Context:
    """Read the repository, and find what the interview is about.

    Args:
        about: a path, module, hypothesis, library or finding as the person wrote it; empty to choose for them.

    Raises:
        NothingToAskAbout: there is no such thing, with what to do.
    """
    from alloynb.archaeology.codebase import Codebase
    from alloynb.archaeology.repository import is_test, no_progress, read_repository
    from alloynb.elicitation.interview import Context

    tell = progress or no_progress
    repository = read_repository(workspace.root, progress=tell)
    codebase = Codebase(repository, progress=tell)
    python = codebase.python
    places = _places(codebase, about)
    return Context(
        project=workspace.settings.project,
        about=about,
        places=places,
        packages=python.packages if python is not None else (),
        source_roots=python.source_roots if python is not None else (".",),
        tests=tuple(file.path for file in repository.files if is_test(file.path))[:_MOST_TESTS],
        structure=_structure(workspace, about, places, python) if need == "structure" else None,
        library=_library(codebase, about) if need == "library" else None,
        conflict=_conflict(workspace, about) if need == "conflict" else None,
    )


def _places(codebase: Codebase, about: str) -> tuple[Place, ...]:
    """Modules and folders, those near `about` first, then children of root packages, the largest first."""
    from alloynb.elicitation.interview import Place

    found: dict[str, tuple[tuple[int, int, int, str], Place]] = {}
    near = about.strip("/").lower()
    for each in codebase.maps:
        for name, size in each.sizes.items():
            depth = name.count(".")
            path = each.place_of(name)
            if depth > _DEEPEST or not path or name in found:
                continue
            place = Place(name=name, path=path, glob=each.glob_of(name), importable=each.language == "python")
            lies_near = bool(near) and (path.lower().startswith(near) or name.lower().startswith(near))
            found[name] = ((0 if lies_near else 1, 9 if depth == 0 else depth, -size, name), place)
    ranked = sorted(found.values(), key=lambda each: each[0])
    return tuple(place for _, place in ranked[:MOST_PLACES])


def _structure(
    workspace: Workspace, about: str, places: tuple[Place, ...], python: ModuleMap | None
) -> Structure:
    from alloynb.application.review_hypotheses import open_hypotheses
    from alloynb.elicitation.interview import Seen, Structure
    from alloynb.elicitation.places import places_in

    waiting = open_hypotheses(workspace)
    chosen = next((each for each in waiting if not about or _is_about(each, about)), None)
    if chosen is not None:
        seen = [
            Seen(ref=each.ref, told=each.told, text=each.observed_text)
            for each in chosen.observed
            if each.supports
        ]
        return Structure(title=chosen.title, seen=tuple(seen[:_MOST_SEEN]), intent=_plain(chosen.intent))
    place = next(iter(places_in(about, places)), None) if about else None
    if place is None:
        told = f"nothing is known about {about!r}" if about else "no hypothesis is open"
        raise NothingToAskAbout(told, next_step="run `alloynb discover` first, or name a folder with --about")
    sites = [site for site in python.internal if _within(site.imported, place.name)] if python else []
    users = sorted({site.importer for site in sites if not _within(site.importer, place.name)})
    title = f"`{place.path}` is a part of its own" + (
        f", and {len(users)} modules import it" if users else ""
    )
    seen_here = tuple(
        Seen(ref=f"{site.path}:{site.line}", told=f"{site.importer} imports {site.imported}", text=site.text)
        for site in sites
        if site.importer in users[:2]
    )
    scope: dict[str, Any] = {"paths": [place.glob]} | ({"modules": [place.name]} if place.importable else {})
    return Structure(title=title, seen=seen_here[:_MOST_SEEN], intent={"scope": scope})


def _is_about(hypothesis: KeptHypothesis, about: str) -> bool:
    if about in (hypothesis.id, hypothesis.slug, hypothesis.hypothesis_id):
        return True
    path, dotted = about.strip("/"), about.strip("/").removesuffix(".py").replace("/", ".")
    scope = hypothesis.intent.get("scope")
    modules = scope.get("modules", []) if isinstance(scope, dict) else []
    seen = any(
        each.ref == path or each.ref.startswith((f"{path}:", f"{path}/")) for each in hypothesis.observed
    )
    return seen or any(_within(str(name), dotted) for name in modules)


def _library(codebase: Codebase, about: str) -> Library:
    from alloynb.archaeology.library_homes import homes_of
    from alloynb.elicitation.interview import Library, Seen

    uses = {
        name: (found, sites)
        for found in codebase.maps
        for name, sites in found.users.items()
        if name not in sys.stdlib_module_names
    }
    wanted = about.lower().replace("-", "_")
    names = [name for name in uses if not about or name.lower().replace("-", "_") == wanted]
    if not names:
        if about and re.fullmatch(r"[\w.@/+ -]{1,80}", about):
            return Library(name=about)
        raise NothingToAskAbout("no library is imported here", next_step="name a technology with --about")
    name = max(names, key=lambda each: (len({site.importer for site in uses[each][1]}), each))
    found, sites = uses[name]
    importers = {site.importer for site in sites}
    inside, outside = homes_of(found, importers)
    seen = tuple(
        Seen(ref=f"{site.path}:{site.line}", told=f"{site.importer} imports {name}", text=site.text)
        for site in sorted(sites, key=lambda site: (site.path, site.line))
    )
    python = found.language == "python"
    return Library(
        name=name,
        importers=len(importers),
        seen=seen[:_MOST_SEEN],
        inside=tuple(inside),
        outside=tuple(outside) if python else (),
    )


def _conflict(workspace: Workspace, about: str) -> Conflict:
    from alloynb.application.look_for_drift import known_findings
    from alloynb.elicitation.interview import Conflict

    findings = [each for each in known_findings(workspace) if each.status not in {"resolved", "exception"}]
    fitting = [
        each
        for each in findings
        if not about
        or each.finding_id.startswith(about)
        or each.path == about.strip("/")
        or each.path.startswith(f"{about.strip('/')}/")
        or each.record_id in (about, f"{workspace.settings.project}.intent.{about}")
    ]
    records = {record.id: record for record in workspace.intent.load_all()}
    for each in fitting:
        record = records.get(each.record_id)
        if record is not None:
            plain = record.model_dump(mode="json", exclude=set(_OWNED_BY_THE_LIFECYCLE), exclude_none=True)
            return Conflict(
                finding_id=each.finding_id,
                evidence_id=each.evidence_id,
                ref=f"{each.path}:{each.lines[0]}" if each.lines else each.path,
                message=each.message,
                record_id=each.record_id,
                record=_plain(plain),
            )
    told = (
        f"no open finding fits {about!r}" if about else "nothing contradicts accepted intent that is known of"
    )
    raise NothingToAskAbout(told, next_step="run `alloynb drift` to look")


def _within(name: str, whole: str) -> bool:
    return name == whole or name.startswith(f"{whole}.")


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Without keys that say nothing, so that a draft made of it reads like one that was written."""
    empty: Iterable[Any] = (None, [], {}, ())
    return {key: each for key, each in value.items() if each not in empty}
