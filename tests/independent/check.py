"""A second implementation of `docs/evidence.md`, with the standard library only: re-derives every field of an export.

`python -m tests.independent.check EXPORT` prints what does not hold.
"""

import re
import sys
from decimal import Decimal
from pathlib import Path

from tests.independent.contents import content_digest
from tests.independent.locating import locate, point
from tests.independent.reading import Wrong, canonical, need, read, restored, sha256, text_of
from tests.independent.transforming import apply


def rows(path):
    return (read(line) for line in path.read_text(encoding="utf-8").split("\n") if line)


def recorded(folder, wanted):
    """The results of the wanted recordings whose id and digest hold, and what those that moved the world left."""
    results, changes = {}, {}
    for row in rows(folder / "recordings.jsonl"):
        if row["recording_id"] in wanted and row["result"] is not None:
            text, state = canonical(restored(row["result"])), [row["state"]["world"], row["state"]["session"]]
            key = sha256(canonical([row["server_digest"], row["tool"], restored(row["arguments"]), state]))
            if row["recording_id"] == f"rec_{sha256(canonical([key, sha256(text)]))[:32]}":
                results[row["recording_id"]] = text
                changes[row["recording_id"]] = row.get("change")
    return results, changes


def derive(sources, pipeline, results):
    values = []
    for source in sources:
        need(source["call_id"] in results, "no_recording")
        value, digest = locate(results[source["call_id"]], source["locator"])
        need(digest == source["sha256"], "source_changed")
        values.append(value)
    return apply(pipeline, values)


def fills(call, flow, results):
    value = derive([{**flow, "locator": restored(flow["source"])}], restored(flow["transforms"]), results)
    argument = point(restored(call["arguments"]), flow["argument"])
    if flow["slot"]:
        argument = argument[slice(*flow["slot"])]
    same = argument == text_of(value) or (not flow["slot"] and canonical(argument) == canonical(value))
    need(same or is_number(argument, value), "other_argument")


def is_number(text, value):
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not isinstance(text, str):
        return False
    return bool(re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", text)) and Decimal(text) == value


def check(folder):
    """Re-derive an export: (task id, field) -> the reason why it does not hold, or nothing."""
    tasks = list(rows(folder / "tasks.jsonl"))
    texts, changes = recorded(folder, {call["recording_id"] for task in tasks for call in task["reference"]})
    found = {}
    for task in tasks:
        truth, calls = restored(task["ground_truth"]), task["reference"]
        held = {call["call_id"]: texts.get(call["recording_id"], "") for call in calls}
        results = {call["call_id"]: restored(read(held[call["call_id"]])) for call in calls
                   if sha256(held[call["call_id"]]) == call["result_sha256"]}  # fmt: skip
        jobs = [(f"{call['call_id']} {flow['argument']} {flow['slot'] or ''}".strip(), fills, (call, flow, results))
                for call in calls for flow in call["depends_on"]]  # fmt: skip
        for field in task["evidence"]:
            jobs.append((field["field"], agrees, (field, truth, results)))
        if task.get("end_state") or restored(task["logical_form"]).get("change"):
            moved = [one for call in calls if (one := changes.get(call["recording_id"]))]
            jobs.append(("end_state", leaves, (task, truth, moved)))
        found |= {(task["task_id"], name): "no_evidence" for name in truth}
        for name, job, given in jobs:
            found[task["task_id"], name] = ""
            try:
                job(*given)
            except Wrong as error:
                found[task["task_id"], name] = str(error)
    return found


def agrees(field, truth, results):
    need(field["field"] in truth, "no_such_field")
    sources = [{**source, "locator": restored(source["locator"])} for source in field["sources"]]
    value = derive(sources, restored(field["transforms"]), results)
    need(canonical(value) == canonical(truth[field["field"]]), "derives_otherwise")


def leaves(task, truth, moved):
    form = restored(task["logical_form"])
    need(bool(task.get("end_state")) and bool(form.get("change")), "no_change_asked")
    need(bool(moved) and moved[-1] == {"from": task["world_digest"], "paths": task["end_state"]}, "left_otherwise")
    keys = {canonical(field["value"]): field["key"] for field in form["fields"]}
    need(all(keys.get(canonical(line["value"])) in truth for line in form["change"]["lines"]), "written_otherwise")
    lines = [f"{line['label']}: {text_of(truth[keys[canonical(line['value'])]])}" for line in form["change"]["lines"]]
    note = {"path": form["change"]["path"], "kind": "created", "sha256": content_digest("\n".join(lines).encode())}
    need(task["end_state"] == [note], "written_otherwise")


if __name__ == "__main__":
    verdicts = check(Path(sys.argv[1]))
    for (task, field), reason in verdicts.items():
        if reason:
            print(f"{task} {field}: {reason}")  # noqa: T201
    print(f"{len(verdicts)} fields and data flows, {sum(map(bool, verdicts.values()))} do not hold")  # noqa: T201
    sys.exit(any(verdicts.values()))
