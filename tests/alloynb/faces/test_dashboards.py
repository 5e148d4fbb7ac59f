"""Dashboards are served to who has the token, by a server on this machine, with a template that asks no network."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from alloynb.faces.cli import main
from alloynb.faces.dashboards import SHARE, TEMPLATE, serve_command, serve_environment


def test_the_server_listens_to_this_machine_alone_and_never_drops_its_token(tmp_path: Path) -> None:
    command = serve_command(tmp_path, port=9000)

    assert "--ServerApp.ip=127.0.0.1" in command
    assert f"--ServerApp.root_dir={tmp_path.resolve()}" in command
    assert f"--VoilaConfiguration.template={TEMPLATE}" in command
    assert command[1:3] == ["-m", "jupyter_server"], "a stand-alone Voila would ask nobody for a token"
    assert not [each for each in command if "token" in each or "password" in each]


def test_our_template_is_found_before_others_and_names_no_other_machine() -> None:
    found = serve_environment({"JUPYTER_PATH": "elsewhere", "HOME": "here"})

    assert found == {"JUPYTER_PATH": f"{SHARE}:elsewhere", "HOME": "here"}
    assert serve_environment({})["JUPYTER_PATH"] == str(SHARE)
    files = [each for each in (SHARE / "voila" / "templates" / TEMPLATE).iterdir() if each.is_file()]
    assert {each.name for each in files} == {"conf.json", "index.html.j2", "page.html"}
    assert not [each for each in files if 'src="http' in each.read_text() or "cdn" in each.read_text()]


def test_a_folder_that_is_none_is_bad_input() -> None:
    assert CliRunner().invoke(main, ["dashboards", "/no/such/folder"]).exit_code == 2
