import re
import subprocess

import pytest

pytestmark = pytest.mark.unit


def _git(world, *arguments):
    command = ["git", "-c", "safe.directory=*", "-C", str(world / "files" / "repo"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def test_git_finds_no_fault_with_the_repository(world):
    _git(world, "fsck", "--strict", "--full")
    assert _git(world, "--no-optional-locks", "status", "--porcelain") == ""


def test_the_history_has_authors_dates_and_reasons(world):
    lines = _git(world, "log", "--format=%an|%aI|%s").splitlines()
    assert 8 <= len(lines) <= 20
    assert len({line.split("|")[0] for line in lines}) > 1
    assert len({line.split("|")[1] for line in lines}) == len(lines)
    assert any(re.search(r"from [\d.]+ to [\d.]+|: \d+ days$", line) for line in lines)


def test_branches_propose_other_constants(world):
    branches = [line.strip() for line in _git(world, "branch", "--format=%(refname:short)").splitlines()]
    current = _git(world, "branch", "--show-current").strip()
    proposals = [branch for branch in branches if branch != current]
    assert len(proposals) == 3
    for branch in proposals:
        difference = _git(world, "diff", f"HEAD..{branch}", "--unified=0")
        (old,) = [line for line in difference.splitlines() if re.match(r"-[A-Z_]+ = ", line)]
        (new,) = [line for line in difference.splitlines() if re.match(r"\+[A-Z_]+ = ", line)]
        assert old[1:].split(" = ")[0] == new[1:].split(" = ")[0]
        assert old[1:] != new[1:]


def test_tags_and_a_user_exist(world):
    assert _git(world, "tag").split() == ["v0.1", "v0.2"]
    assert "@" in _git(world, "config", "--local", "user.email")


def test_the_package_in_the_repository_runs(world):
    repository = world / "files" / "repo"
    (package,) = [path.parent for path in repository.glob("*/__init__.py")]
    for path in [*package.glob("*.py"), *(world / "files").glob("*/room_limits.py")]:
        namespace: dict[str, object] = {}
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
        assert "__doc__" in namespace
