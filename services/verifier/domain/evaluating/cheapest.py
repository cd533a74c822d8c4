"""The fewest calls that are known to give the answer: as the reference, as one recorded result, or compiled anew.

Calls that only find out where something stands count nowhere, neither here nor in the reference, and neither does
computing. A way that is compiled may never have been called; then it says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.verifier.domain.evaluating.sources import Readers, Source, readers, sources, texts
from shared.model import logical_form as lf
from shared.model.tasks import ReferenceCall, Task
from shared.proof import values
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.equality import equal
from shared.proof.numbers import read_number

_WRITE = "write"
_SMALL = 12
"""A whole number up to this stands in any result, which says nothing."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """One way to the answer."""

    calls: int
    way: tuple[str, ...]
    """What is called, in words: `reference`, `recorded c2`, `query a.csv b.json`, `read a.md b.md`, `read c.docx`.

    A change that is asked for ends it with `write`.
    """
    executed: bool
    """Whether recordings of all its calls exist."""

    def as_json(self) -> str:
        """Write it the way it travels with the task."""
        return canonical({"calls": self.calls, "way": list(self.way), "executed": self.executed})


def cheapest(
    task: Task, question: lf.Question | None, results: Mapping[str, str], size: Callable[[str], int]
) -> Cheapest:
    """Find the way with the fewest calls; of equal ones the reference, then one that was executed.

    Args:
        task: as drafted.
        question: its logical form; None where it cannot be read.
        results: canonical results of the reference by call id.
        size: bytes of a file of the world.
    """
    ways = [_reference(task)]
    stands_on = sources(question) if question else ()
    if question and stands_on and not any(isinstance(form, lf.Result) for form in lf.walk(question)):
        ways += _recorded(task, stands_on, results)
        ways.append(_compiled(task, stands_on, size))
    if question is not None and question.change is not None:
        # However the values were found, putting them where they belong is a call of its own.
        ways = [ways[0], *(replace(way, calls=way.calls + 1, way=(*way.way, _WRITE)) for way in ways[1:])]
    # `min` keeps the first: among equal ways the one that was really executed.
    return min(ways, key=lambda way: way.calls)


def _reference(task: Task) -> Cheapest:
    return Cheapest(max(1, len(_counted(task.reference))), ("reference",), executed=True)


def _counted(calls: Sequence[ReferenceCall]) -> list[ReferenceCall]:
    return [call for call in calls if not call.replaceable]


def _recorded(task: Task, stands_on: Sequence[Source], results: Mapping[str, str]) -> list[Cheapest]:
    """Search results whose arguments can be given at once: one read from every source that holds all answers."""
    found = []
    for call in task.reference:
        if call.depends_on or call.precondition or call.call_id not in results:
            continue
        told = " ".join(texts(parse_canonical(call.arguments_json)))
        if all(source.path in told for source in stands_on) and _holds(task, call, results[call.call_id]):
            # A recorded result that needs a registration first costs that call too.
            preparing = sum(one.precondition and one.server_id == call.server_id for one in task.reference)
            found.append(Cheapest(1 + preparing, (f"recorded {call.call_id}",), executed=True))
    return found


def _holds(task: Task, call: ReferenceCall, result_json: str) -> bool:
    truth, types = parse_canonical(task.ground_truth_json), parse_canonical(task.answer_types_json)
    said = [value.text for value in values.extract(result_json, call.arguments_json)]
    return all(
        not _says_nothing(value) and any(equal(types.get(name, {}), value, text) for text in said)
        for name, value in truth.items()
    )


def _says_nothing(value: Any) -> bool:
    number = read_number(str(value))
    return isinstance(value, bool) or (number is not None and number == int(number) and abs(number) <= _SMALL)


def _compiled(task: Task, stands_on: Sequence[Source], size: Callable[[str], int]) -> Cheapest:
    """Cover all sources with as few calls as the offered tools allow."""
    able, room = readers(task), task.limits.max_result_chars
    plain = sorted((source for source in stands_on if source.is_plain), key=lambda source: size(source.path))
    text = [source for source in plain if not source.tabular]
    # Reading all together can be worse than one statement over the tables, so each split is tried.
    steps = min((_steps(stands_on, _fitting(read, size, room), able) for read in ((), text, plain)), key=len)
    executed = all(_was_called(step, task) for step in steps)
    return Cheapest(max(1, len(steps)), tuple(" ".join(step) for step in steps), executed)


def _fitting(wanted: Sequence[Source], size: Callable[[str], int], room: int) -> list[Source]:
    """Take the smallest files as long as one result holds them all."""
    taken: list[Source] = []
    for source in wanted:
        room -= size(source.path)
        if room < 0:
            break
        taken.append(source)
    return taken


def _steps(stands_on: Sequence[Source], together: Sequence[Source], able: Readers) -> list[tuple[str, ...]]:
    """One read of several files, one statement over tables, and one call for each source that is left."""
    read = together if able.many_files and len(together) > 1 else []
    left = [source for source in stands_on if source not in read]
    asked = [source for source in left if source.tabular] if able.sql_over_files else []
    steps = [("read", *(source.path for source in read))] if read else []
    steps += [("query", *(source.path for source in asked))] if asked else []
    return [*steps, *(("read", source.path) for source in left if source not in asked)]


def _was_called(step: tuple[str, ...], task: Task) -> bool:
    """Whether the reference read exactly these files as a whole, or has one statement over this one table."""
    kind, *paths = step
    told = [list(texts(parse_canonical(call.arguments_json))) for call in task.reference if not call.depends_on]
    if kind == "query":
        every = [text for call in task.reference for text in texts(parse_canonical(call.arguments_json))]
        return len(paths) == 1 and sum(paths[0] in text for text in every) == 1
    return any(len(one) == len(paths) and all(any(t.endswith(path) for t in one) for path in paths) for one in told)
