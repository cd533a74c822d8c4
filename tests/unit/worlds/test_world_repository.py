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
    assert any("lead time" in line or "reorder factor" in line for line in lines)


def test_branches_propose_other_constants(world):
    for branch, name in (("discount-cap", "DISCOUNT_CAP"), ("reorder-earlier", "REORDER_FACTOR")):
        difference = _git(world, "diff", f"HEAD..{branch}", "--unified=0")
        assert f"-{name} = " in difference
        assert f"+{name} = " in difference


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
