"""uvx and npx command lines are taken apart into what is installed and what is started."""

import pytest

from shared.model.errors import BadInput
from shared.runtime.servers.package_commands import PackageKind, npm_program, package_command
from shared.runtime.servers.spec import LaunchSpec, Transport


def command(line):
    program, *args = line.split()
    return package_command(LaunchSpec("s", Transport.STDIO, program, tuple(args)))


@pytest.mark.parametrize(
    ("line", "requirement", "program", "args", "options"),
    [
        ("uvx mcp-server-time", "mcp-server-time", "mcp-server-time", (), ()),
        ("uvx mcp-server-time@2026.1 --tz UTC", "mcp-server-time==2026.1", "mcp-server-time", ("--tz", "UTC"), ()),
        ("uvx tool[extra]@latest", "tool[extra]", "tool", (), ()),
        ("uvx --from a==1 b c", "a==1", "b", ("c",), ()),
        ("uvx --with mcp<2 --with=x<1 --from a b", "a", "b", (), ("--with", "mcp<2", "--with", "x<1")),
        ("uv tool run -q --python 3.12 a", "a", "a", (), ("--python", "3.12")),
        ("/opt/bin/uvx a", "a", "a", (), ()),
    ],
)
def test_uvx_lines(line, requirement, program, args, options):
    found = command(line)
    assert found.kind is PackageKind.PYTHON
    assert (found.requirement, found.program, found.args, found.options) == (requirement, program, args, options)


@pytest.mark.parametrize(
    ("line", "requirement", "program", "args", "extra"),
    [
        ("npx -y @scope/server@1.2 /workspace", "@scope/server@1.2", "", ("/workspace",), ()),
        ("npx -p pkg@1 -p other cmd --x", "pkg@1", "cmd", ("--x",), ("other",)),
        ("npx --yes --package=pkg cmd", "pkg", "cmd", (), ()),
        ("npm exec -y pkg -- -v", "pkg", "", ("--", "-v"), ()),
    ],
)
def test_npx_lines(line, requirement, program, args, extra):
    found = command(line)
    assert found.kind is PackageKind.NODE
    assert (found.requirement, found.program, found.args, found.extra) == (requirement, program, args, extra)


def test_other_commands_are_programs():
    assert command("python server.py").kind is PackageKind.NONE


@pytest.mark.parametrize("line", ["uvx", "uvx --from", "uvx --editable a", "npx", "npx -y", "npx --call x"])
def test_lines_that_no_install_can_honour_are_refused(line):
    with pytest.raises(BadInput, match="server 's'"):
        command(line)


@pytest.mark.parametrize(
    ("programs", "wanted", "expected"),
    [
        ("dist/index.js", "", "dist/index.js"),
        ({"server": "a.js", "other": "b.js"}, "", "a.js"),
        ({"server": "a.js", "other": "b.js"}, "other", "b.js"),
        ({"odd": "c.js"}, "", "c.js"),
    ],
)
def test_npm_program_is_the_named_or_only_one(programs, wanted, expected):
    assert npm_program({"name": "@scope/server", "bin": programs}, wanted) == expected


@pytest.mark.parametrize("programs", [None, {}, {"a": "1", "b": "2"}])
def test_npm_package_without_the_program_is_refused(programs):
    with pytest.raises(BadInput, match="has no program"):
        npm_program({"name": "server", "bin": programs}, "")
