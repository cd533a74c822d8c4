"""The exported dataset: its rows keep the published schema, its bytes are the tasks', and no byte can change unseen."""

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.dataset.checking import check_dataset
from cli.dataset.digests import dataset_digest, file_digests, line_digests
from cli.dataset.json_lines import Raw, received, write
from cli.dataset.selection import Gathered, select
from cli.dataset.writing import Run, write_dataset
from services.simulator.adapters.snapshot_file import open_snapshot
from shared.model.calls import Origin, Recording
from shared.model.errors import BadInput
from shared.model.tasks import TaskState
from shared.proof.canonical import canonical, parse
from tests.fakes import dataset, office

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "dataset.schema.json").read_text())
RUN = Run(seed=7, epoch_size=64, draws=10)


def validator(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def gathered(folder, tasks=None, more=(), **changes):
    made = [dataset.order_task(), dataset.order_task(" Please.", 2)] if tasks is None else tasks
    recordings = [recording for _, recordings in made for recording in recordings]
    parts = {
        "tasks": [task for task, _ in made],
        "recordings": [*recordings, *dataset.more_recordings(), *more],
        "servers": office.servers(),
        "tools": office.tools(),
        "worlds": dataset.world_folders(folder / "worlds"),
    }
    return Gathered(**{**parts, **changes})


@pytest.fixture
def export(tmp_path):
    write_dataset(gathered(tmp_path), tmp_path / "out", RUN, [("draws", 10), ("rejected: leaks", 3)])
    return tmp_path / "out"


def lines_of(path):
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def test_every_row_and_the_manifest_keep_the_schema(export):
    for name, kind in (("tasks.jsonl", "task"), ("recordings.jsonl", "recording")):
        for line in lines_of(export / name):
            validator(kind).validate(json.loads(line))
    validator("manifest").validate(json.loads((export / "manifest.json").read_text()))


def test_schema_refuses_rows_with_a_field_more_or_less(export):
    for name, kind in (("tasks.jsonl", "task"), ("recordings.jsonl", "recording")):
        row = json.loads(lines_of(export / name)[0])
        assert not validator(kind).is_valid({**row, "more": 1})
        for field in row:
            assert not validator(kind).is_valid({key: value for key, value in row.items() if key != field}), field


def test_keys_stand_in_the_documented_order(export):
    row = json.loads(lines_of(export / "tasks.jsonl")[0])
    assert list(row) == SCHEMA["$defs"]["task"]["required"]
    recording = json.loads(lines_of(export / "recordings.jsonl")[0])
    assert list(recording) == SCHEMA["$defs"]["recording"]["required"]


def test_rows_stand_in_id_order(export):
    for name, key in (("tasks.jsonl", "task_id"), ("recordings.jsonl", "recording_id")):
        ids = [json.loads(line)[key] for line in lines_of(export / name)]
        assert ids == sorted(ids)
        assert len(ids) > 1


def test_export_checks_out_completely(export):
    checked = check_dataset(export)
    assert checked.problems == ()
    assert (checked.tasks, checked.fields, checked.flows, checked.recordings) == (2, 4, 2, 10)
    assert checked.dataset_digest == json.loads((export / "manifest.json").read_text())["dataset_digest"]


def test_same_records_in_any_order_and_twice_give_the_same_bytes(tmp_path):
    first = gathered(tmp_path)
    shuffled = [random.Random(n).sample([*rows, *rows], 2 * len(rows)) for n, rows in enumerate(
        (first.tasks, first.recordings, first.servers, first.tools))]  # fmt: skip
    write_dataset(first, tmp_path / "one", RUN)
    write_dataset(Gathered(*shuffled, worlds=first.worlds), tmp_path / "two", RUN)
    assert file_digests(tmp_path / "one") == file_digests(tmp_path / "two")
    assert (tmp_path / "one/manifest.json").read_bytes() == (tmp_path / "two/manifest.json").read_bytes()


def test_dataset_digest_forgets_times_origin_and_what_nobody_cites(tmp_path):
    first = gathered(tmp_path)
    later = [replace(one, observed_at="2031-01-01T00:00:00Z", origin=Origin.LIVE) for one in first.recordings]
    other = [one for one in later if one.tool != "list_files"]
    digests = {
        write_dataset(replace(first, recordings=rows), tmp_path / f"out{n}", RUN).dataset_digest
        for n, rows in enumerate((first.recordings, later, other))
    }
    assert len(digests) == 1


def test_dataset_digest_tells_other_tasks_apart(tmp_path):
    one = write_dataset(gathered(tmp_path), tmp_path / "one", RUN).dataset_digest
    two = write_dataset(gathered(tmp_path, [dataset.order_task()]), tmp_path / "two", RUN).dataset_digest
    assert one != two


def test_dataset_digest_leaves_out_what_equal_runs_may_differ_in(export):
    rows = [parse(line) for line in lines_of(export / "tasks.jsonl")]
    recordings = [parse(line) for line in lines_of(export / "recordings.jsonl")]
    other = [{**row, "snapshot_id": "x", "pass_rate": 1, "solver_model": "m"} for row in reversed(rows)]
    assert dataset_digest(rows, recordings) == dataset_digest(other, reversed(recordings))
    assert dataset_digest(rows, recordings) != dataset_digest([{**rows[0], "prompt": []}, rows[1]], recordings)


@pytest.mark.parametrize("state", [TaskState.QUARANTINED, TaskState.RETRACTED])
def test_withdrawn_tasks_are_left_out_and_counted(tmp_path, state):
    first = gathered(tmp_path)
    gone = first.tasks[0].task.task_id
    manifest = write_dataset(replace(first, statuses=dataset.statuses(gone, state=state)), tmp_path / "out", RUN)
    assert manifest.counts["tasks"] == 1
    assert manifest.left_out[state.value] == 1
    assert gone not in (tmp_path / "out/tasks.jsonl").read_text()


def test_of_near_duplicates_the_smallest_id_stays(tmp_path):
    one, recordings = dataset.order_task()
    other = replace(one, task=replace(one.task, task_id="task_" + "0" * 32, prompt=one.task.prompt.upper() + "  "))
    selected = select(gathered(tmp_path, [(one, recordings), (other, ())]))
    assert [task.task.task_id for task in selected.content.tasks] == [other.task.task_id]
    assert selected.left_out["near_duplicate"] == 1


def test_tasks_that_the_most_frequent_value_answers_are_left_out(tmp_path):
    one, recordings = dataset.order_task()
    single = replace(one.task, ground_truth_json='{"supplier":"Georgia Paper Sacks"}')
    again = replace(
        single,
        task_id="task_" + "0" * 32,
        prompt="Another question",
        ground_truth_json='{"name":"Georgia Paper Sacks"}',
    )
    both = replace(
        again, task_id="task_" + "1" * 32, prompt="A third", ground_truth_json='{"a":"Georgia Paper Sacks","b":7}'
    )
    made = [(replace(one, task=task), recordings) for task in (single, again, both)]
    selected = select(gathered(tmp_path, made))
    assert [task.task.task_id for task in selected.content.tasks] == [both.task_id]
    assert selected.left_out["constant_answer"] == 2


def test_recordings_are_those_an_episode_can_reach(tmp_path):
    elsewhere = office.Office(files={"other.txt": "x"})
    strange = replace(elsewhere.record("files", "list_files", {}), recording_id="rec_" + "1" * 32)
    selected = select(gathered(tmp_path, more=[strange]))
    assert strange.recording_id not in {one.recording_id for one in selected.content.recordings}
    moved = [one for one in selected.content.recordings if one.state.world != office.Office().world]
    assert [one.tool for one in moved] == ["read_file"]


def test_missing_cited_recording_stops_the_export_by_name(tmp_path):
    task, recordings = dataset.order_task()
    with pytest.raises(BadInput, match=f"{task.task.task_id} names recording"):
        write_dataset(gathered(tmp_path, [(task, ())], recordings=recordings[:1]), tmp_path / "out", RUN)
    assert not (tmp_path / "out").exists()


def test_nothing_to_export_says_so(tmp_path):
    with pytest.raises(BadInput, match="no verified task"):
        write_dataset(gathered(tmp_path, []), tmp_path / "out", RUN)


def test_earlier_export_is_replaced_but_nothing_else_is(tmp_path, export):
    write_dataset(gathered(tmp_path, [dataset.order_task()]), export, RUN)
    assert check_dataset(export).tasks == 1
    (tmp_path / "home").mkdir()
    (tmp_path / "home/letter.txt").write_text("mine")
    with pytest.raises(BadInput, match="no export"):
        write_dataset(gathered(tmp_path), tmp_path / "home", RUN)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_snapshot_of_the_export_serves_its_recordings(export):
    library = open_snapshot(export)
    rows = [json.loads(line) for line in lines_of(export / "recordings.jsonl")]
    assert library.counts().recordings == len(rows)
    assert all(library.recording(row["recording_id"]) for row in rows)
    assert {json.loads(line)["snapshot_id"] for line in lines_of(export / "tasks.jsonl")} == {library.snapshot_id}
    library.close()


def test_card_tells_the_funnel_and_what_was_left_out(export):
    text = (export / "README.md").read_text()
    assert text.startswith("---\n")
    assert "| draws | 10 |" in text
    assert "| rejected: leaks | 3 |" in text
    assert "| left out: quarantined | 0 |" in text


def test_one_changed_byte_of_any_cited_recording_names_task_and_field(export):
    path = export / "recordings.jsonl"
    whole = path.read_bytes()
    cited = set(json.loads((export / "manifest.json").read_text())["cited"])
    assert len(cited) == 2
    rng, offset = random.Random(5), 0
    for line in whole.split(b"\n")[:-1]:
        places = rng.sample(range(len(line)), 25) if json.loads(line)["recording_id"] in cited else []
        for place in places:
            changed = bytearray(whole)
            changed[offset + place] ^= 1 << rng.randrange(7)
            path.write_bytes(changed)
            problems = check_dataset(export).problems
            named = {(problem.task_id, problem.field) for problem in problems if problem.task_id}
            assert {field for _, field in named} >= {"total", "items"}, (place, line[place : place + 20], problems)
            assert len({task_id for task_id, _ in named}) == 2
            assert any(problem.place == "recordings.jsonl" for problem in problems)
        offset += len(line) + 1
    path.write_bytes(whole)
    assert check_dataset(export).problems == ()


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ('"total":25.6', '"total":25.7', "derives as"),
        ('"argument": "/order_id"', '"argument": "/orders"', "leads nowhere"),
        ('"key_value":"order"', '"key_value":"clerk"', "its sha256"),
    ],
)
def test_changed_label_or_flow_is_found_even_when_the_manifest_was_changed_with_it(export, find, put, words):
    path = export / "tasks.jsonl"
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, put))
    manifest = json.loads((export / "manifest.json").read_text())
    files = {**manifest["files"], "tasks.jsonl": file_digests(export)["tasks.jsonl"]}
    (export / "manifest.json").write_text(json.dumps({**manifest, "files": files}))
    problems = check_dataset(export).problems
    assert any(words in problem.text and problem.task_id and problem.field for problem in problems), problems


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ('"total":25.6', '"total":25.7', "its result is not the one that its sha256 says"),
        ('"session": ""', '"session": "x"', "its id is not that of its call"),
    ],
)
def test_changed_recording_is_found_even_when_every_digest_was_changed_with_it(export, find, put, words):
    path = export / "recordings.jsonl"
    path.write_text(path.read_text().replace(find, put))
    manifest = json.loads((export / "manifest.json").read_text())
    manifest["cited"] = line_digests(path, manifest["cited"])
    manifest["files"]["recordings.jsonl"] = file_digests(export)["recordings.jsonl"]
    (export / "manifest.json").write_text(json.dumps(manifest))
    problems = check_dataset(export).problems
    assert any(words in problem.text and problem.field == "total" for problem in problems), problems
    assert not any("not as it was written" in problem.text for problem in problems)


