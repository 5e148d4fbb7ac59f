from __future__ import annotations

from pathlib import Path

from alloynb.archaeology.history import read_history


def test_one_pass_gives_messages_churn_and_pairs(repo: Path, commit) -> None:
    for number in range(4):
        commit({"a.py": f"{number}\n", "b.py": f"{number}\n"}, f"Fix number {number}\n\nwith a body")
    commit({"c.py": "x\n"}, "Add c")

    history = read_history(repo)

    assert [each.subject for each in history.commits[:2]] == ["Add c", "Fix number 3"]
    assert history.commits[1].is_fix
    assert history.commits[1].message.endswith("with a body")
    assert history.touches["a.py"] == 4
    assert history.churn["a.py"] == 7
    assert history.together["a.py", "b.py"] == 4


def test_only_the_newest_commits_are_read(repo: Path, commit) -> None:
    for number in range(5):
        commit({"a.py": f"{number}\n"}, f"c{number}")

    assert [each.subject for each in read_history(repo, most_commits=2).commits] == ["c4", "c3"]


def test_names_and_messages_that_imitate_the_format_change_nothing(repo: Path, commit) -> None:
    commit({"tab\tname.py": "x\n", "ünïcode.py": "y\n"}, "subject\x1ffield\x1dend")

    (found,) = read_history(repo).commits

    assert "ünïcode.py" in found.paths


def test_a_folder_inside_a_repository_sees_its_own_paths(repo: Path, commit) -> None:
    commit({"inner/a.py": "x\n", "b.py": "y\n"})

    assert read_history(repo / "inner").touches == {"a.py": 1}


def test_no_repository_gives_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path).commits == ()
