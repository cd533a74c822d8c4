"""Reading history and code: commits, what they change, branches, source files."""

from typing import Any

from services.sampler.domain.capabilities import Ability, Skill
from services.sampler.domain.plan import MOUNT, Found, Infeasible, Written, argument_of, by_key
from services.sampler.domain.ports import Realising
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.model.sub_dags import PlannedInput
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.kinds import classify

_TEXT = canonical([{"pointer": "/content/0/text"}])
_DAWN = " 00:00:00 +0000"
_PATCHED = "+++ b/"


Commit = lf.LatestCommit | lf.Commit


def latest_commit(realiser: Realising, form: lf.LatestCommit) -> Found:
    """Read the newest commit."""
    return by_key(_logged(realiser, form), form.name, form.kind)


def commit(realiser: Realising, form: lf.Commit) -> Found:
    """Read the newest commit of a branch or before a day, and its patch where that is asked for."""
    if form.name == CHANGED_FILE:
        return _changed_file(realiser, form)
    if form.branch:
        call = _shown(realiser, form, form.branch)
        return Found(call, canonical({"key": form.name, "kind": str(form.kind)}), form.name, form.kind)
    return by_key(_logged(realiser, form), form.name, form.kind)


def branch_value(realiser: Realising, form: lf.BranchValue) -> Found:
    """Read what a branch sets a constant to: in its difference, or in the patch of its newest commit."""
    for ability in realiser.choose(Skill.DIFF_REVISION, Skill.SHOW_REVISION):
        folder = {ability.argument("folder"): f"{MOUNT}/{form.path}"}
        call = realiser.plan.add(ability.node, {**folder, ability.argument("revision"): form.branch}, form)
        # A difference to a branch leads from the branch to what is checked out, a patch leads to the branch.
        sign = "-" if ability.skill is Skill.DIFF_REVISION else "+"
        steps: list[dict[str, Any]] = [
            {"name": "split", "args": {"separator": f"\n{sign}{form.name} = ", "index": 1}},
            {"name": "split", "args": {"separator": "\n", "index": 0}},
            {"name": "number"},
        ]
        find = canonical({"patched": form.name, "sign": sign})
        return Found(call, find, form.name, form.kind, _TEXT, canonical(steps), cite=({"name": "number"},))
    raise Infeasible("no tool shows what a branch changes")


def code_measure(realiser: Realising, form: lf.CodeMeasure | lf.FileMeasure) -> Found:
    """Register the source folder and measure one file in it."""
    call = _analysed(realiser, realiser.one(Skill.MEASURE_CODE), form)
    return by_key(call, form.name, classify("12", form.name)[0])


def file_names(realiser: Realising, form: lf.FileNames) -> Found:
    """Register the source folder and list what one file in it defines."""
    call = _analysed(realiser, realiser.one(Skill.LIST_SYMBOLS), form)
    find = canonical({"records": form.name, "of": "name"})
    steps = ({"name": "pluck", "args": {"by": "/name"}},)
    return Found(call, find, form.name, form.kind, flows=False, cite=steps)


def _analysed(realiser: Realising, ability: Ability, form: Any) -> str:
    register = next(
        (a for a in realiser.choose(Skill.REGISTER_FOLDER) if a.node.server_id == ability.node.server_id), None
    )
    if register is None:
        raise Infeasible("no tool registers a folder")
    folder = MOUNT if isinstance(form, lf.CodeMeasure) else f"{MOUNT}/{form.path}"
    name = folder.rpartition("/")[2]
    arguments = {register.argument("folder"): folder}
    arguments |= {register.argument("name"): name} if register.argument("name") else {}
    path, inputs = ability.argument("path"), tuple[PlannedInput, ...]()
    measured: dict[str, Any] = {ability.argument("project"): name, path: form.path}
    if not isinstance(form, lf.CodeMeasure):
        measured[path], inputs = argument_of(realiser.value(form.file), path)
    realiser.plan.add(register.node, arguments, precondition=True)
    return realiser.plan.add(ability.node, measured, form, inputs=inputs)


def _logged(realiser: Realising, form: Commit) -> str:
    before = form.before if isinstance(form, lf.Commit) else None
    ability = next((a for a in realiser.choose(Skill.LOG) if before is None or a.argument("until")), None)
    if ability is None:
        raise Infeasible("no tool reads history up to a day")
    arguments: dict[str, Any] = {ability.argument("folder"): _folder(form.path), ability.argument("count"): 1}
    inputs: list[PlannedInput] = []
    if before is not None:
        written = Written(ability.argument("until")).write(realiser.value(before), _DAWN)
        arguments[written.argument], inputs = written.text, written.inputs
    meant = lf.Commit(form.path, "", ValueKind.HASH, before=before)
    return realiser.plan.add(ability.node, arguments, meant, inputs=inputs)


def _shown(realiser: Realising, form: lf.Commit, branch: str = "") -> str:
    """Show a branch's newest commit, or the one that the log names."""
    ability = realiser.one(Skill.SHOW_REVISION)
    revision = ability.argument("revision")
    named: tuple[Any, tuple[PlannedInput, ...]] = (branch, ())
    if not branch:
        named = argument_of(by_key(_logged(realiser, form), "Commit", ValueKind.HASH), revision)
    arguments = {ability.argument("folder"): _folder(form.path), revision: named[0]}
    return realiser.plan.add(ability.node, arguments, form, inputs=named[1])


def _changed_file(realiser: Realising, form: lf.Commit) -> Found:
    call = _shown(realiser, form, form.branch)
    # Of several files the names run together into one that does not exist, so that the next call fails.
    steps: list[dict[str, Any]] = [
        {"name": "split", "args": {"separator": f"\n{_PATCHED}"}},
        {"name": "slice", "args": {"start": 1}},
        {"name": "split", "args": {"separator": "\n", "index": 0}},
        {"name": "concat", "args": {"separator": "|"}},
    ]
    return Found(call, canonical({"changed_file": True}), CHANGED_FILE, ValueKind.PATH, _TEXT, canonical(steps))


def _folder(path: str) -> str:
    return f"{MOUNT}/{path}".rstrip("/")
