"""Other ways to solve a task: read from the prompt alone, answered from results alone, refused when they differ."""

import asyncio
import csv
import io
import json
from collections import Counter
from dataclasses import replace

import pytest
from click.testing import CliRunner

from cli.paths import readings
from cli.paths.expanding import Expansion
from cli.paths.gathering import Gathered
from cli.paths.measuring import Walked, answer_of, sum_up
from cli.paths.shelf import NotUnderstoodError, Shelf, Source
from cli.paths.solving import solve
from cli.paths.variants import KINDS, Solution, solutions
from cli.paths.ways import Step, narrow, respelt, whole
from cli.sim_paths import paths
from cli.snapshot_expand import wider
from services.simulator.adapters.snapshot_file import write_snapshot
from services.verifier.adapters.worlds import FileWorld
from shared.model.calls import Recording, State
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, ServerRecord, ToolRecord
from shared.model.tasks import OfferedTool
from shared.proof.canonical import canonical, sha256_text
from shared.proof.results import canonical_result
from tests.fakes import dataset

ORDERS = (
    "order_id,date,sku,customer,region,quantity,unit_price_eur,total_eur\n"
    "PO-1001,2025-09-01,SKU-7071,Old Town Bicycles,Coast,4,10.50,42.00\n"
    "PO-1002,2025-10-01,SKU-7071,Greenway Rentals,Hills,2,10.50,21.00\n"
    "PO-1003,2025-11-01,SKU-4599,Old Town Bicycles,Coast,1,99.00,99.00\n"
)
ARTICLES = (
    '[{"article": "SKU-7071", "description": "Crankset Compact", "weight_lb": 1.5, "unit_price_eur": 10.50,'
    ' "supplied_by": "Sakai Drivetrain", "in_stock": 259},'
    ' {"article": "SKU-4599", "description": "Belt Drive Kit", "weight_lb": 2.25, "unit_price_eur": 99.00,'
    ' "supplied_by": "Colombo Rubber", "in_stock": 7}]'
)
SUPPLIERS = (
    "supplier_id,name,city,time_zone,lead_time_days,contact\n"
    "SUP-21,Sakai Drivetrain,Sakai,Asia/Tokyo,37,Mei Zhang\n"
    "SUP-74,Colombo Rubber,Colombo,Asia/Colombo,11,Mara Lindqvist\n"
)
NOTE = (
    "# Price review Crankset Compact\n\n- SKU: SKU-7071\n- Old price: 10.00 EUR\n- New price: 10.50 EUR\n"
    "- Valid from: 2025-10-01\n"
)
REPORT = (
    "import csv\n\n\nclass Report:\n    def rows(self):\n        return csv\n\n    def text(self):\n        return 1\n"
)
FILES = {
    "src/report.py": REPORT,
    "src/labels.py": "LABELS = ()\n",
    "sales/orders.csv": ORDERS,
    "catalog/articles.json": ARTICLES,
    "buying/suppliers.csv": SUPPLIERS,
    "notes/review.md": NOTE,
}
TAIL = " Reply as JSON with the key “{}” ({})."
TOOLS = ("read_text_file", "read_file", "read_multiple_files", "convert_to_markdown", "execute_query", "list_directory")


def tail(key, note="a number"):
    return TAIL.format(key, note)