def test_every_added_missing_or_changed_file_is_named(export):
    world = next((export / "snapshot/worlds").rglob("latest.txt"))
    world.write_text("order: B-2\n")
    (export / "extra.txt").write_text("x")
    (export / "README.md").unlink()
    places = {problem.place for problem in check_dataset(export).problems}
    assert places == {world.relative_to(export).as_posix(), "extra.txt", "README.md"}


def test_check_needs_nothing_but_proof_and_model():
    program = (
        "import sys, cli.dataset.checking\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('services','firefly','google','grpc','mcp','redis','aiokafka','networkx')"
        " or name.startswith('shared.') and not name.startswith(('shared.proof', 'shared.model'))])"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert made.stdout.strip() == "[]"


def test_folder_without_export_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="holds no export"):
        check_dataset(tmp_path)


def test_strangers_json_stays_as_it_was_received():
    text = '{"b": 1.0, "a": [25.60, 9007199254740993],\n "c": "\\u00e9\\n"}'
    assert received(text) == Raw(text.replace("\n", " "))
    assert received("  ") is None
    assert received('{"a": NaN}') == Raw('{"a":{"$number":"NaN"}}')
    assert received("no json") == Raw('"no json"')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
def test_written_lines_are_one_line_of_json_with_the_same_value(value):
    line = write({"raw": Raw(canonical(value)), "value": value})
    assert "\n" not in line
    read = json.loads(line)
    assert read["value"] == value
    assert list(read) == ["raw", "value"]


def test_result_with_numbers_no_double_holds_survives_export_and_check(tmp_path):
    task, recordings = dataset.order_task()
    exact = office.Office(
        files={**office.FIRST_FILES, "orders/B-1.json": '{"total": 0.1234567890123456789, "n": 9007199254740993}'}
    )
    record: Recording = exact.record("desk", "find_order", {"order_id": "B-1"})
    started = office.Office().world
    moved = replace(
        record, state=replace(record.state, world=started), state_after=replace(record.state, world=started)
    )
    from services.simulator.domain.recordings import key_of
    from shared.proof.keys import recording_id

    moved = replace(moved, recording_id=recording_id(key_of(moved), moved.result_json))
    write_dataset(gathered(tmp_path, [(task, (*recordings, moved))]), tmp_path / "out", RUN)
    assert check_dataset(tmp_path / "out").problems == ()
    row = next(json.loads(line) for line in lines_of(tmp_path / "out/recordings.jsonl") if moved.recording_id in line)
    assert row["result"]["structuredContent"]["n"] == {"$number": "9007199254740993"}
