"""A wrong parameter is refused before anything happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundry_kernel.kernel.parameters import IllTypedParameter, Parameters, UnknownParameter, check_parameters


class Wanted(Parameters):
    request: str = ""
    run_dir: str = ""
    fail_on_findings: bool = True


def test_declared_names_of_the_right_type_are_taken() -> None:
    taken = check_parameters(Wanted, {"request": "r.json", "fail_on_findings": False})
    assert taken == Wanted(request="r.json", fail_on_findings=False)


def test_a_misspelt_parameter_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(UnknownParameter, match=r"unknown parameter 'requst'; did you mean 'request'\?"):
        check_parameters(Wanted, {"request": "", "requst": "r.json"})


def test_a_name_that_resembles_nothing_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(UnknownParameter, match="this notebook knows request, run_dir, fail_on_findings"):
        check_parameters(Wanted, {"zzz": 1})


@pytest.mark.parametrize("value", [7, None, ["r.json"], 1.5])
def test_a_value_that_papermill_guessed_wrongly_is_refused_with_its_type(value: object) -> None:
    with pytest.raises(IllTypedParameter, match=r"parameter 'request': .*found .*-r NAME VALUE"):
        check_parameters(Wanted, {"request": value})


def test_a_text_is_not_taken_for_a_truth_value() -> None:
    with pytest.raises(IllTypedParameter, match="fail_on_findings"):
        check_parameters(Wanted, {"fail_on_findings": "yes"})


def test_imports_and_the_names_of_the_interactive_shell_are_not_parameters() -> None:
    names = {
        "json": json,
        "Path": Path,
        "helper": check_parameters,
        "In": ["x"],
        "Out": {},
        "_": 3,
        "__name__": "x",
    }
    assert check_parameters(Wanted, {**names, "request": "r"}).request == "r"
