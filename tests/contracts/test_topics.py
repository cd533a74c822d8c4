"""The topic table, ARCHITECTURE and the file tree tell one story."""

import re
from pathlib import Path

import pytest

from shared.runtime.topics import BY_NAME, TOPICS

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {path.name for path in (ROOT / "services").iterdir() if (path / "app.py").exists()}
ACTORS = SERVICES | {"cli"}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_topic_name_is_kebab_case_and_its_actors_exist(topic):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", topic.name)
    assert set(topic.written_by) | set(topic.read_by) <= ACTORS


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_architecture_page_has_the_topic_row(topic):
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    row = next((line for line in page.splitlines() if line.startswith(f"| `{topic.name}` |")), None)
    assert row, f"ARCHITECTURE.md has no row for {topic.name}"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:3] == [", ".join(topic.written_by), ", ".join(topic.read_by)]
    assert cells[-1] == topic.cleanup.value


def test_gate_output_is_partitioned_like_its_input():
    for topic in TOPICS:
        if topic.same_partitions_as:
            assert topic.partitions == BY_NAME[topic.same_partitions_as].partitions
