"""Sides of a split: no world, held-out server or wording on both; duplicates and benchmark questions are left out."""

import json
import random
from pathlib import Path

import pytest

from cli.dataset.contamination import hits, load_benchmark
from cli.dataset.reading import Call, TaskRow
from cli.dataset.similarity import alike, skeleton
from cli.dataset.split_writing import write_split
from cli.dataset.splitting import TRAIN, UNSEEN_SERVER, UNSEEN_WORLD, Rules, needed, offered, split
from shared.model.errors import BadInput
from tests.fakes.export import write_export

BENCHMARKS = Path(__file__).parents[2] / "fakes/benchmarks"
SERVERS = ("filesystem", "excel", "word", "git", "chart", "mail", "maps", "crm")


def task(number, world, calls, extra=(), **given):
    prompt, form, tools = (given.get(name) for name in ("prompt", "form", "tools"))
    names = [*calls, *extra]
    listed = [
        {"server": name, "name": tool} for name in names for tool in (tools or {}).get(name, [f"{name}_a", f"{name}_b"])
    ]
    return TaskRow(
        f"task_{number:04d}",
        prompt or f"{random.Random(number).sample('abcdefghijklmnopqrstuvwxyz', 9)} please",
        tuple(Call(f"c{at}", name, "t", "{}", (), "rec", "") for at, name in enumerate(calls)),
        (),
        "{}",
        {},
        {},
        {
            "world_digest": world,
            "mcp_tools": listed,
            "servers": [{"server": name, "source": f"{name}-mcp 1.0.{number}"} for name in names],
            "logical_form": form or {"is": "question", "fields": [{"is": "field", "value": {"n": number}}]},
        },
    )


@pytest.fixture
def tasks():
    rng = random.Random(4)
    return [
        task(number, f"world{number % 8}", rng.sample(SERVERS, rng.choice([1, 2])), rng.sample(SERVERS, 1))
        for number in range(400)
    ]


def sides(tasks, divided):
    return {
        side: [one for one in tasks if divided.of_task.get(one.task_id) == side]
        for side in (TRAIN, UNSEEN_WORLD, UNSEEN_SERVER)
    }


def test_no_world_and_no_held_out_server_is_on_both_sides(tasks):
    divided = split(tasks, Rules())
    on = sides(tasks, divided)
    assert all(len(found) > 5 for found in on.values())
    worlds = {side: {one.row["world_digest"] for one in found} for side, found in on.items()}
    assert not worlds[TRAIN] & (worlds[UNSEEN_WORLD] | worlds[UNSEEN_SERVER])
    away = set(divided.test_servers)
    assert away
    assert "filesystem" not in away
    assert not any((needed(one) | offered(one)) & away for one in on[TRAIN])
    assert not any(needed(one) & away for one in on[UNSEEN_WORLD])
    assert all(needed(one) & away for one in on[UNSEEN_SERVER])
    assert all(needed(one) - {"filesystem"} for one in (*on[UNSEEN_WORLD], *on[UNSEEN_SERVER]))
    placed = len(divided.of_task) + sum(map(len, divided.left_out.values()))
    assert placed == len(tasks)


def test_any_order_gives_the_same_split_and_another_seed_another(tasks):
    shuffled = random.Random(1).sample(tasks, len(tasks))
    assert split(tasks, Rules()) == split(shuffled, Rules())
    assert split(tasks, Rules()).of_task != split(tasks, Rules(seed=1)).of_task


def test_twins_of_a_server_stand_on_one_side():
    tools = {"crm": ["find", "add", "drop"], "crm-two": ["find", "add", "drop"], "mail": ["send"], "post": ["hand"]}
    names = sorted(tools)
    made = [task(n, f"w{n % 4}", [names[n % 4]], tools=tools) for n in range(40)]
    for seed in range(6):
        divided = split(made, Rules(seed=seed, test_share=0.5))
        assert divided.twins == (("crm", "crm-two"),)
        assert len({"crm", "crm-two"} & set(divided.test_servers)) in (0, 2)


