"""Executed explorations over the made-up shop, as the explorer would leave them."""

import json
from dataclasses import replace

from services.synthesizer.domain.tasks import Catalogue
from shared.model import logical_form as lf
from shared.model.calls import DataFlow, State
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, PathMode, ServerRecord, ToolRecord
from shared.model.explorations import ExecutedCall, Exploration, ExplorationOutcome, RepeatedCall
from shared.model.sub_dags import Lane
from shared.model.values import ValueKind
from shared.proof.canonical import canonical, sha256_text
from shared.proof.results import canonical_result
from tests.fakes.worlds import DIGEST, NOTE, NOW, nodes

PRODUCTS = lf.Table("stock/products.csv", "products", "csv")
SUPPLIERS = lf.Table("stock/suppliers.csv", "suppliers", "csv")
SKU = lf.Fact("notes/review.md", "Price review", "SKU", ValueKind.IDENTIFIER)
PRODUCT = lf.Keyed(PRODUCTS, "sku", SKU)
SKU_LOCATOR = canonical([{"pointer": "/content/0/text"}, {"key_value": "SKU"}])
TABLES = [
    {"table": lf.to_json(PRODUCTS), "keys": ["sku", "name"], "named": False},
    {"table": lf.to_json(SUPPLIERS), "keys": ["supplier_id", "name"], "named": False},
]


def catalogue():
    """The made-up servers as crawled."""
    tools = tuple(
        ToolRecord(
            n.tool_id, n.server_id, n.server_digest, n.name, n.description, n.input_schema_json, behaviour=n.behaviour
        )
        for n in nodes()
    )
    servers = {
        n.server_id: ServerRecord(n.server_id, n.server_digest, CrawlOutcome.READY, licence="MIT") for n in nodes()
    }
    return Catalogue(tools, servers)


def call(call_id, tool, arguments, text, depends_on=(), **more):
    """One executed call whose result is one text."""
    node = next(node for node in nodes() if node.name == tool)
    result = canonical_result([{"type": "text", "text": text}], None, is_error=False)
    made = ExecutedCall(
        call_id=call_id,
        tool_id=node.tool_id,
        server_id=node.server_id,
        server_digest=node.server_digest,
        tool=tool,
        arguments_json=canonical(arguments),
        depends_on=depends_on,
        result_json=result,
        result_sha256=sha256_text(result),
        is_error=False,
        looks_failed=False,
        state=State(DIGEST),
        state_after=State(DIGEST),
        recording_id=f"rec_{call_id}",
        behaviour=Behaviour(Effect.READ_ONLY, pure=node.behaviour.pure),
        path_mode=PathMode.MOUNTED,
    )
    return replace(made, **more)


def rows(columns, *body):
    """What the query tool answers."""
    return json.dumps({"columns": columns, "rows": body})


def asking(question, citations):
    """The meaning that travels with the last call."""
    return canonical({"question": lf.to_json(question), "citations": citations, "tables": TABLES})


def exploration(calls, **more):
    """A successful exploration of these calls, repeated with the same results."""
    repeated = tuple(RepeatedCall(c.call_id, c.result_sha256, is_error=False, same_arguments=True) for c in calls)
    made = Exploration(
        exploration_id="expl_1",
        sub_dag_id="dag_1",
        lane=Lane.DRAWS,
        epoch=2,
        counter=17,
        graph_version=2,
        world_digest=DIGEST,
        frozen_now=NOW,
        outcome=ExplorationOutcome.EXECUTED,
        calls=tuple(calls),
        repeated=repeated,
        shape="ab",
        policy="explore-1",
    )
    return replace(made, **more)


def note_call(**more):
    """The note is read."""
    return call("c1", "look_into", {"path": "/workspace/notes/review.md"}, NOTE, **more)


def weight_call(answer=None, **more):
    """The product that the note names is looked up."""
    question = lf.Question(
        "chain",
        (
            lf.Field("name", lf.Attribute(PRODUCT, "name", ValueKind.NAME)),
            lf.Field("weight_lb", lf.Attribute(PRODUCT, "weight_lb", ValueKind.QUANTITY, "lb")),
        ),
    )
    citations = [
        {"field": key, "sources": [{"call": "c2", "find": canonical({"key": key})}], "transforms": []}
        for key in ("name", "weight_lb")
    ]
    statement = "SELECT name, weight_lb FROM '/workspace/stock/products.csv' WHERE sku = 'SKU-1001'"
    flow = DataFlow("c1", SKU_LOCATOR, "[]", "/question", sha256_text('"SKU-1001"'), 75, 83)
    text = answer or rows(["name", "weight_lb"], ["Brass Lamp", 7.9])
    return call("c2", "ask", {"question": statement}, text, (flow,), meaning_json=asking(question, citations), **more)
