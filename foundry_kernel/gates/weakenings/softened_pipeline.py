"""Pipelines of continuous integration removed, or made to let failures pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.softening import softened, without_comments

_PIPELINE = re.compile(
    r"^(\.github/(workflows|actions)/.+\.ya?ml|\.gitlab-ci\.yml|\.gitlab/.+\.ya?ml|azure-pipelines[\w-]*\.ya?ml|\.circleci/.+\.ya?ml|"
    r"\.travis\.yml|bitbucket-pipelines\.yml|\.buildkite/.+\.ya?ml|\.woodpecker(/.+)?\.ya?ml|\.drone\.ya?ml|Jenkinsfile|"
    r"appveyor\.yml|\.ci/.+|tox\.ini|noxfile\.py)$"
)
_JOB = re.compile(
    r"^(?:  ([\w-]+):[ \t]*$|[ \t]{0,40}-?[ \t]{0,40}run:[ \t]*(\S.*)$|[ \t]{0,40}-[ \t]{0,40}([\w./$-]+ .+)$)",
    re.MULTILINE,
)
_MAX_STEPS = 500


def _find(comparison: Comparison) -> Iterator[Weakening]:
    pipelines = [path for path in comparison.changed if _PIPELINE.search(path)]
    added = {
        " ".join((comparison.after.text_of(path) or "").split())
        for path in pipelines
        if comparison.before.bytes_of(path) is None
    }
    for path in pipelines:
        before, after = comparison.before.text_of(path), comparison.after.text_of(path)
        if before is None:
            continue
        if after is None:
            if " ".join(before.split()) not in added:
                yield weakening("pipeline_removed", path, path, "the pipeline was deleted", before="present")
            continue
        for each in softened(before, after):
            yield weakening(
                "pipeline_softened",
                path,
                each.said,
                f"in the pipeline, {each.said}",
                line=each.line,
                before=each.before,
                after=each.after,
            )
        if gone := _gone(before, after):
            yield weakening(
                "pipeline_steps_removed",
                path,
                "steps",
                f"the pipeline no longer has {names(gone)}",
                before=gone,
                severity="suspicious",
            )


def _gone(before: str, after: str) -> tuple[str, ...]:
    """Jobs and commands that are not there any more, when there are fewer of them."""
    was, now = _steps(before), _steps(after)
    return tuple(each for each in was if each not in now) if len(now) < len(was) else ()


def _steps(text: str) -> list[str]:
    found = _JOB.finditer(without_comments(text))
    return [" ".join(next(filter(None, each.groups()), "").split()) for each in islice(found, _MAX_STEPS)]


WEAKENING = WeakeningDetector("softened-pipeline", _find)
