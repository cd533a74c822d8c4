"""One sub-DAG in, one exploration and its recordings out: run, change values, run again elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.explorer.domain import recordings
from services.explorer.domain.counterfactual import try_other_values
from services.explorer.domain.executing import Attempt, Execution, Failure, Run
from services.explorer.domain.fresh_worlds import try_in_fresh_worlds, write_alike
from services.explorer.domain.ports import Environments, Need, PlanBender
from services.explorer.domain.recordings import Evidence
from services.explorer.domain.second_run import repeat
from shared.model.calls import Recording
from shared.model.catalogue import ToolRecord
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import Lane, PlannedCall, SubDag
from shared.proof.identity import identifier

POLICY = "explore-1"
"""Stamped on every exploration; another rule here is another policy."""
MOST_RESTARTS = 3
"""Fresh environments in which a plan is begun again because a failed call moved the last one."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What goes out, in one transaction."""

    exploration: Exploration
    recordings: tuple[Recording, ...] = ()


@dataclass(frozen=True, slots=True)
class Explorer:
    """Executes sub-DAGs; everything it needs from outside is a port."""

    environments: Environments
    benders: Sequence[PlanBender]
    policy: str = POLICY

    async def explore(
        self, sub_dag: SubDag, tools: Mapping[str, ToolRecord], frozen_now: str, observed_at: str
    ) -> Explored:
        """Execute a sub-DAG and prove what can be proven about it.

        Raises:
            Unavailable: infrastructure is away; try the whole sub-DAG again.
        """
        blank = blank_exploration(sub_dag, frozen_now, self.policy)
        unknown = next((call for call in sub_dag.calls if call.tool_id not in tools), None)
        if unknown or not sub_dag.calls:
            call_id, name = (unknown.call_id, unknown.tool) if unknown else ("", "")
            code = "unknown_tool" if unknown else "empty_plan"
            return Explored(failed(blank, Failure(code, f"{name} is not in the catalogue", call_id)))
        run, evidence = await self._run(sub_dag, tools, blank.exploration_id)
        made = recordings.recordings(run, evidence, observed_at)
        explored = replace(blank, calls=recordings.executed_calls(run))
        if run.failure:
            return Explored(failed(explored, run.failure), made)
        return Explored(
            replace(
                explored,
                outcome=ExplorationOutcome.EXECUTED,
                repeated=evidence.repeated,
                counterfactuals=recordings.counterfactuals(evidence),
            ),
            made,
        )

    async def _run(self, sub_dag: SubDag, tools: Mapping[str, ToolRecord], subject: str) -> tuple[Run, Evidence]:
        retries: dict[str, tuple[PlannedCall, ...]] = {}
        spent: tuple[Attempt, ...] = ()
        need = Need(sub_dag.world_digest, tuple(sorted({call.server_id for call in sub_dag.calls})), subject)
        # A request is for this very call: its error is an answer too, and another call would answer nobody.
        benders = () if sub_dag.lane is Lane.REQUESTS else self.benders
        # From the beginning each time: what the failed call moved cannot be moved back.
        for restarts in range(MOST_RESTARTS + 1):
            async with self.environments.first(need) as caller:
                run = await Execution(tools, caller, benders, subject, retries).run(sub_dag.calls)
                changed = () if run.failure else await try_other_values(run.steps, caller)
            if run.failure is None or not run.failure.retry or restarts == MOST_RESTARTS:
                break
            retries[run.failure.call_id] = run.failure.retry
            spent += (*run.others, *(step.attempt for step in run.steps))
        run = replace(run, others=(*spent, *run.others))
        if run.failure:
            return run, Evidence()
        lend = partial(self.environments.first, need)
        changed += await try_in_fresh_worlds(run.steps, lend, changed)
        run = replace(run, others=(*run.others, *await write_alike(run.steps, lend)))
        # After the first one was given back: others can use it meanwhile.
        async with self.environments.second(need) as caller:
            return run, Evidence(await repeat(run.steps, caller), changed)


def blank_exploration(sub_dag: SubDag, frozen_now: str, policy: str = POLICY) -> Exploration:
    """Open the record of a sub-DAG: nothing of it depends on time, place or attempt."""
    return Exploration(
        # Neither time nor attempt: a redo after a crash writes the same id.
        exploration_id=identifier("expl", [sub_dag.sub_dag_id, policy]),
        sub_dag_id=sub_dag.sub_dag_id,
        lane=sub_dag.lane,
        epoch=sub_dag.epoch,
        counter=sub_dag.counter,
        graph_version=sub_dag.graph_version,
        world_digest=sub_dag.world_digest,
        frozen_now=frozen_now,
        outcome=ExplorationOutcome.FAILED,
        shape=sub_dag.shape,
        policy=f"{sub_dag.policy}/{policy}",
        distractors=sub_dag.distractors,
    )


def failed(exploration: Exploration, failure: Failure) -> Exploration:
    """Close the record of a run that could not be finished."""
    return replace(
        exploration,
        outcome=ExplorationOutcome.FAILED,
        failure_code=failure.code,
        failure_text=failure.text,
        failed_call_id=failure.call_id,
    )


def dead(sub_dag: SubDag, reason: str, text: str) -> Exploration:
    """Write the record that goes with a dead letter, so that the draw still has its one outcome."""
    return replace(
        blank_exploration(sub_dag, ""), outcome=ExplorationOutcome.DEAD, failure_code=reason, failure_text=text
    )
