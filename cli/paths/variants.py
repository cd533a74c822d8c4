"""Solutions of a task, each another way: readers, discovery, granularity, spelling, order, extra reads, a mistake."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.paths.shelf import NotUnderstoodError, ReadView, Shelf, Touch, in_order
from cli.paths.solving import Answer, solve
from cli.paths.ways import Step, discovery, incomplete, mistaken, narrow, respelt, whole

KINDS = ("other_reader", "discovery", "granularity", "spelling", "reordered", "extra_reads", "recovery")
HELD_OUT = 30
"""Of a hundred solutions, those that expansion never sees."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One way to solve a task."""

    task_id: str
    kind: str
    number: int
    prompt: str
    steps: tuple[Step, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether its calls are kept from expansion; decided by its name alone."""
        name = f"{self.task_id}/{self.kind}/{self.number}"
        return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100 < HELD_OUT

    def answer(self, shelf: Shelf, texts: Mapping[int, str]) -> Answer:
        """Answer from what the calls brought, by number of the step.

        Raises:
            NotUnderstoodError: that does not hold what is asked.
        """
        view = ReadView()
        for number, step in enumerate(self.steps):
            if step.source and step.read and number in texts:
                try:
                    view.put(step.source, step.read(texts[number]))
                # A result in an unforeseen form is as good as none: the answer is then missing and graded so.
                except (ValueError, LookupError, NotUnderstoodError):
                    continue
        return solve(self.prompt, shelf, view)[0]


def solutions(task_id: str, prompt: str, shelf: Shelf, tools: Collection[str]) -> Sequence[Solution]:
    """Make the solutions of one task; none where the question is not understood or a source has no reader.

    Raises:
        NotUnderstoodError: as said.
    """
    _, touches = solve(prompt, shelf, shelf)
    plans = _Plans(task_id, touches, shelf, tools)
    found: dict[tuple[tuple[str, str], ...], Solution] = {}
    for kind in KINDS:
        for number, steps in enumerate(plans.of(kind)):
            made = tuple((step.tool, repr(sorted(step.arguments.items()))) for step in steps)
            # The kinds come in one order, so of two plans with the same calls the first keeps its name.
            found.setdefault(made, Solution(task_id, kind, number, prompt, tuple(steps)))
    return tuple(found.values())


class _Plans:
    def __init__(self, task_id: str, touches: Sequence[Touch], shelf: Shelf, tools: Collection[str]) -> None:
        self._touches, self._shelf, self._tools = touches, shelf, tools
        self._sources = in_order(touches)
        self._whole = [whole(source, shelf, tools) for source in self._sources]
        if not all(self._whole):
            raise NotUnderstoodError("no offered tool reads one of the sources")
        self._turn = int(hashlib.sha256(task_id.encode()).hexdigest(), 16)

    def of(self, kind: str) -> Iterator[list[Step]]:
        made: Mapping[str, Iterator[list[Step]]] = {
            "other_reader": self._readers(),
            "discovery": self._discovered(),
            "granularity": self._narrowed(),
            "spelling": ([respelt(step, turn) for step in self._reads(turn)] for turn in range(2)),
            "reordered": iter([self._reads(0)[::-1], self._reads(1)[::-1]] if len(self._sources) > 1 else []),
            "extra_reads": self._extra(),
            "recovery": self._recovered(),
        }
        return made[kind]

    def _reads(self, shift: int) -> list[Step]:
        """Read every source as a whole, each by one of its readers."""
        return [ways[(self._turn + shift) % len(ways)] for ways in self._whole]

    def _readers(self) -> Iterator[list[Step]]:
        for shift in range(min(2, max(map(len, self._whole)))):
            yield self._reads(shift)

    def _discovered(self) -> Iterator[list[Step]]:
        for shift in range(2):
            found: list[Step] = []
            for source in self._sources:
                ways = discovery(source, self._tools)
                found += ways[(self._turn + shift) % len(ways)] if ways else []
            if found:
                yield [*_once(found), *self._reads(shift)]

    def _narrowed(self) -> Iterator[list[Step]]:
        for shift in range(2):
            steps: list[Step] = []
            for source, ways in zip(self._sources, self._whole, strict=True):
                parts = [narrow(one, self._shelf, self._tools) for one in self._touches if one.source == source]
                steps += [one[shift % len(one)] for one in parts] if all(parts) else [ways[0]]
            if steps != [ways[0] for ways in self._whole]:
                yield _once(steps)

    def _extra(self) -> Iterator[list[Step]]:
        others = [one for one in sorted({*self._shelf.documents, *self._shelf.tables}) if one not in self._sources]
        for shift in range(2):
            start = (self._turn + shift * 7) % len(others) if others else 0
            ways = (whole(one, self._shelf, self._tools) for one in others[start:] + others[:start])
            more = [one[shift % len(one)] for one in ways if one][: shift + 1]
            if more:
                reads = self._reads(shift)
                yield [reads[0], *(Step(one.tool, one.arguments) for one in more), *reads[1:]]

    def _recovered(self) -> Iterator[list[Step]]:
        for shift, spoil in enumerate((mistaken, incomplete)):
            first, *rest = self._reads(shift)
            yield [spoil(first), first, *rest]


def _once(steps: Sequence[Step]) -> list[Step]:
    kept: dict[str, Step] = {}
    for step in steps:
        kept.setdefault(f"{step.tool} {sorted(step.arguments.items())!r}", step)
    return list(kept.values())
