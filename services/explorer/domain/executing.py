"""Execute a plan call by call, bending literals where reality differs; a failed call is data, never an exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.explorer.domain.filling import Answered, Filled, Unfilled, fill
from services.explorer.domain.ports import Called, Caller, PlanBender, Refusal
from services.explorer.domain.validation import violation
from shared.model.catalogue import ToolRecord
from shared.model.errors import Rejected
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import parse_canonical
from shared.proof.disguise import Health, diagnose, error_text
from shared.proof.plain import plain_json

TEXT_LIMIT = 500
"""Characters of a stranger's error text that are kept."""
MOST_ATTEMPTS = 6
"""Calls made for one planned call before it counts as impossible."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that was made."""

    filled: Filled
    tool: ToolRecord
    called: Called
    failure: str = ""
    """What it said when it failed; empty when it succeeded."""

    @property
    def looks_failed(self) -> bool:
        """An error in disguise."""
        return bool(self.failure) and not self.called.is_error


@dataclass(frozen=True, slots=True)
class Step:
    """A planned call with the attempt that counts."""

    planned: PlannedCall
    attempt: Attempt

    @property
    def rewritten(self) -> bool:
        """Whether another literal than the planned one was used."""
        return self.attempt.filled.call.arguments_json != self.planned.arguments_json

    @property
    def bent(self) -> bool:
        """Whether it was not made quite as planned."""
        return self.rewritten or self.attempt.filled.elsewhere


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run stopped."""

    code: str
    text: str
    call_id: str
    retry: tuple[PlannedCall, ...] = ()
    """What to try next in another environment, because the failed call moved this one."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a plan, successful or not."""

    steps: tuple[Step, ...]
    """The last one is the failed call when the run failed on a call."""
    others: tuple[Attempt, ...]
    """Failed attempts that something better replaced."""
    failure: Failure | None = None


@dataclass(slots=True)
class _Search:
    """The search for literals with which one planned call succeeds."""

    planned: PlannedCall
    queue: list[PlannedCall]
    benders: list[PlanBender]
    tried: set[str] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)
    failure: Failure = Failure("bad_plan", "there was nothing to try", "")
    refusal: Refusal | None = None

    def refuse(self, candidate: PlannedCall, filled: Filled, code: str, text: str) -> None:
        """Remember the newest refusal."""
        self.failure = Failure(code, text[:TEXT_LIMIT], candidate.call_id)
        self.refusal = Refusal(candidate, filled.arguments_json, text)


