"""Progress, goal, parameters and display: folds over values, no process."""

import io
import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from cli import up
from cli.running import board, costs, metrics, probes, screen
from cli.running.funnel import funnel
from cli.running.goal import Goal, Phase, RunFailed, require_servers
from cli.running.parameters import Asked, RunParameters, settle, stored
from cli.running.progress import Progress
from cli.running.roster import SERVICES, Addresses, common_environment, own_environment
from cli.running.view import printable
from cli.task_text import choose, draw
from shared.model.catalogue import CrawlOutcome, FailureClass, ServerRecord
from shared.model.errors import BadInput
from shared.model.explorations import Exploration, ExplorationOutcome
from shared.model.sub_dags import EpochOpened, Lane, SubDag
from shared.model.tasks import LedgerEntry, SpendKind, Verdict, VerdictKind, VerifiedTask
from shared.proof.canonical import canonical
from shared.runtime.spending import Limits, Spent
from tests.fakes.dataset import order_task

pytestmark = pytest.mark.unit


def drawn(counter: int, lane: Lane = Lane.DRAWS) -> tuple[str, str, SubDag]:
    return "sub-dags", f"dag_{counter}", SubDag(f"dag_{counter}", lane, 0, counter, 0, "w", (), "s", "p")


def explored(counter: int, outcome: ExplorationOutcome = ExplorationOutcome.EXECUTED) -> tuple[str, str, Exploration]:
    record = Exploration(
        f"expl_{counter}", f"dag_{counter}", Lane.DRAWS, 0, counter, 0, "w", "", outcome, failure_code="tool_error"
    )
    return "explorations", record.sub_dag_id, record


def judged(
    counter: int, index: int = 0, of: int = 1, kind: VerdictKind = VerdictKind.VERIFIED
) -> tuple[str, str, Verdict]:
    reason = "" if kind is VerdictKind.VERIFIED else "unstable"
    record = Verdict(f"task_{counter}_{index}", f"expl_{counter}", 0, counter, index, of, kind, reason, shape="s")
    return "verdicts", record.draft_id, record


def published(counter: int, index: int = 0) -> tuple[str, str, VerifiedTask]:
    task_id = f"task_{counter}_{index}"
    task, _ = order_task()
    truth = canonical({"count": counter, "name": task_id})
    named = replace(task.task, task_id=task_id, prompt=f"What is {task_id}?", ground_truth_json=truth)
    return "verified-tasks", task_id, replace(task, task=named)


def folded(*records) -> Progress:
    progress = Progress()
    for record in records:
        progress.apply(*record)
    return progress


def test_a_draw_is_finished_when_it_has_its_exploration_and_all_of_its_verdicts() -> None:
    progress = folded(drawn(0), explored(0), judged(0, 0, 2))
    assert progress.unfinished(1) == [0]
    progress.apply(*judged(0, 1, 2))
    assert progress.unfinished(1) == []
    assert progress.unfinished(2) == [1]


def test_a_verdict_without_its_exploration_does_not_finish_a_draw() -> None:
    assert folded(drawn(0), judged(0)).unfinished() == [0]


def test_records_that_come_twice_count_once() -> None:
    progress = folded(drawn(0), drawn(0), explored(0), explored(0), judged(0), judged(0), published(0))
    counts = funnel(progress)
    assert counts["draws"]["drawn"] == counts["explorations"]["executed"] == counts["verdicts"]["verified"] == 1


def test_a_draw_that_was_repaired_counts_as_it_is_now() -> None:
    dead = (drawn(0), explored(0, ExplorationOutcome.DEAD), judged(0, kind=VerdictKind.NOTHING))
    counts = funnel(folded(*dead, explored(0), judged(0), judged(0, kind=VerdictKind.DUPLICATE)))
    assert counts["explorations"] | {"failures": {}} == counts["explorations"]
    assert (counts["explorations"]["executed"], counts["explorations"]["dead"]) == (1, 0)
    assert (counts["verdicts"]["verified"], counts["verdicts"]["reasons"]) == (1, {})


def test_a_task_published_twice_is_named() -> None:
    assert funnel(folded(published(0), published(0), published(1)))["tasks"]["published_twice"] == ["task_0_0"]


def test_until_counts_what_an_export_keeps() -> None:
    topic, key, task = published(0)
    twin = (topic, f"{key}_again", replace(task, task=replace(task.task, task_id=f"{key}_again")))
    progress = folded((topic, key, task), twin, published(1))
    assert (progress.verified, progress.exportable) == (3, 2)
    assert Goal(until=3).phase(progress, False) is Phase.RUN
    assert Goal(until=2).phase(progress, False) is not Phase.RUN