@pytest.fixture
def shelf(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Shelf(FileWorld(tmp_path, "2026-03-03T14:00:00+00:00"))


QUESTIONS = {
    "Can you look up the city of supplier SUP-74?" + tail("city", "as spelled in the files"): "Colombo",
    "What is the total value of all orders for the product Crankset Compact?" + tail("total_eur"): "63.00",
    "I need the highest unit price among the orders by the customer of order PO-1001."
    + tail("highest_unit_price_eur"): "99.00",
    "How much higher is the new price in the “Price review Crankset Compact” meeting note than the old price, "
    "in percent? Give a decrease as a negative number."
    + tail("change_percent", "in percent, rounded to two decimals"): "5.00",
    "What is the weight of the product named in the “Price review Crankset Compact” meeting note in ounces?"
    + tail("weight_in_oz", "in ounces, rounded to two decimals"): "24.00",
    "What time is it for the supplier of the product Crankset Compact when it is 10:00 in Bogota today?"
    + tail("local_time", "24-hour HH:MM"): "00:00",
    "Which supplier has the longest lead time?" + tail("name", "as spelled in the files"): "Sakai Drivetrain",
    "I need the total value of all orders for the product Crankset Compact dated on or after the “Valid from” date "
    "given in the “Price review Crankset Compact” meeting note." + tail("total_eur"): "21.00",
}

ABOUT = "“Price review Crankset Compact” meeting note"
CHANGED_WORDS = {
    f"This is about the {ABOUT}. How many percent above or below the old price is the new price? "
    "Just JSON with “change” (in percent, to two decimals, negative if below) will do.": "5.00",
    f"I am going through the {ABOUT}. Please find the total value of all orders for the product Crankset Compact "
    "placed on or after the “Valid from” date it gives. I need it as JSON: “total_eur”.": "21.00",
    f"Could you check the weight of the product in the {ABOUT}, in ounces? JSON, please: "
    "“weight_oz” (in ounces, to two decimals).": "24.00",
    "Is the unit price of order PO-1003 above or below that of order PO-1001, and by how much? "
    "Send it back as JSON: “difference” (in EUR, negative if below).": "88.50",
    "How does the lead time of the supplier Colombo Rubber compare with that of the supplier Sakai Drivetrain: how far "
    "above or below? As JSON with the key “difference” (in days, negative if below).": "-26",
    "Can you work out how much higher the unit price of order PO-1003 is than that of order PO-1001? "
    "JSON: “difference” (in EUR).": "88.50",
    "Can you get me the total value of all orders dated on or after 15 September 2025 for the product Crankset "
    "Compact? Put it into JSON under “total_eur”.": "21.00",
    "Can you tell me how many orders by the customer who placed order PO-1001 there are, and their total value? "
    "Reply as JSON with “count” and “total_eur” (in EUR, to two decimals).": "2 141.00",
    "For the orders in the Coast region, how many are there, and what is their total value? "
    "Please answer as JSON: “count” and “total_eur” (in EUR, to two decimals).": "2 141.00",
    "Please go through the orders for the product Crankset Compact. Which one has the largest total, and what is its "
    "total? Go by the orders list. JSON: “order_id” and “total_eur” (in EUR). Spell names as in the files.": (
        "PO-1001 42.00"
    ),
    "Please find the total quantity of all orders for the product Crankset Compact. And how many pounds is that "
    "altogether, going by the product’s weight? "  # noqa: RUF001 - as prompts write it
    "Answer as JSON: “quantity” and “weight_lb” (to two decimals).": "6 9.00",
    "Please check the file src/report.py: how many classes, functions and lines does it have? "
    "JSON: “class_count”, “function_count” and “line_count”.": "1 2 9",
    "Take the files src/report.py and src/labels.py. How many lines do they have on average? "
    "As JSON, please, with the key “average_line_count” (a number, to two decimals).": "5.00",
}
QUESTIONS |= CHANGED_WORDS


@pytest.mark.parametrize("prompt", QUESTIONS)
def test_a_question_is_answered_from_the_files_alone(shelf, prompt):
    answer, touches = solve(prompt, shelf, shelf)
    assert " ".join(str(value) for value in answer.values()) == QUESTIONS[prompt]
    assert touches


@pytest.mark.parametrize(
    "prompt",
    ["What is the meaning of life?" + tail("meaning"), "What is the city of supplier SUP-99?" + tail("city"), "Hello"],
)
def test_a_question_that_is_not_understood_is_left_alone_not_guessed(shelf, prompt):
    with pytest.raises(NotUnderstoodError):
        solve(prompt, shelf, shelf)


PROMPT = next(one for one in QUESTIONS if one.startswith("I need the total value"))


def server(step, files):
    """What a real server would say to a reading call."""
    arguments = step.arguments
    if step.tool == "execute_query":
        sql = arguments["sql"]
        path = next(name for name in files if name in sql)
        if "read_text" in sql:
            return json.dumps({"columns": ["content"], "rows": [[files[path]]]})
        rows = list(csv.reader(io.StringIO(files[path])))
        return json.dumps({"columns": rows[0], "rows": rows[1:]})
    place = arguments.get("path") or arguments.get("uri") or arguments["paths"][0]
    path = next((name for name in files if place.endswith(name)), None)
    if path is None:
        return None
    text = "\n".join(files[path].splitlines()[: arguments.get("head", 10_000)])
    if step.tool == "convert_to_markdown" and path.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(text)))
        text = "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], ["---"] * len(rows[0]), *rows[1:]))
    return f"{place}:\n{text}\n" if step.tool == "read_multiple_files" else text


