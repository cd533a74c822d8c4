"""Exports in other forms: nothing of a row changes on the way, and every form has the fields its trainer asks for."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.dataset.formats.columns import Kind, as_strings, struct_of, task_table
from cli.dataset.formats.fields import elements, members, read_fields
from cli.dataset.formats.trainers import nemo_gym_row, skyrl_row, trl_row, verl_row, xlam_row
from cli.dataset.formats.writing import MARK, write_format
from shared.model.errors import BadInput
from tests.fakes.export import write_export

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset") / "export"
    write_export(folder)
    return folder


@pytest.fixture
def rows(export):
    return read_fields(export)


def parsed(export):
    return [json.loads(line) for line in (export / "tasks.jsonl").read_text().splitlines()]


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]))
def test_members_are_cut_out_as_they_stand(value, indent):
    cut = members(" " + json.dumps(value, indent=indent))
    assert {name: json.loads(text) for name, text in cut.items()} == value


@given(st.lists(VALUES))
def test_elements_are_cut_out_as_they_stand(value):
    assert [json.loads(text) for text in elements(json.dumps(value))] == value


def test_numbers_and_key_order_stay_as_they_were_written():
    assert members('{"b": {"z":1.10,"a":1e3}, "c":[12345678901234567890]}') == {
        "b": '{"z":1.10,"a":1e3}',
        "c": "[12345678901234567890]",
    }


@pytest.mark.parametrize("text", ["", "[]", '{"a"', '{"a": 1', "{"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises((ValueError, IndexError)):
        members(text)


def test_jsonl_is_the_export_byte_for_byte(export, tmp_path):
    assert write_format(export, "jsonl", tmp_path / "out") == 2
    assert (tmp_path / "out" / "tasks.jsonl").read_bytes() == (export / "tasks.jsonl").read_bytes()


def test_strings_hold_what_the_rows_hold(export, rows):
    table = as_strings(task_table(rows))
    assert not {Kind.JSON, Kind.JSONS, Kind.MESSAGES} & set(table.columns.values())
    for row, made in zip(parsed(export), table.rows, strict=True):
        for name in ("tools", "ground_truth", "prompt", "reference", "mcp_tools"):
            assert json.loads(made[name]) == row[name]


def test_nemo_gym_rows_keep_schemas_and_rename_what_its_routes_take(export, rows):
    row = nemo_gym_row(
        {
            **rows[0],
            "tool_name_map": rows[0]["tool_name_map"].replace("files-read_file", "verify"),
            "tools": rows[0]["tools"].replace("files-read_file", "verify"),
        }
    )
    made, whole = json.loads(row), parsed(export)[0]
    tools = made["responses_create_params"]["tools"]
    assert [tool["name"] for tool in tools][0::8] == ["verify_2", "submit_answer"]
    assert [tool["parameters"] for tool in tools[:-1]] == [one["function"]["parameters"] for one in whole["tools"]]
    assert (made["task_id"], made["responses_create_params"]["input"]) == (whole["task_id"], whole["prompt"])


def test_trainers_rows_have_their_fields(export, rows):
    whole = parsed(export)[0]
    verl, skyrl, trl = verl_row(rows[0], 0), skyrl_row(rows[0], 0), trl_row(rows[0])
    assert set(verl["extra_info"]) == set(struct_of(Kind.EXTRA_TOOLS))
    assert set(skyrl["extra_info"]) == set(struct_of(Kind.EXTRA))
    assert (verl["agent_name"], skyrl["env_class"]) == ("firefly_agent", "firefly")
    assert json.loads(verl["reward_model"]["ground_truth"]) == whole["ground_truth"]
    assert (trl["prompt"], trl["task_id"]) == (whole["prompt"], whole["task_id"])


def test_xlam_answers_are_the_reference_calls(export, rows):
    made, whole = xlam_row(rows[0], 5), parsed(export)[0]
    answers = json.loads(made["answers"])
    assert [answer["arguments"] for answer in answers] == [call["arguments"] for call in whole["reference"]]
    assert [answer["name"] for answer in answers] == ["files-read_file", "desk-find_order"]
    assert json.loads(made["tools"])[0]["parameters"]["path"] == {"type": "string", "description": "", "required": True}


def test_only_a_folder_of_its_own_is_replaced(export, tmp_path):
    out = tmp_path / "out"
    write_format(export, "xlam", out)
    write_format(export, "nemo-gym", out)
    assert json.loads((out / MARK).read_text())["format"] == "nemo-gym"
    with pytest.raises(BadInput, match="holds something else"):
        write_format(export, "xlam", export)


def test_a_line_that_is_no_task_is_named(export, tmp_path):
    (tmp_path / "tasks.jsonl").write_text("[]\n")
    with pytest.raises(BadInput, match="line 1 is no task"):
        read_fields(tmp_path)


def test_parquet_without_pyarrow_says_what_to_install(export, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInput, match=r"pip install 'firefly\[export\]'"):
        write_format(export, "hf", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