def test_draws_on_request_are_outside_the_goal() -> None:
    progress = folded(drawn(0), explored(0), judged(0), drawn(0, Lane.REQUESTS), drawn(7, Lane.REQUESTS))
    assert Goal(draws=1).phase(progress, False) is Phase.DONE
    assert funnel(progress)["draws"]["requested"] == 2


def test_failed_explorations_and_rejections_keep_their_reasons() -> None:
    counts = funnel(
        folded(
            drawn(0),
            drawn(1),
            explored(0, ExplorationOutcome.FAILED),
            explored(1),
            judged(0, kind=VerdictKind.NOTHING),
            judged(1, kind=VerdictKind.REJECTED),
        )
    )
    assert counts["explorations"]["failures"] == {"tool_error": 1}
    assert counts["verdicts"]["reasons"] == {"nothing/unstable": 1, "rejected/unstable": 1}


def test_draws_run_until_every_counter_is_finished() -> None:
    goal = Goal(draws=2)
    progress = folded(drawn(0), explored(0), judged(0))
    assert goal.phase(progress, False) is Phase.RUN
    for record in (drawn(1), explored(1), judged(1, kind=VerdictKind.REJECTED)):
        progress.apply(*record)
    assert goal.phase(progress, False) is Phase.DONE


def test_until_drains_what_is_drawn_and_then_is_done() -> None:
    goal = Goal(until=1)
    progress = folded(drawn(0), drawn(1), explored(0), judged(0))
    assert goal.phase(progress, False) is Phase.RUN
    progress.apply(*published(0))
    assert goal.phase(progress, False) is Phase.DRAIN
    for record in (explored(1), judged(1, kind=VerdictKind.NOTHING)):
        progress.apply(*record)
    assert goal.phase(progress, True) is Phase.DONE


def test_until_fails_when_nothing_more_can_be_drawn() -> None:
    progress = folded(
        ("sub-dags", "epoch/0", EpochOpened(0, 0, 0, 1, last=True)), drawn(0), explored(0), judged(0), published(0)
    )
    with pytest.raises(RunFailed, match="nothing more can be drawn: 1 of 5 distinct tasks"):
        Goal(until=5).phase(progress, False)


def test_draws_end_early_when_the_sampler_has_no_more() -> None:
    progress = folded(("sub-dags", "epoch/0", EpochOpened(0, 0, 0, 1, last=True)), drawn(0), explored(0), judged(0))
    assert Goal(draws=5).phase(progress, False) is Phase.DONE


def test_a_run_without_goal_goes_on() -> None:
    assert Goal().phase(folded(drawn(0), explored(0), judged(0)), False) is Phase.RUN


def test_a_run_ends_when_no_server_can_be_used() -> None:
    failed = ServerRecord("a", "", CrawlOutcome.FAILED, failure_class=FailureClass.EXITED)
    ready = ServerRecord("b", "d", CrawlOutcome.READY)
    require_servers(folded(("tool-catalogue", "server/a", failed), ("tool-catalogue", "server/b", ready)), 2)
    with pytest.raises(RunFailed, match=r"no server can be used \(a: exited\)"):
        require_servers(folded(("tool-catalogue", "server/a", failed)), 1)


def parameters(**changed) -> RunParameters:
    known = {
        "servers_file": "/mcp.json",
        "servers_digest": "d" * 64,
        "world_folders": (),
        "worlds": ("w" * 64,),
        "seed": 1,
        "epoch_size": 32,
        "until": None,
        "draws": None,
    }
    return RunParameters(**{**known, **changed})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 2}, r"--seed \(1, now 2\)"),
        ({"epoch_size": 16}, r"--epoch-size \(32, now 16\)"),
        ({"servers_digest": "e" * 64}, "the servers"),
        ({"worlds": ("x" * 64,)}, "the worlds"),
    ],
)
def test_a_folder_never_continues_as_another_run(changed, named: str) -> None:
    with pytest.raises(BadInput, match=rf"holds a run with another value for {named}"):
        settle(parameters(), parameters(**changed), Path("data"))


def test_a_goal_may_be_raised_and_not_lowered() -> None:
    assert settle(parameters(until=5), parameters(until=9), Path("data")).until == 9
    assert settle(parameters(until=5), parameters(), Path("data")).until is None
    with pytest.raises(BadInput, match="--draws 9, which may be raised, not lowered to 5"):
        settle(parameters(draws=9), parameters(draws=5), Path("data"))


def test_parameters_are_read_back_as_they_were_saved(tmp_path: Path) -> None:
    parameters(until=3, world_folders=("/w",)).save(tmp_path / "run.json")
    assert stored(tmp_path / "run.json") == parameters(until=3, world_folders=("/w",))
    assert stored(tmp_path / "other.json") is None