def texts_of(solution, files):
    told = {number: server(step, files) for number, step in enumerate(solution.steps) if step.source}
    return {number: text for number, text in told.items() if text is not None}


def test_every_solution_reaches_the_answer_through_its_own_results(shelf):
    made = solutions("task_1", PROMPT, shelf, TOOLS)
    assert {one.kind for one in made} == set(KINDS)
    assert len({tuple((s.tool, str(s.arguments)) for s in one.steps) for one in made}) == len(made)
    for one in made:
        assert answer_of(one, shelf, texts_of(one, FILES)) == '{"total_eur":21}', one


def test_the_answer_comes_out_of_results_never_out_of_the_files(shelf):
    other = {**FILES, "sales/orders.csv": ORDERS.replace("21.00", "22.00")}
    for one in solutions("task_1", PROMPT, shelf, TOOLS):
        assert answer_of(one, shelf, texts_of(one, other)) == '{"total_eur":22}'
        assert answer_of(one, shelf, {}) == ""


def test_three_solutions_in_ten_are_held_out_whatever_else_there_is():
    named = [Solution(f"task_{n}", "spelling", 0, "", ()) for n in range(2000)]
    assert 0.27 < sum(one.is_held_out for one in named) / len(named) < 0.33
    assert named[7].is_held_out is Solution("task_7", "spelling", 0, "another", ()).is_held_out


def test_a_source_that_no_offered_tool_reads_makes_no_solution(shelf):
    with pytest.raises(NotUnderstoodError):
        solutions("task_1", PROMPT, shelf, ("convert_time",))


def test_spelling_changes_the_text_of_a_call_and_nothing_it_means():
    step = Step("execute_query", {"sql": "SELECT * FROM '/workspace/a.csv' WHERE \"b\" = 'c'"})
    assert {respelt(step, turn).arguments["sql"] for turn in (0, 1)} == {
        "select *\n  from '/workspace/a.csv'\n  where \"b\" = 'c';",
        "SELECT /* what is needed */ *  FROM  '/workspace/a.csv' WHERE \"b\" = 'c'",
    }
    assert respelt(Step("read_file", {"path": "/workspace/a/b.md"}), 1).arguments == {"path": "/workspace/./a/b.md"}


def test_a_narrow_reading_asks_for_the_rows_that_count(shelf):
    _, touches = solve(PROMPT, shelf, shelf)
    orders = next(one for one in touches if one.source.path == "sales/orders.csv")
    asked = [step.arguments for step in narrow(orders, shelf, TOOLS)]
    assert {"path": "/workspace/sales/orders.csv", "head": 3} in asked
    (sql,) = (one["sql"] for one in asked if "sql" in one)
    assert "\"sku\" = 'SKU-7071'" in sql
    assert "\"date\" >= '2025-10-01'" in sql


