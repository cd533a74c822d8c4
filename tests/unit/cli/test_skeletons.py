"""Skeletons: names, numbers and dates are masked, wording is not."""

import json

import pytest

from cli.dataset.skeletons import skeleton, skeletons
from shared.model.errors import BadInput


def form(text):
    return {"is": "keyed", "key": {"is": "literal", "text": text, "kind": "name"}}


def test_prompts_that_differ_in_what_they_are_about_are_one():
    one = skeleton("What is the price of the product Oak Stool? JSON, please: “price_eur” (in EUR).", form("Oak Stool"))
    other = skeleton("What is the price of the product Rug? JSON, please: “price_usd” (in USD).", form("Rug"))
    assert one.replace("in EUR", "in USD") == other
    day = "How many orders are dated before {} ? As JSON, please."
    assert skeleton(day.format("12 January 2026"), {}) == skeleton(day.format("3 March 2025"), {})
    row = "What is the total of order {}?"
    assert skeleton(row.format("PO-2026-017"), {}) == skeleton(row.format("BK2025-9"), {})


def test_another_wording_is_another_skeleton():
    said = {skeleton(f"{ask} the price of the product Rug.", form("Rug")) for ask in ("Please find", "I need")}
    assert len(said) == 2


def test_counts_prompts_with_and_without_how_to_answer(tmp_path):
    rows = [
        {"prompt": f"I need the price of {name}. {frame}", "logical_form": form(name)}
        for name in ("Rug", "Oak Stool")
        for frame in ("JSON, please: “a”.", "Just JSON with “a” will do. Spell names as in the files.")
    ]
    (tmp_path / "tasks.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    whole, asked = skeletons(tmp_path)
    assert sorted(whole.values()) == [2, 2]
    assert asked == {"I need the price of ◦.": 4}


def test_folder_without_tasks_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"tasks\.jsonl"):
        skeletons(tmp_path)