def test_every_variable_that_the_services_get_is_a_setting_of_one_of_them() -> None:
    import importlib

    known = {"grpc_port"}
    for spec in SERVICES:
        known |= set(importlib.import_module(f"{spec.module}.settings").Settings.model_fields)
    addresses = Addresses("k", "v", 1, 2, tuple(range(len(SERVICES))))
    given = set(common_environment(parameters(), Path("data"), Path("cache"), addresses))
    for index, spec in enumerate(SERVICES):
        given |= set(own_environment(spec, index, parameters(), addresses))
    unknown = {name for name in given if name.removeprefix("FIREFLY_").lower() not in known}
    assert unknown == set()


def test_metrics_are_summed_over_topics_and_partitions() -> None:
    text = (
        "# TYPE firefly_events_in_total counter\n"
        'firefly_events_in_total{stage="a",topic="t"} 3.0\nfirefly_events_in_total{stage="a",topic="u"} 4.0\n'
        "# TYPE firefly_events_in_created gauge\n"
        'firefly_events_in_created{stage="a",topic="t"} 1.7e9\n'
        "# TYPE firefly_lag_records gauge\n"
        'firefly_lag_records{stage="a",topic="t",partition="0"} 2.0\n'
    )
    counts = metrics.parse(text)
    assert (counts.events_in, counts.events_out, counts.lag) == (7, 0, 2)
    assert counts.plus(metrics.Counts(10, 1, 1, lag=50)) == metrics.Counts(17, 1, 1, lag=2)


