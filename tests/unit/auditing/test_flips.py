"""Flipped bytes: a byte anywhere in a cited recording is seen, and every task that rests on it is named."""

import pytest

from cli.auditing import flips
from cli.dataset import checking
from shared.proof.canonical import parse
from tests.contracts.test_vectors import VECTORS
from tests.fakes.vector_export import write_vector_export


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flips") / "out"
    write_vector_export(folder, parse((VECTORS / "transforms.json").read_text(encoding="utf-8"))["cases"])
    return folder


def test_every_flip_is_caught_with_every_task_named(export):
    found = flips.flip_bytes(export, 200, 3)
    assert len(found) > 100
    assert {flip.region for flip in found} == {"cited", "anywhere"}
    assert [flip for flip in found if flip.named != flip.tasks] == []
    assert all(flip.underived == flip.tasks for flip in found if flip.region == "cited")


def test_it_changes_what_is_cited(export):
    loaded = flips._read(export)
    for name, line in loaded.data.items():
        if name in loaded.tasks:
            first, last = line.index(b'"result": '), line.index(b', "result_sha256"')
            places = flips._places(loaded, name)
            assert places
            assert all(first < place < last for place in places)


def test_a_checker_that_reads_no_digest_would_be_told(export, monkeypatch):
    monkeypatch.setattr(checking, "_recording_fault", lambda recording: "")
    monkeypatch.setattr(checking, "_line_fault", lambda name, line, cited: "")
    monkeypatch.setattr(checking, "_call_fault", lambda call, recordings: "")
    monkeypatch.setattr(checking, "_flow_fault", lambda call, flow, results: "")
    assert [flip for flip in flips.flip_bytes(export, 200, 3) if flip.named < flip.tasks]


def test_same_seed_flips_the_same_bytes(export):
    assert flips.flip_bytes(export, 5, 1) == flips.flip_bytes(export, 5, 1)
    assert flips.flip_bytes(export, 5, 1) != flips.flip_bytes(export, 5, 2)