def test_same_meaning_and_nearly_the_same_words_are_left_out():
    words = "Which of the suppliers in the list has the longest lead time, and who is its contact there today? "
    form = {"fields": [{"key": "a", "value": {"is": "fact"}}]}
    other = {"fields": [{"key": "b", "value": {"is": "fact"}}]}
    made = [task(0, "w", ["git"], form=form), task(1, "w", ["git"], form=other), task(2, "v", ["git"], form=form)]
    made += [task(3, "w", ["git"], prompt=words), task(4, "w", ["git"], prompt=words + "Thanks.")]
    divided = split(made, Rules(hubs=frozenset(), test_share=0.0))
    left = {reason: list(names) for reason, names in divided.left_out.items()}
    assert left["same_meaning"] == ["task_0001"]
    assert len(left["nearly_the_same_words"]) == 1
    assert set(left["nearly_the_same_words"]) < {"task_0003", "task_0004"}


def test_training_gives_up_the_wording_of_a_test():
    made = [
        task(
            n,
            f"w{n}",
            ["git"],
            prompt=f"What does order PO-{n} of “Customer {n * 7}” come to, please, if {n} kg are sent?",
        )
        for n in range(8)
    ]
    divided = split(made, Rules())
    assert TRAIN not in divided.of_task.values()
    assert set(divided.of_task.values()) <= {UNSEEN_WORLD, UNSEEN_SERVER}


def test_skeleton_masks_names_numbers_and_quotes():
    one = skeleton("What does order PO-17 of Ada Nnadi come to under “Dry Store” on 3 May 2026?")
    assert one == skeleton("What does order PO-2 of Bo Lind come to under “Main” on 14 June 2025?")
    assert one != skeleton("What did order PO-17 of Ada Nnadi come to under “Dry Store” on 3 May 2026?")


def test_minhash_finds_the_pairs_that_comparing_all_finds():
    rng = random.Random(2)
    words = [f"w{number}" for number in range(60)]
    texts = {}
    for number in range(60):
        base = rng.choices(words, k=30)
        texts[f"a{number}"] = " ".join(base)
        texts[f"b{number}"] = " ".join([*base[:-1], "other"])
    assert [(one, other) for one, other, _ in alike(texts, 0.8)] == [
        (f"a{n}", f"b{n}") for n in sorted(range(60), key=str)
    ]


@pytest.mark.parametrize(("name", "count"), [("bfcl.jsonl", 3), ("tau.json", 3), ("toolbench.json", 1)])
def test_every_benchmark_form_is_read_and_its_questions_are_found(name, count):
    items = load_benchmark(BENCHMARKS / name)
    assert len(items) == count
    prompts = {
        item.item_id + item.text[:9]: f"{item.text} Answer as JSON." for item in items if len(item.text.split()) > 7
    }
    prompts["own"] = "What is the list price of the product named in the supply agreement?"
    assert {hit.task_id for hit in hits(prompts, items)} == set(prompts) - {"own"}


def test_strange_benchmark_is_bad_input(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(BadInput, match="no question"):
        load_benchmark(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("{\nno")
    with pytest.raises(BadInput, match="line 1 is not JSON"):
        load_benchmark(tmp_path / "x.json")


def test_sides_are_written_as_they_were_exported(tmp_path):
    write_export(tmp_path / "export", tasks=3)
    (tmp_path / "bench.json").write_text(
        json.dumps([{"query": "How many items has the latest order, what does it come to"}])
    )
    said = write_split(tmp_path / "export", tmp_path / "out", Rules(), [tmp_path / "bench.json"])
    # One world cannot be on two sides: all of it trains.
    assert said["test_worlds"] == []
    exported = {
        json.loads(line)["task_id"]: line for line in (tmp_path / "export/tasks.jsonl").read_text().splitlines()
    }
    written = (tmp_path / "out/train.jsonl").read_text().splitlines()
    assert all(exported[json.loads(line)["task_id"]] == line for line in written)
    assert json.loads((tmp_path / "out/splits.json").read_text()) == said
    assert said["benchmarks"] == {"bench.json": 1}
    assert "| train |" in (tmp_path / "out/README.md").read_text()
    assert write_split(tmp_path / "export", tmp_path / "out", Rules(), [tmp_path / "bench.json"]) == said
    with pytest.raises(BadInput, match="no split"):
        write_split(tmp_path / "export", tmp_path, Rules())