def test_the_text_of_strangers_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2Jb\nc") == "a [2Jb c"


def call(call_id: str, *parents: str) -> dict:
    flows = [{"call_id": one, "source": [{"pointer": "/x"}], "transforms": [], "argument": "/q"} for one in parents]
    return {"call_id": call_id, "server": "s", "tool": "t", "arguments": {"q": "\x1b[31mred"}, "depends_on": flows}


def busy(name: str, lag: float, seconds: float, **changed: object) -> board.Row:
    fields = {"lag": lag, "handled": 10, "handler_seconds": 10 * seconds, "in_flight": 1, **changed}
    return board.Row(name, "running", metrics.Counts(**fields), 0)  # type: ignore[arg-type]


def test_quantiles_lie_between_the_bounds_of_their_bucket() -> None:
    buckets = {0.1: 50.0, 1.0: 90.0, 10.0: 99.0, math.inf: 100.0}
    counts = metrics.Counts(buckets=buckets)
    assert counts.quantile(0.5) == pytest.approx(0.1)
    assert counts.quantile(0.7) == pytest.approx(0.55)
    assert counts.quantile(1.0) == 10.0
    assert metrics.Counts().quantile(0.5) is None
    twice = counts.plus(metrics.Counts(buckets={0.1: 100.0, 1.0: 100.0, 10.0: 100.0, math.inf: 100.0}))
    assert twice.quantile(0.5) == pytest.approx(0.1 * 100 / 150)


def test_a_commit_marker_is_no_lag_where_nothing_is_in_hand() -> None:
    def told(lag: int, in_flight: int) -> float:
        lines = [f'firefly_lag_records{{stage="a",topic="t",partition="{n}"}} {lag}' for n in range(2)]
        text = f"# TYPE firefly_lag_records gauge\n{lines[0]}\n{lines[1]}\n# TYPE firefly_in_flight_events gauge\n"
        return metrics.parse(f'{text}firefly_in_flight_events{{stage="a",topic="t"}} {in_flight}\n').lag

    assert (told(1, 0), told(1, 1), told(2, 0)) == (0, 2, 4)


def test_the_board_names_the_stage_with_most_work_waiting(tmp_path: Path) -> None:
    rows = [busy("many", 100, 0.01), busy("slow", 20, 3.0, reasons={"Unavailable": 4, "bug": 1}), busy("idle", 0, 9)]
    board.save(rows, tmp_path / "stages.json")
    seen = board.load(tmp_path / "stages.json")
    assert seen.slowest == "slow"
    assert "20 records behind, 60 s of work" in screen.slow_line(seen)
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(screen.stage_table(seen, {"slow": Spent(7, 1.5)}, True))
    (line,) = [line for line in console.export_text().splitlines() if "slow" in line]
    assert line.replace(" ", "").startswith("│slow*│")
    assert "running; Unavailable 4, bug 1" in line
    assert " 7 " in line
    assert board.load(tmp_path / "none.json").slowest == screen.slow_line(board.Board()) == ""


def test_a_service_is_given_up_after_answers_in_a_row_and_not_before_it_has_spoken() -> None:
    patience, no, yes = probes.Patience(), probes.Answer(False, "last poll 90 s ago"), probes.Answer(True, "")
    assert [patience.judge("a", 1, None) for _ in range(100)] == [""] * 100
    assert [patience.judge("a", 1, one) for one in (no, no, yes, no, no)] == [""] * 5
    assert patience.judge("a", 1, no) == "is not live (last poll 90 s ago)"
    assert patience.judge("a", 2, no) == ""
    assert [patience.judge("a", 2, None) for _ in range(probes.MOST_SILENCES - 1)] == [""] * (probes.MOST_SILENCES - 1)
    assert "has not answered its liveness probe for 120 s" in patience.judge("a", 2, None)


def test_a_probe_tells_what_is_waited_for() -> None:
    waits = {"worker": {"ok": True, "text": "last poll 0.1 s ago; 3 events wait: the simulator is away"}}
    assert probes.understood(200, waits) == probes.Answer(True, "3 events wait: the simulator is away")
    assert probes.understood(503, {"w": {"ok": False, "text": "last poll 99 s ago"}}).text == "w: last poll 99 s ago"
    assert probes.understood(200, {"w": {"ok": True, "text": "running"}}).text == ""


def row(task_id: str, *calls: dict) -> dict:
    return {
        "task_id": task_id,
        "difficulty": "easy",
        "prompt": [{"role": "system", "content": "no"}, {"role": "user", "content": "How many?"}],
        "tools": [{}],
        "reference": list(calls),
        "evidence": [
            {"field": "n", "sources": [{"call_id": "c1", "locator": [{"parse_json": True}]}], "transforms": []}
        ],
        "ground_truth": {"n": 1},
    }


def test_a_graph_is_drawn_with_every_call_once_and_every_flow() -> None:
    text = draw(row("task_a", call("c1"), call("c2", "c1"), call("c3", "c1"), call("c4", "c2", "c3")))
    lines = text.splitlines()
    assert [line.strip().removeprefix("+-> ")[:2] for line in lines if " s.t " in line] == ["c1", "c2", "c4", "c3"]
    assert sum("<- " in line for line in lines) == 4
    assert "(above)" in text
    assert "How many?" in text
    assert "\x1b" not in text


def test_the_task_with_the_most_flows_is_shown() -> None:
    plain, chained = row("task_a", call("c1"), call("c2")), row("task_b", call("c1"), call("c2", "c1"))
    assert choose([plain, chained]) is chained
    assert json.dumps(choose([plain])) == json.dumps(plain)


def paid(
    entry_id: str, subject: str, stage: str = "explorer", calls: int = 1, money: str = "0"
) -> tuple[str, str, LedgerEntry]:
    return "ledger", stage, LedgerEntry(entry_id, stage, SpendKind.TOOL_CALL, subject, 0.5, calls, money=money)


def test_costs_of_an_exploration_are_shared_by_its_drafts() -> None:
    progress = folded(
        paid("a", "expl_0", calls=5),
        paid("a", "expl_0", calls=5),
        paid("b", "expl_0", calls=3),
        paid("c", "task_0_1", "verifier", 1, "0.5"),
        paid("d", "server", "crawler", 100),
        judged(0, 0, 2),
        judged(0, 1, 2, VerdictKind.REJECTED),
    )
    found = costs.as_json(progress.costs, progress.judged, Limits(calls=109))
    assert found["total"]["calls"] == 109
    assert {name: spent["calls"] for name, spent in found["stages"].items()} == {
        "crawler": 100,
        "explorer": 8,
        "verifier": 1,
    }
    assert found["per_draft"]["verified"]["each"]["calls"] == 4
    assert (
        found["per_draft"]["rejected"]["each"] | {"calls": 5, "money": "0.500000"}
        == (found["per_draft"]["rejected"]["each"])
    )
    assert found["budget"]["spent"].startswith("the budget of 109 calls is spent (109)")
    text = costs.lines(progress.costs, progress.judged, Limits(calls=109))
    assert text[0].startswith("costs: 109 of 109 calls, ")
    assert text[1].startswith("  each verified task 4 calls, ")
    assert text[2].startswith("paused: ")


def test_a_budget_is_kept_until_another_is_given(tmp_path: Path) -> None:
    before = replace(parameters(), budget_calls=5, budget_money="1.50")
    before.save(tmp_path / "run.json")
    assert stored(tmp_path / "run.json") == before
    assert before.limits == Limits(5, 0, Decimal("1.5"))
    assert up.budget(Asked(budget_calls=9), before) == {"budget_calls": 9, "budget_tokens": 0, "budget_money": "1.50"}
    assert up.budget(Asked(budget_money=Decimal("0.25")), None) == {"budget_money": "0.25"}
    assert settle(before, replace(before, budget_calls=9), tmp_path).budget_calls == 9
