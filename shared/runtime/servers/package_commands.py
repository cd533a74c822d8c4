"""What a `uvx` or `npx` command line asks for: which packages to install, which program of theirs to start."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from shared.model.errors import BadInput
from shared.runtime.servers.spec import LaunchSpec

_UV_KEPT = {"--with", "-w", "--python", "-p", "--prerelease", "--resolution", "--exclude-newer", "-c", "--constraints"}
_UV_KEPT |= {"--index", "--default-index", "--index-url", "-i", "--extra-index-url", "-f", "--find-links"}
_UV_KEPT |= {"--index-strategy", "--overrides", "--with-requirements"}
# These change how uv talks or caches, not what it installs.
_UV_DROPPED = {"-q", "--quiet", "-v", "--verbose", "--isolated", "--refresh", "--no-progress", "-n", "--no-cache"}
_UV_DROPPED |= {"--offline", "--no-env-file", "-y", "--native-tls", "--system-certs"}
_NPX_DROPPED = {"-y", "--yes", "-q", "--quiet", "--prefer-offline", "--offline", "--no-install", "--no"}
_UV_VERSION = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?)@(?P<version>[^/]+)")


class PackageKind(StrEnum):
    """Which package client installs a server."""

    PYTHON = "python"
    NODE = "node"
    NONE = "none"
    """The command is a program that is already there."""


@dataclass(frozen=True, slots=True)
class PackageCommand:
    """A package command taken apart."""

    kind: PackageKind
    requirement: str
    """The package whose program is started, with its version, as the client writes it."""
    program: str
    """Name of the program; empty: the package's only or equally named one."""
    args: tuple[str, ...]
    """What the program itself gets."""
    options: tuple[str, ...] = ()
    """Install options in their order, such as `--with mcp<2`."""
    extra: tuple[str, ...] = ()
    """Further packages (npx `-p`)."""


def package_command(spec: LaunchSpec) -> PackageCommand:
    """Read how a server's package is named.

    Raises:
        BadInput: the command line uses an option that an install cannot honour.
    """
    # Files in use were written for Windows too: `npx.cmd`.
    name = PurePath(spec.command).name.removesuffix(".cmd").removesuffix(".exe")
    where = f"server {spec.server_id!r}"
    if name == "uvx":
        return _uvx(spec.args, where)
    if name == "uv" and spec.args[:2] == ("tool", "run"):
        return _uvx(spec.args[2:], where)
    if name == "npx":
        return _npx(spec.args, where)
    if name == "npm" and spec.args[:1] in (("exec",), ("x",)):
        return _npx(spec.args[1:], where)
    return PackageCommand(PackageKind.NONE, "", spec.command, spec.args)


def _uvx(args: tuple[str, ...], where: str) -> PackageCommand:
    source, options = "", list[str]()
    words = iter(args)
    for word in words:
        option, given = _option(word)
        if not word.startswith("-"):
            return _uv_package(word, source, tuple(options), tuple(words))
        if option in _UV_DROPPED:
            continue
        if option != "--from" and option not in _UV_KEPT:
            raise BadInput(f"{where}: uvx option {option} cannot be kept by an install; remove it")
        value = _value(option, given, words, where)
        if option == "--from":
            source = value
        else:
            options += [option, value]
    raise BadInput(f"{where}: uvx is given no package; add its name and version")


def _uv_package(word: str, source: str, options: tuple[str, ...], rest: tuple[str, ...]) -> PackageCommand:
    if source:
        return PackageCommand(PackageKind.PYTHON, _uv_requirement(source), word, rest, options)
    requirement = _uv_requirement(word)
    # The program is named like the package, without version, extras and markers.
    program = re.split(r"[=<>!~@\[; ]", word)[0]
    return PackageCommand(PackageKind.PYTHON, requirement, program, rest, options)


def _uv_requirement(text: str) -> str:
    """`uv tool install` knows `name@version` too, but `name==version` is what its receipt says."""
    match = _UV_VERSION.fullmatch(text)
    if not match:
        return text
    return match["name"] if match["version"] == "latest" else f"{match['name']}=={match['version']}"


def _npx(args: tuple[str, ...], where: str) -> PackageCommand:
    packages = list[str]()
    words = iter(args)
    for word in words:
        option, given = _option(word)
        if word == "--" or option in _NPX_DROPPED:
            continue
        if option in ("-p", "--package"):
            packages.append(_value(option, given, words, where))
            continue
        if word.startswith("-"):
            raise BadInput(f"{where}: npx option {option} cannot be kept by an install; remove it")
        rest = tuple(words)
        if packages:
            return PackageCommand(PackageKind.NODE, packages[0], word, rest, (), tuple(packages[1:]))
        return PackageCommand(PackageKind.NODE, word, "", rest)
    raise BadInput(f"{where}: npx is given no package; add its name and version")


def _option(word: str) -> tuple[str, str | None]:
    if word.startswith("--") and "=" in word:
        option, _, given = word.partition("=")
        return option, given
    return word, None


def _value(option: str, given: str | None, words: Iterator[str], where: str) -> str:
    value = given if given is not None else next(words, None)
    if value is None:
        raise BadInput(f"{where}: option {option} lacks its value; add it")
    return value


def npm_program(package_json: Mapping[str, object], wanted: str) -> str:
    """Which script of a node package is started, relative to the package.

    Raises:
        BadInput: the package has no such program.
    """
    programs, name = package_json.get("bin"), str(package_json.get("name", ""))
    short = name.rpartition("/")[2]
    if isinstance(programs, str):
        programs = {short: programs}
    if not isinstance(programs, dict) or not programs:
        raise BadInput(f"package {name} has no program to start; name a package that is a server")
    if wanted in programs or short in programs:
        return str(programs[wanted if wanted in programs else short])
    if len(programs) == 1 and not wanted:
        return str(next(iter(programs.values())))
    raise BadInput(f"package {name} has no program {wanted or short!r}; it has {', '.join(sorted(programs))}")
