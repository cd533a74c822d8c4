"""Agents that take shortcuts: they get what was left open for them, and nothing where nothing was."""

import random
from dataclasses import replace

import pytest

from cli.auditing import shortcuts
from cli.auditing.recorded import Recorded, read_recorded
from cli.auditing.tool_lists import auc, tell
from cli.dataset.reading import Call, TaskRow
from shared.proof.canonical import canonical
from shared.proof.results import canonical_result
from tests.fakes.export import write_export


def task(number, world="w0", prompt="Which town is it?", truth=None, servers=("a", "b"), needs=("a",)):
    truth = {"town": f"Town {number}"} if truth is None else truth
    return TaskRow(
        f"task_{number:03d}",
        prompt,
        tuple(Call(f"c{at}", name, "read", "{}", (), f"rec_{world}", "") for at, name in enumerate(needs)),
        (),
        canonical(truth),
        {name: {"type": "integer" if isinstance(value, int) else "string"} for name, value in truth.items()},
        {(name, "read"): name for name in servers},
        {
            "world_digest": world,
            "min_known_calls": 1,
            "mcp_tools": [{"server": name, "name": "read"} for name in servers],
        },
    )


def shares(monkeypatch, tasks, results=None):
    results = results or {}
    places = {(one.row["world_digest"], "a"): [("read", f"rec_{one.row['world_digest']}")] for one in tasks}
    recorded = Recorded(tasks, results, {place: calls for place, calls in places.items() if calls[0][1] in results})
    monkeypatch.setattr(shortcuts, "read_recorded", lambda folder: recorded)
    return {one.agent: (one.solved, one.tasks) for one in shortcuts.measure("x")}


def test_nothing_left_open_is_worth_nothing(monkeypatch):
    found = shares(monkeypatch, [task(number, f"w{number % 3}") for number in range(30)])
    assert {solved for solved, _ in found.values()} == {0}
    assert {tried for _, tried in found.values()} == {30}


def test_constant_of_a_schema_is_found_with_hindsight(monkeypatch):
    tasks = [task(number, truth={"town": "Bergen" if number < 7 else f"Town {number}"}) for number in range(20)]
    tasks += [task(30, truth={"count": 5})]
    found = shares(monkeypatch, tasks)
    assert found["best constant per answer schema, by types"][0] == 7
    assert found["best constant per answer schema, with field names"][0] == 7


def test_own_truth_of_a_lone_answer_is_told_apart():
    truths = [{"town": "Voss"}, {"town": "Voss"}, {"town": "Bergen"}, {"town": "Oslo"}, {"count": 5}, {"sum": 5}]
    asked = [shortcuts._Asked(task(number, truth=truth), truth) for number, truth in enumerate(truths)]
    by_type, by_name = (shortcuts._constant("", asked, by_name=named) for named in (False, True))
    assert (by_type.solved, by_type.with_own) == (4, 4)
    assert (by_name.solved, by_name.with_own) == (2, 4)


def test_answer_in_the_prompt_is_found(monkeypatch):
    tasks = [
        task(1, prompt="Is “Voss” the town?", truth={"town": "Voss"}),
        task(2, prompt="Who lives in Old Harbour Street 4?", truth={"town": "old harbour street"}),
        task(3, prompt="Is it 17 or so?", truth={"count": 17}),
        task(4, prompt="Is it 17 or so?", truth={"count": 17, "town": "Voss"}),
    ]
    assert shares(monkeypatch, tasks)["prompt only, best of all its words"] == (3, 4)


def test_a_recording_that_holds_one_value_is_found_by_random_calls(monkeypatch):
    results = {"rec_w0": canonical_result([], {"town": "Voss"}, False)}
    found = shares(monkeypatch, [task(1, truth={"town": "Voss"}), task(2)], results)
    assert found["random calls, as many as the task needs"][0] == pytest.approx(1)


def test_memory_of_other_worlds_is_worth_what_they_share(monkeypatch):
    rows = {"rows": [{"name": "Kestrel Paper", "town": "Voss"}, {"name": "Bluebird Ltd", "town": "Bergen"}]}
    results = {f"rec_w{number}": canonical_result([], rows, False) for number in range(2)}
    prompts = ["In which town is Kestrel Paper?", "Tell me the town of Bluebird Ltd, please."]
    tasks = [task(number, f"w{number}", prompts[number], {"town": ["Voss", "Bergen"][number]}) for number in range(2)]
    found = shares(monkeypatch, tasks, results)
    assert found["memory of other worlds: table of entities and attributes"] == (2, 2)
    assert found["memory of other worlds: nearest prompt"] == (0, 2)
    same = [replace(one, prompt=prompts[0], ground_truth_json='{"town":"Voss"}') for one in tasks]
    assert shares(monkeypatch, same)["memory of other worlds: nearest prompt"] == (2, 2)
    assert shares(monkeypatch, [tasks[0]])["memory of other worlds: nearest prompt"] == (0, 0)


def test_auc_is_the_share_of_pairs_in_order():
    rng = random.Random(3)
    scored = [(rng.choice([0.1, 0.2, 0.3, 0.4]), rng.random() < 0.4) for _ in range(80)]
    pairs = [(one, other) for one, good in scored if good for other, bad in scored if not bad]
    assert auc(scored) == pytest.approx(sum((one > other) + (one == other) / 2 for one, other in pairs) / len(pairs))
    assert auc([(1.0, True)]) == 0.5


def test_tool_list_tells_only_where_it_gives_something_away():
    rng = random.Random(1)
    names = ["a", "b", "c", "d"]
    fair, first, popular = [], [], []
    for number in range(300):
        servers = rng.sample(names, 3)
        fair.append(task(number, f"w{number % 3}", servers=servers, needs=[rng.choice(servers)]))
        first.append(task(number, f"w{number % 3}", servers=servers, needs=servers[:1]))
        popular.append(task(number, f"w{number % 3}", servers=["a", *servers], needs=["a"]))
    assert tell(fair).auc < 0.6
    assert tell(first).auc_by_place > 0.95
    assert tell(popular).auc > 0.95
    assert tell([task(1)]) is None


def test_an_export_is_read_whole(tmp_path):
    write_export(tmp_path / "out")
    recorded = read_recorded(tmp_path / "out")
    assert len(recorded.tasks) == 2
    names = recorded.callable(recorded.tasks[0])
    assert len(names) > 3
    assert any(recorded.values(name) for name in names)
    assert {one.tasks for one in shortcuts.measure(tmp_path / "out")} == {0, 2}


def test_refusing_is_worth_what_the_prompt_names(monkeypatch):
    def refusing(number, missing):
        truth = {"cannot_answer": "no_record", "missing": missing}
        return task(number, f"w{number}", "What was counted of the Hinge (P-12)?", truth)

    found = shares(monkeypatch, [refusing(1, "P-12"), refusing(2, "P-13"), task(3), task(4, prompt="Is it Town 4?")])
    assert found["always refuses, naming the best words of the prompt"] == (1, 4)
    assert found["prompt only, best of all its words"] == (2, 4)
    assert found["always refuses"] == (0, 4)
