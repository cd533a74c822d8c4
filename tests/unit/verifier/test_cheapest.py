"""The fewest calls known: the reference, one recorded result, or the question compiled over its files."""

from dataclasses import replace

import pytest

from services.verifier.domain.evaluating.cheapest import Cheapest, cheapest
from services.verifier.domain.restating import restated
from shared.model import logical_form as lf
from shared.model.tasks import Limits, OfferedTool, ReferenceCall
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from shared.proof.results import canonical_result
from tests.unit.verifier.built_world import NAMED, NUMBER
from tests.unit.verifier.office_task import TASK

PRODUCTS, ORDERS = lf.Table("stock/products.csv", "products", "csv"), lf.Table("sales/orders.json", "orders", "json")
SHEET = lf.Table("money/budget.xlsx", "Budget", "xlsx")
NOTE, CONTRACT = "notes/review.md", "deals/one.docx"
SIZES = {"stock/products.csv": 3000, "sales/orders.json": 20_000, NOTE: 800, "notes/long.md": 60_000}
ALL_OF_THEM = 2


def offered(name, description, **properties):
    schema = canonical({"type": "object", "properties": properties})
    return OfferedTool("s", name, name, "", description, schema, "", "", needed=True)


SQL = offered("execute_query", "Run SQL (DuckDB dialect)", sql={"type": "string"})
MANY = offered(
    "read_several", "Read the contents of several files", paths={"type": "array", "items": {"type": "string"}}
)
ONE = offered("read_file", "Read one file", path={"type": "string"})
RUN_CODE = offered("run_query", "Run a tree query on code", query={"type": "string"})


def call(number, tool="read_file", after=(), *, replaceable=False, **arguments):
    return ReferenceCall(
        f"c{number}", "s", "d", tool, canonical(arguments), after, "rec", "sha", is_error=False, replaceable=replaceable
    )


def keyed(table, key):
    return lf.Attribute(lf.Keyed(table, "name", key), "price", NUMBER)


def fact(path, key="Supplier", kind=NAMED):
    return lf.Fact(path, "Review", key, kind)


def question(*values):
    return lf.Question("test", tuple(lf.Field(f"f{number}", value) for number, value in enumerate(values)))


def way(form, tools, calls=5, results=None, **members):
    reference = members.pop("reference", tuple(call(number, path=f"/w/{number}") for number in range(calls)))
    task = replace(TASK, tools=tools, reference=reference, limits=Limits(9, 9, 40_000), **members)
    return cheapest(task, form, results or {}, lambda path: SIZES.get(path, 5_000))


LOOKUP = question(keyed(PRODUCTS, fact(NOTE)))


@pytest.mark.parametrize(
    ("form", "tools", "expected"),
    [
        (LOOKUP, (ONE,), ("read notes/review.md", "read stock/products.csv")),
        (LOOKUP, (ONE, MANY), ("read notes/review.md stock/products.csv",)),
        (question(keyed(PRODUCTS, keyed(ORDERS, lf.Literal("x", NAMED)))), (SQL,),
         ("query sales/orders.json stock/products.csv",)),
        (question(keyed(PRODUCTS, keyed(ORDERS, lf.Literal("x", NAMED)))), (RUN_CODE,),
         ("read sales/orders.json", "read stock/products.csv")),
        (question(keyed(PRODUCTS, fact(NOTE)), keyed(ORDERS, fact("notes/long.md"))), (SQL, MANY),
         ("read notes/long.md", "read notes/review.md stock/products.csv sales/orders.json")),
        (question(keyed(SHEET, fact(NOTE)), keyed(SHEET, fact(CONTRACT))), (SQL, MANY),
         ("read deals/one.docx", "read money/budget.xlsx", "read notes/review.md")),
        (question(keyed(PRODUCTS, lf.LatestCommit("repo", "Author", NAMED))), (SQL, MANY),
         ("query stock/products.csv", "read repo")),
    ],
)  # fmt: skip
def test_question_is_compiled_to_the_fewest_calls_that_offered_tools_allow(form, tools, expected):
    found = way(form, tools)
    assert (found.calls, sorted(found.way), found.executed) == (len(expected), sorted(expected), False)