def test_results_of_documents_and_sheets_are_read_in_every_form():
    word = "Supply agreement SA-1\nAgreement number\nSA-1\nTerm\n24 months\nSKU\nGoods\nPrice\nSKU-1\nPedals\n18.26"
    markdown = (
        "|  |  |\n| --- | --- |\n| Term | 24 months |\n\n"
        "|  |  |  |\n| --- | --- | --- |\n| SKU | Goods | Price |\n| SKU-1 | Pedals | 18.26 |\n"
    )
    page = "<html><table><tr><th>Term</th><td>24 months</td></tr></table><dl><dt>SKU</dt><dd>SKU-1</dd></dl></html>"
    for found in (readings.word_document_of(word, "a"), *(readings.document_of(one, "a") for one in (markdown, page))):
        assert {("Term", "24 months"), ("SKU", "SKU-1")} <= set(found.labelled)
    assert ("Owner", "Greta Lorenz") in readings.document_of("# Limits\n\nOwner\n\n:   Greta Lorenz\n", "a").labelled
    values = [["Prices, 2026", None], [None, None], ["SKU", "List price"], ["SKU-1", 18.26]]
    other = "## Other\n| A | B |\n| --- | --- |\n| 1 | 2 |\n"
    sheet = f"{other}## Prices\n| SKU | List price |\n| --- | --- |\n| SKU-1 | 18.26 |"
    for rows in (readings.range_rows(json.dumps({"values": values})), readings.markdown_rows(sheet, "Prices")):
        assert (rows.columns, rows.rows) == (("SKU", "List price"), (("SKU-1", "18.26"),))


def test_a_program_is_read_as_it_stands_never_converted(shelf):
    assert [step.tool for step in whole(Source("src/report.py"), shelf, TOOLS)] == [
        "read_text_file",
        "read_file",
        "read_multiple_files",
        "execute_query",
    ]
    steps = {step.tool: step for step in whole(Source("src/report.py"), shelf, TOOLS)}
    for tool in ("read_file", "read_multiple_files"):
        assert (
            steps[tool].read(server(steps[tool], FILES)).labelled == shelf.documents[Source("src/report.py")].labelled
        )


def walked(kind, reward, misses=0, answer="{}"):
    return Walked(Solution("t", kind, 0, "", ()), reward, "fail", 4, misses, 0, answer=answer)


def test_a_report_counts_unscored_rollouts_as_neither_right_nor_wrong():
    table = sum_up([walked("spelling", 1.0), walked("spelling", 0.0, 2), walked("discovery", None)])
    assert table["spelling"]["reward_1"] == 0.5
    assert table["spelling"]["misses_per_valid_call"] == 0.25
    assert (table["discovery"]["unscored"], table["all"]["solutions"]) == (1, 3)


def test_only_an_answer_from_known_results_speaks_against_a_task():
    assert walked("spelling", 0.0).is_ambiguous
    assert not walked("spelling", 0.0, misses=1).is_ambiguous
    assert not walked("spelling", 0.0, answer="").is_ambiguous


WORLD, DIGEST = "w" * 64, "d" * 64
SCHEMA = canonical({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]})


class ServerPool:
    """The live pool's part that expansion uses: answers from files, each call counted."""

    def __init__(self, files):
        self.files, self.made = files, Counter()

    async def run(self, call, keep):
        self.made[call.tool, call.arguments_json] += 1
        text = server(Step(call.tool, json.loads(call.arguments_json)), self.files)
        result = canonical_result([{"type": "text", "text": text or "no such file"}], None, text is None)
        state = State(WORLD, "")
        made = Recording(
            f"rec_{sha256_text(call.key + result)[:32]}",
            call.server_id,
            call.server_digest,
            call.tool,
            call.arguments_json,
            state,
            state,
            result,
            sha256_text(result),
            is_error=text is None,
            effect=Effect.READ_ONLY,
        )
        return keep(made)