@dataclass(slots=True)
class Execution:
    """A plan being executed in one environment."""

    tools: Mapping[str, ToolRecord]
    caller: Caller
    benders: Sequence[PlanBender]
    """Asked in turn, the next only when the one before has nothing left."""
    subject: str
    retries: Mapping[str, tuple[PlannedCall, ...]] = field(default_factory=dict)
    """By call id, what to try first instead of the planned literals."""
    answered: dict[str, Answered] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    others: list[Attempt] = field(default_factory=list)

    async def run(self, calls: Sequence[PlannedCall]) -> Run:
        """Make all calls in order and stop at the first that cannot be made.

        Raises:
            Unavailable: infrastructure is away; nothing of this run counts.
        """
        for call in calls:
            failure = await self._make(call)
            if failure:
                return Run(tuple(self.steps), tuple(self.others), failure)
        return Run(tuple(self.steps), tuple(self.others))

    async def _make(self, call: PlannedCall) -> Failure | None:
        search = _Search(call, list(self.retries.get(call.call_id, (call,))), list(self.benders))
        while candidate := await self._next(search):
            filled = self._fill(candidate)
            if isinstance(filled, Failure):
                search.failure = filled
                break
            # Benders do not know of one another and may propose the same.
            if filled.arguments_json in search.tried:
                continue
            search.tried.add(filled.arguments_json)
            if await self._succeeds(candidate, filled, search):
                return None
            # Another try here would start from another world, and prove nothing about the plan.
            if _moved(search):
                search.failure = replace(search.failure, retry=await self._rest(search))
                break
        # Failed tries are recorded too: they cost calls, and the simulator can answer them.
        self.others += search.attempts[:-1]
        self.steps += [Step(call, attempt) for attempt in search.attempts[-1:]]
        return search.failure

    async def _next(self, search: _Search) -> PlannedCall | None:
        """Take the next candidate; ask the next bender when there is none and tries are left."""
        if len(search.tried) >= MOST_ATTEMPTS:
            return None
        while not search.queue and search.refusal and search.benders:
            search.queue += await self._proposals(search, search.benders.pop(0))
        return search.queue.pop(0) if search.queue else None

    async def _rest(self, search: _Search) -> tuple[PlannedCall, ...]:
        """List what is left to try."""
        rest = [*search.queue, *(await self._proposals(search, search.benders[0]) if search.benders else ())]
        # Without the planned literals: they are what failed.
        return tuple(one for one in rest if one.arguments_json != search.planned.arguments_json)[:MOST_ATTEMPTS]

    async def _proposals(self, search: _Search, bender: PlanBender) -> Sequence[PlannedCall]:
        if search.refusal is None:
            return ()
        return await bender.propose(search.refusal, self.tools[search.planned.tool_id], self.subject)

    def _fill(self, candidate: PlannedCall) -> Filled | Failure:
        try:
            filled = fill(candidate, self.answered, self.tools[candidate.tool_id].input_schema_json)
        except Rejected as error:
            return Failure("bad_plan", str(error)[:TEXT_LIMIT], candidate.call_id)
        if isinstance(filled, Unfilled):
            return Failure("value_not_found", f"{filled.argument}: {filled.text}", candidate.call_id)
        return filled

    async def _succeeds(self, candidate: PlannedCall, filled: Filled, search: _Search) -> bool:
        tool = self.tools[candidate.tool_id]
        problem = violation(filled.arguments_json, tool.input_schema_json)
        if problem:
            search.refuse(candidate, filled, "invalid_arguments", problem)
            return False
        try:
            attempt = await make_attempt(self.caller, filled, tool)
        except Rejected as error:
            search.refuse(candidate, filled, error.reason, error.text)
            # The server cannot serve at all, so no other literal would help.
            search.queue.clear()
            search.benders.clear()
            return False
        if attempt.failure:
            search.attempts.append(attempt)
            search.refuse(candidate, filled, failure_code(attempt), attempt.failure)
            return False
        self.others += search.attempts
        self.steps.append(Step(search.planned, attempt))
        self.answered[candidate.call_id] = Answered(filled.arguments_json, attempt.called.result_json)
        return True


async def make_attempt(caller: Caller, filled: Filled, tool: ToolRecord) -> Attempt:
    """Make one call and say whether it failed.

    Raises:
        Unavailable: infrastructure is away.
        Rejected: the server cannot serve at all.
    """
    called = await caller.call_tool(tool.server_id, tool.name, sent(filled))
    return Attempt(filled, tool, called, what_failed(called, filled.arguments_json))


def sent(filled: Filled) -> str:
    """Write a call's arguments the way a tool is sent them."""
    return plain_json(parse_canonical(filled.arguments_json))


def what_failed(called: Called, arguments_json: str) -> str:
    """Return what a failed call says; empty when it succeeded."""
    if called.crash:
        return f"the server {'did not answer in time' if called.crash == 'timeout' else 'died'}"
    if called.is_error:
        return error_text(called.result_json) or "the tool answered with an error"
    if called.too_large:
        return ""
    moved_world = called.state.world != called.state_after.world
    # With whether the world moved: a call that did something has not failed, whatever it says.
    diagnosis = diagnose(called.result_json, arguments_json, moved_world)
    return diagnosis.text or "failed" if diagnosis.health is Health.FAILED else ""


def failure_code(attempt: Attempt) -> str:
    """Name the way in which a call failed."""
    if attempt.called.crash:
        return f"server_{attempt.called.crash}"
    return "tool_error" if attempt.called.is_error else "tool_error_disguised"


def _moved(search: _Search) -> bool:
    """Whether the newest failed call moved the environment, so that nothing more can be tried in it."""
    return bool(search.attempts) and search.attempts[-1].called.state != search.attempts[-1].called.state_after
