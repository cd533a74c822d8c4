"""Stand-ins for the services, to test the supervisor alone: real processes, real topics, no decisions.

`FAKE_ROLE` says which service it is; each reads its input to the end again and again and writes what is not there yet,
so that it can be killed at any time. `FAKE_TROUBLE` makes it misbehave.
"""

import asyncio
import dataclasses
import os
import signal
import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from shared.model.catalogue import CrawlOutcome, CrawlRequest, FailureClass, ServerRecord, WorldRecord
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import EpochOpened, Lane, SubDag
from shared.model.tasks import Task, Verdict, VerdictKind, VerifiedTask
from shared.proof.canonical import canonical
from shared.runtime.streaming.events import Output
from shared.runtime.streaming.producer import Publisher
from shared.runtime.streaming.reader import read_all

BOOTSTRAP = os.environ.get("FIREFLY_KAFKA_BOOTSTRAP", "")
DRAWS = int(os.environ.get("FIREFLY_DRAWS", "0"))
SEED = os.environ.get("FIREFLY_SEED", "0")
TROUBLE = os.environ.get("FAKE_TROUBLE", "")
BATCH = 2


def crawled(request: CrawlRequest) -> list[Output]:
    if not request.server_id:
        found = [WorldRecord(digest, "", "") for digest in request.world_digests]
        return [Output("tool-catalogue", f"world/{world.world_digest}", world) for world in found]
    bad = request.server_id.startswith("bad")
    outcome = CrawlOutcome.FAILED if bad else CrawlOutcome.READY
    record = ServerRecord(request.server_id, "d", outcome, failure_class=FailureClass.EXITED if bad else None)
    return [Output("tool-catalogue", f"server/{request.server_id}", record)]


def explored(record: SubDag | EpochOpened) -> list[Output]:
    if isinstance(record, EpochOpened):
        return []
    outcome = ExplorationOutcome.FAILED if record.counter % 4 == 3 else ExplorationOutcome.EXECUTED
    made = Exploration(
        f"expl_{record.counter}",
        record.sub_dag_id,
        Lane.DRAWS,
        0,
        record.counter,
        0,
        "w",
        "",
        outcome,
        failure_code="broken",
    )
    return [Output("explorations", record.sub_dag_id, made)]


def judged(record: Exploration) -> list[Output]:
    kind = VerdictKind.VERIFIED if record.outcome is ExplorationOutcome.EXECUTED else VerdictKind.NOTHING
    reason = "" if kind is VerdictKind.VERIFIED else "not_executed"
    verdicts = [
        Verdict(
            f"task_{record.counter}_{index}", record.exploration_id, 0, record.counter, index, 2, kind, reason, "", "s"
        )
        for index in range(2)
    ]
    tasks = [verified(verdict.draft_id) for verdict in verdicts if kind is VerdictKind.VERIFIED]
    # tasks first: these stand-ins have no transactions, and a draw with all its verdicts is finished
    return tasks + [Output("verdicts", one.draft_id, one) for one in verdicts]


def verified(task_id: str) -> Output:
    answer = canonical({"made": task_id, "name": f"the {task_id}"})
    task = blank(Task, task_id=task_id, prompt=f"What is {task_id}?", answer_types_json="{}", ground_truth_json=answer)
    return Output("verified-tasks", task_id, VerifiedTask(task, (), "fake"))


def blank(kind: type, **known: Any) -> Any:
    """Make a record whose fields say nothing."""
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: known.get(field.name, nothing(hints[field.name])) for field in dataclasses.fields(kind)})


def nothing(hint: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        return blank(typing.cast(type, hint))
    return () if typing.get_origin(hint) is tuple else hint()


async def transform(source: str, targets: Sequence[str], make: Callable[[Any], list[Output]]) -> None:
    async with Publisher(BOOTSTRAP, "fake") as publisher:
        while True:
            done = {(event.topic, event.key) for target in targets async for event in read_all(BOOTSTRAP, target)}
            wanted = [output async for event in read_all(BOOTSTRAP, source) for output in make(event.record)]
            await publisher.publish([output for output in wanted if (output.topic, output.key) not in done][:BATCH])
            await asyncio.sleep(0.1)


async def draw() -> None:
    async with Publisher(BOOTSTRAP, "fake") as publisher:
        while True:
            drawn = [event async for event in read_all(BOOTSTRAP, "sub-dags") if isinstance(event.record, SubDag)]
            ready = [event async for event in read_all(BOOTSTRAP, "tool-catalogue")]
            if ready and (not DRAWS or len(drawn) < DRAWS):
                await publisher.publish(list(draws(len(drawn))))
            await asyncio.sleep(0.4)


def draws(first: int) -> Sequence[Output]:
    last = min(first + BATCH, DRAWS or first + BATCH)
    opened = [Output("sub-dags", "epoch/0", EpochOpened(0, 0, 0, DRAWS))] if first == 0 and DRAWS else []
    dags = [SubDag(f"dag_{SEED}_{n}", Lane.DRAWS, 0, n, 0, "w", (), "s", "p") for n in range(first, last)]
    return opened + [Output("sub-dags", dag.sub_dag_id, dag) for dag in dags]


async def serve_probes() -> None:
    app = web.Application()

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text="firefly_events_in_total 1\n")

    app.add_routes([web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["FIREFLY_HTTP_PORT"])).start()


ROLES: dict[str, Callable[[], Any]] = {
    "crawler": lambda: transform("crawl-requests", ["tool-catalogue"], crawled),
    "sampler": draw,
    "explorer": lambda: transform("sub-dags", ["explorations"], explored),
    "verifier": lambda: transform("explorations", ["verdicts", "verified-tasks"], judged),
}


async def main() -> None:
    if TROUBLE != "deaf":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
    await serve_probes()
    await ROLES[os.environ["FAKE_ROLE"]]()


if __name__ == "__main__":
    if TROUBLE == "die":
        sys.exit("I cannot go on")
    if TROUBLE == "settings":
        sys.stderr.write("FIREFLY_X is wrong\n")
        sys.exit(2)
    if TROUBLE == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.run(main())
