"""A real Jupyter Server that serves one governed repository, which every test makes anew below it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.api_server import Api, api_server
from tests.fakes.governed import Governed, govern_here

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Api]]:
    folder = tmp_path_factory.mktemp("served")
    environment = {"ALLOY_PRINCIPAL": "ada"}
    with api_server(folder, tmp_path_factory.mktemp("settings"), token=TOKEN, environment=environment) as api:
        yield folder, api


@pytest.fixture
def here(served: tuple[Path, Api]) -> Iterator[Governed]:
    folder, _ = served
    yield govern_here(folder)
    shutil.rmtree(folder / "shop")


@pytest.fixture
def api(served: tuple[Path, Api], here: Governed) -> Api:
    return served[1]
