from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.archaeology.confidence import MOST, band_of, confidence_of, confidence_table
from alloynb.archaeology.observation import Observation

WEIGHTS = st.floats(0, 1, allow_nan=False)
OBSERVATIONS = st.lists(
    st.builds(
        lambda signal, weight, supports: Observation(signal, "seen", weight, supports),
        st.sampled_from(["layers", "names", "history"]),
        WEIGHTS,
        st.booleans(),
    ),
    max_size=30,
)
NEARLY = 1e-9


@given(OBSERVATIONS)
def test_confidence_stays_between_nothing_and_its_most(observed: list[Observation]) -> None:
    assert 0.0 <= confidence_of(observed) <= MOST


@given(OBSERVATIONS, WEIGHTS, st.sampled_from(["layers", "names", "other"]))
def test_support_never_lowers_it(observed: list[Observation], weight: float, signal: str) -> None:
    more = [*observed, Observation(signal, "seen", weight)]

    assert confidence_of(more) >= confidence_of(observed) - NEARLY


@given(OBSERVATIONS, WEIGHTS, st.sampled_from(["layers", "names", "other"]))
def test_counter_evidence_never_raises_it(observed: list[Observation], weight: float, signal: str) -> None:
    more = [*observed, Observation(signal, "seen", weight, supports=False)]

    assert confidence_of(more) <= confidence_of(observed) + NEARLY


@given(OBSERVATIONS, st.randoms())
def test_the_order_of_observations_does_not_matter(observed: list[Observation], random) -> None:
    shuffled = list(observed)
    random.shuffle(shuffled)

    assert confidence_of(shuffled) == pytest.approx(confidence_of(observed))


def test_a_signal_that_repeats_itself_counts_less_than_another_signal() -> None:
    once = Observation("layers", "seen", 0.4)
    again = confidence_of([once, once])
    other = confidence_of([once, Observation("names", "seen", 0.4)])

    assert confidence_of([once]) < again < other


def test_the_table_names_every_signal_on_each_side() -> None:
    rows = confidence_table(
        [Observation("a", "x", 0.5), Observation("a", "x", 0.5), Observation("b", "x", 0.2, supports=False)]
    )

    assert [(row.signal, row.supports, row.count) for row in rows] == [("a", True, 2), ("b", False, 1)]
    assert rows[0].strength == pytest.approx(0.625)


@pytest.mark.parametrize(
    ("confidence", "band"), [(0.9, "high"), (0.8, "high"), (0.5, "medium"), (0.1, "low")]
)
def test_bands_have_names(confidence: float, band: str) -> None:
    assert band_of(confidence) == band
