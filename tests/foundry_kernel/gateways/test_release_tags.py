"""Which tags are releases, and which comes next (spec 4.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gateways.release_tags import BadVersion, latest_release, next_release, releases_among

ONE, TWO = "1" * 40, "2" * 40
TAGS = st.dictionaries(
    st.from_regex(r"\Av?(0|[1-9]\d?)\.(0|[1-9]\d?)\.(0|[1-9]\d?)\Z") | st.text(max_size=8),
    st.sampled_from([ONE, TWO]),
    max_size=8,
)


@pytest.mark.parametrize(
    ("tags", "bump", "tag"),
    [
        ([], "patch", "v0.1.0"),
        ([], "major", "v1.0.0"),
        (["v1.4.9"], "patch", "v1.4.10"),
        (["v1.4.9", "v1.10.0", "v1.9.0"], "minor", "v1.11.0"),
        (["1.4.9"], "major", "2.0.0"),
        (["v1.0.0", "v2.0.0-rc1", "latest", "v01.2.3"], "patch", "v1.0.1"),
    ],
)
def test_the_next_version_follows_the_highest_in_the_style_of_its_tag(
    tags: list[str], bump: str, tag: str
) -> None:
    found = next_release(dict.fromkeys(tags, ONE), TWO, version=None, bump=bump)  # type: ignore[arg-type]
    assert (found.tag, found.commit) == (tag, TWO)


def test_a_released_commit_stays_what_it_is() -> None:
    assert next_release({"v1.0.0": ONE}, ONE, version=None, bump="major").tag == "v1.0.0"
    assert next_release({"v1.0.0": ONE, "v2.0.0": TWO}, ONE, version="v1.0.0", bump="patch").tag == "v1.0.0"


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0", "1.0", "one", "v1.0.0-rc1", "1.0.0\n", "-f"])
def test_a_version_that_cannot_be_released_is_refused(version: str) -> None:
    with pytest.raises(BadVersion):
        next_release({"v1.0.0": ONE}, TWO, version=version, bump="patch")


@given(TAGS, st.sampled_from([ONE, TWO]), st.sampled_from(["major", "minor", "patch"]))
def test_the_next_release_is_new_and_the_highest_or_is_there_already(
    tags: dict[str, str], commit: str, bump: str
) -> None:
    latest = latest_release(tags)
    found = next_release(tags, commit, version=None, bump=bump)  # type: ignore[arg-type]
    assert found.commit == commit
    if found.tag in tags:
        assert tags[found.tag] == commit
    else:
        assert latest is None or found.numbers > latest.numbers
        assert found.numbers not in {each.numbers for each in releases_among(tags)}