def test_files_that_do_not_fit_into_one_result_are_not_read_together():
    long = question(lf.Computed(lf.Operation.SUM, (fact("notes/long.md"), fact(NOTE))))
    assert way(long, (MANY,)).calls == ALL_OF_THEM
    assert way(question(lf.Computed(lf.Operation.SUM, (fact("notes/b.md"), fact(NOTE)))), (MANY,)).calls == 1


def test_reference_stays_where_nothing_is_cheaper_and_computing_counts_for_nothing():
    reference = (call(1, path=f"/w/{NOTE}"), call(2, "calculate", replaceable=True))
    found = way(question(fact(NOTE)), (ONE,), reference=reference)
    assert found == Cheapest(1, ("reference",), executed=True)


def test_document_read_twice_costs_one_call_that_was_made():
    reference = (call(1, path=f"/w/{CONTRACT}"), call(2, "convert", uri=f"file:///w/{CONTRACT}"))
    both = question(lf.Computed(lf.Operation.DAYS_BETWEEN, (fact(CONTRACT, "From"), fact(CONTRACT, "To"))))
    assert way(both, (ONE,), reference=reference) == Cheapest(1, (f"read {CONTRACT}",), executed=True)
    asked = (call(1, path=f"/w/{CONTRACT}", search="From"), call(2, path=f"/w/{CONTRACT}", search="To"))
    assert not way(both, (ONE,), reference=asked).executed


def test_recorded_result_that_already_holds_all_answers_is_found():
    text = "name,price\nBolt,41.5\nNut,90.25\n"
    results = {"c1": canonical_result([{"type": "text", "text": text}], None, is_error=False)}
    reference = (call(1, "query", sql="FROM '/w/stock/products.csv' JOIN '/w/sales/orders.json'"), call(2, path="/w/x"))
    form = question(keyed(PRODUCTS, keyed(ORDERS, lf.Literal("x", NAMED))))
    types = canonical({"f0": {"type": "number"}})
    held = {"reference": reference, "answer_types_json": types}
    assert way(form, (ONE,), results=results, ground_truth_json='{"f0":41.5}', **held) == Cheapest(
        1, ("recorded c1",), executed=True
    )
    assert way(form, (ONE,), results=results, ground_truth_json='{"f0":77.5}', **held).calls == ALL_OF_THEM
    assert way(form, (ONE,), results={}, ground_truth_json='{"f0":41.5}', **held).calls == ALL_OF_THEM


def test_result_that_holds_the_answers_but_not_the_way_to_them_is_no_way():
    """A whole list holds every price; which one is meant stands in a note that this call did not read."""
    text = "name,price\nBolt,41.5\nNut,90.25\n"
    results = {"c1": canonical_result([{"type": "text", "text": text}], None, is_error=False)}
    held = {"answer_types_json": canonical({"f0": {"type": "number"}}), "ground_truth_json": '{"f0":41.5}'}
    reference = (call(1, path="/w/stock/products.csv"), call(2, path=f"/w/{NOTE}"))
    assert way(LOOKUP, (ONE,), results=results, reference=reference, **held).calls == ALL_OF_THEM


def test_what_only_a_replay_evaluates_costs_the_reference():
    asked = lf.Result((lf.Given("path", lf.Literal("/w/a", ValueKind.PATH)),), "size", NUMBER)
    assert way(question(asked), (SQL, MANY), calls=3) == Cheapest(3, ("reference",), executed=True)
    assert way(None, (SQL, MANY), calls=3) == Cheapest(3, ("reference",), executed=True)


@pytest.mark.parametrize(
    ("calls", "difficulty", "tags"), [(1, "easy", ()), (2, "medium", ("multi_call",)), (4, "hard", ("multi_call",))]
)
def test_effort_is_said_again_by_what_is_known_to_suffice(calls, difficulty, tags):
    task = restated(TASK, Cheapest(calls, ("reference",), executed=True))
    assert (task.min_known_calls, task.difficulty, task.tags) == (calls, difficulty, tags)
    assert task.task_id == TASK.task_id