def gathered(shelf):
    """Two tasks of one question, all their solutions, over servers that read files."""
    verified, _ = dataset.order_task()
    server_record = ServerRecord("files", DIGEST, CrawlOutcome.READY)
    harmless = Behaviour(Effect.READ_ONLY)
    listed = tuple(
        ToolRecord(f"tool_{name}", "files", DIGEST, name, "", SCHEMA, behaviour=harmless) for name in TOOLS[:2]
    )
    offered = tuple(OfferedTool("files", name, name, "", "", SCHEMA, "", "", True) for name in TOOLS[:2])
    types, truth = canonical({"total_eur": {"type": "number"}}), canonical({"total_eur": 21})
    answer_schema = canonical({"type": "object", "properties": {"total_eur": {"type": "number"}}})
    tasks = tuple(
        replace(
            verified,
            task=replace(
                verified.task,
                task_id=f"task_{n}",
                prompt=PROMPT,
                world_digest=WORLD,
                tools=offered,
                reference=(),
                answer_types_json=types,
                ground_truth_json=truth,
                answer_schema_json=answer_schema,
            ),
        )
        for n in range(2)
    )
    made = tuple(one for task in tasks for one in solutions(task.task.task_id, PROMPT, shelf, TOOLS[:2]))
    content = replace(dataset.content(*tasks), servers=(server_record,), tools=listed, world_digests=(WORLD,))
    return Gathered(content, made, {one.task.task_id: shelf for one in tasks}, {})


async def test_expansion_makes_each_call_once_and_never_those_held_out(shelf):
    pool, made = ServerPool(FILES), gathered(shelf)
    expanded = await Expansion(made, pool).run()
    assert set(pool.made.values()) == {1}
    held_out = tuple(one for one in made.solutions if one.is_held_out)
    assert held_out
    nothing = ServerPool(FILES)
    assert (await Expansion(replace(made, solutions=held_out), nothing).run()).calls == 0
    assert not nothing.made
    assert expanded.ambiguous == ()
    after = wider(made.content, expanded)
    assert len(after.tasks) == 2
    assert len(after.recordings) == len(made.content.recordings) + expanded.calls


async def test_a_task_that_another_way_answers_otherwise_is_left_out(shelf):
    other = {**FILES, "sales/orders.csv": ORDERS.replace("21.00", "22.00")}
    made = gathered(shelf)
    expanded = await Expansion(made, ServerPool(other)).run()
    assert expanded.ambiguous == ("task_0", "task_1")
    assert wider(made.content, expanded).tasks == ()


async def test_a_way_that_is_not_known_to_the_end_says_nothing_against_a_task(shelf):
    made = gathered(shelf)
    expanded = await Expansion(made, ServerPool({"notes/review.md": NOTE})).run()
    assert expanded.ambiguous == ()


def snapshot_of(folder, content):
    """Write content as a snapshot beside its world."""
    world = folder / "worlds" / WORLD
    for name, text in FILES.items():
        path = world / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    told = {"name": "shop", "now": "2026-03-03T14:00:00+00:00", "files": "files"}
    (world / "world.json").write_text(canonical(told), encoding="utf-8")
    write_snapshot(content, {WORLD: world}, folder / "snapshot", "test")
    return str(folder / "snapshot")


def played(place):
    shown = CliRunner().invoke(paths, [place, "--json"], catch_exceptions=False)
    return json.loads(shown.stdout.splitlines()[-1])


def test_expansion_turns_misses_into_rewards_over_grpc(shelf, tmp_path_factory):
    made = gathered(shelf)
    before = played(snapshot_of(tmp_path_factory.mktemp("narrow"), made.content))
    assert (before["tasks"], before["mode"]) == (2, "replay-only")
    assert before["held_out"]["all"]["reward_1"] == before["expanded"]["all"]["reward_1"] == 0
    assert before["expanded"]["all"]["misses_per_valid_call"] == 1
    missed = before["misses"]
    assert {(row["server_id"], row["reason"]) for row in missed} == {("files", "not_recorded")}
    assert sum(row["misses"] for row in missed) == sum(
        len(one["missed"])
        for one in before["failed"]
        if Solution(one["task_id"], one["kind"], one["number"], "", ()).is_held_out
    )
    # Nothing was known, so nothing speaks against the tasks.
    assert before["ambiguous"] == []
    expanded = asyncio.run(Expansion(made, ServerPool(FILES)).run())
    after = played(snapshot_of(tmp_path_factory.mktemp("wide"), wider(made.content, expanded)))
    assert after["expanded"]["all"]["reward_1"] == 1
    assert after["expanded"]["all"]["misses_per_valid_call"] == 0
    assert after["held_out"]["all"]["reward_1"] > 0.5
