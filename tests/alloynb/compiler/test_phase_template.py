from __future__ import annotations

import shutil

import pytest

from alloynb.compiler.phase_template import TEMPLATES, load_phase_templates
from alloynb.compiler.prompt_context import PromptContext
from alloynb.compiler.refusal import BrokenTemplate
from runtime_artifacts.formation_brief import FoundryControls, Identity, Mission
from runtime_artifacts.prompt_pack import PHASES

EMPTY = PromptContext(
    identity=Identity(
        project_id="p",
        title="t",
        source_graph_version="sha256:" + "0" * 64,
        target_project="p",
        template="x@1",
    ),
    mission=Mission(objective="o"),
    foundry=FoundryControls(entry_event="e"),
    pieces=(),
    conflicts=(),
    open_questions=(),
)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


def test_every_phase_has_a_template_with_its_version_and_budget():
    templates = load_phase_templates()
    assert set(templates) == set(PHASES)
    assert all(each.version >= 1 and each.token_budget >= 1000 for each in templates.values())


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_makes_sense_without_any_context(phase):
    assert load_phase_templates()[phase].paragraphs(EMPTY, left_out=0)


@pytest.mark.parametrize("text", ["# no header", "{#\nversion: 0\ntoken_budget: 5\nuses: intent\n#}", ""])
def test_a_phase_without_its_header_is_refused_with_the_file(folder, text):
    (folder / "retry.md.j2").write_text(text)
    with pytest.raises(BrokenTemplate, match=r"retry\.md\.j2:1: does not begin with its header"):
        load_phase_templates(folder)


def test_a_missing_phase_is_refused_with_the_file(folder):
    (folder / "retry.md.j2").unlink()
    with pytest.raises(BrokenTemplate, match=r"retry\.md\.j2: cannot be read"):
        load_phase_templates(folder)


def test_text_outside_of_a_paragraph_is_refused(folder):
    (folder / "retry.md.j2").write_text("{#\nversion: 1\ntoken_budget: 5\nuses: intent\n#}\nlost words")
    with pytest.raises(BrokenTemplate, match="'lost' stands outside of a paragraph"):
        load_phase_templates(folder)["retry"].paragraphs(EMPTY, left_out=0)


@pytest.mark.parametrize(
    "attempt", ["{{ brief.__class__.__mro__ }}", "{{ say.__globals__ }}", "{{ unknown }}"]
)
def test_a_template_cannot_reach_out_of_its_box(folder, attempt):
    from jinja2 import TemplateError

    header = "{#\nversion: 1\ntoken_budget: 5\nuses: intent\n#}\n"
    (folder / "retry.md.j2").write_text(f"{header}{{% call say() %}}{attempt}{{% endcall %}}")
    with pytest.raises(TemplateError):
        load_phase_templates(folder)["retry"].paragraphs(EMPTY, left_out=0)
