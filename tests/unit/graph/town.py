"""A made-up catalogue and explorations for tests of the graph."""

import json
from collections.abc import Sequence
from typing import Any

from shared.model.calls import DataFlow, State
from shared.model.catalogue import Behaviour, CrawlOutcome, Effect, PathMode, ServerRecord, ToolRecord, WorldRecord
from shared.model.explorations import (
    Counterfactual,
    CounterfactualOutcome,
    ExecutedCall,
    Exploration,
    ExplorationOutcome,
    RepeatedCall,
)
from shared.model.sub_dags import Lane
from shared.proof.canonical import sha256_text
from shared.proof.results import canonical_result

WORLD = "w" * 64
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
READ = Behaviour(Effect.READ_ONLY)
PURE = Behaviour(Effect.READ_ONLY, pure=True)
SESSION = Behaviour(Effect.SESSION)


def tool(server: str, name: str, properties: dict[str, Any], behaviour: Behaviour = READ, **more: Any) -> ToolRecord:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ToolRecord(
        f"tool_{server}_{name}",
        server,
        f"digest-{server}",
        name,
        more.get("description", ""),
        json.dumps(schema),
        output_schema_json=json.dumps(more["output"]) if "output" in more else "",
        behaviour=behaviour,
    )


UNITS = {"type": "string", "enum": ["kilogram", "pound", "ounce"]}
TOOLS = (
    tool("shop", "best_products", {"month": TEXT}),
    tool("shop", "product_price", {"sku": TEXT}),
    tool("units", "convert_mass", {"value": NUMBER, "from_unit": UNITS, "to_unit": UNITS}, PURE),
    tool("clock", "time_in", {"timezone": TEXT}),
    tool("code", "register_project_tool", {"path": TEXT, "name": TEXT}, SESSION),
    tool("code", "list_symbols", {"project": TEXT, "file_path": TEXT}),
    tool("db", "run", {"query": TEXT}, description="Run a SQL query"),
)
SERVERS = tuple(dict.fromkeys(one.server_id for one in TOOLS))
BY_NAME = {one.name: one for one in TOOLS}


def records(tools: Sequence[ToolRecord] = TOOLS) -> list[Any]:
    """Everything the crawler would write."""
    servers = dict.fromkeys(one.server_id for one in tools)
    ready = [
        ServerRecord(
            server,
            f"digest-{server}",
            CrawlOutcome.READY,
            tool_ids=tuple(one.tool_id for one in tools if one.server_id == server),
        )
        for server in servers
    ]
    return [*tools, *ready, WorldRecord(WORLD, "town", "2026-03-02T09:30:00+00:00")]


def call(
    call_id: str, name: str, arguments: dict[str, Any], answer: Any, flows: tuple[DataFlow, ...] = (), **more: Any
) -> ExecutedCall:
    """A call that answered with structured content, or failed with a text."""
    failed = more.get("failed", False)
    content = [{"type": "text", "text": answer}] if isinstance(answer, str) else []
    result = canonical_result(content, None if content else answer, failed)
    record = BY_NAME[name]
    return ExecutedCall(
        call_id,
        record.tool_id,
        record.server_id,
        record.server_digest,
        name,
        json.dumps(arguments),
        flows,
        result,
        sha256_text(result),
        failed,
        failed,
        State(WORLD),
        State(WORLD),
        f"rec_{call_id}_{name}",
        record.behaviour,
        PathMode.MOUNTED,
        precondition=more.get("precondition", False),
    )


SKU_AT = '[{"pointer":"/structuredContent/products/0/sku"}]'
MASS_AT = '[{"pointer":"/structuredContent/products/0/weight_lb"}]'


def flow(locator: str, argument: str) -> DataFlow:
    return DataFlow("c1", locator, "[]", argument, "")


def exploration(
    counter: int,
    outcome: CounterfactualOutcome = CounterfactualOutcome.FAILS,
    epoch: int = 0,
    volatile: tuple[str, ...] = (),
) -> Exploration:
    """Best product, then its price and its mass in kilograms; the price call tested with another value."""
    products = [{"sku": f"SKU-{counter}", "name": "Burr Grinder", "weight_lb": 7.5, "time_zone": "Asia/Tokyo"}]
    calls = (
        call("c1", "best_products", {"month": f"2026-0{counter % 9 + 1}"}, {"products": products}),
        call("c2", "product_price", {"sku": f"SKU-{counter}"}, {"price_usd": 129.5}, (flow(SKU_AT, "/sku"),)),
        call(
            "c3",
            "convert_mass",
            {"value": 7.5, "from_unit": "pound", "to_unit": "kilogram"},
            {"converted_value": 3.4, "converted_unit": "kilogram"},
            (flow(MASS_AT, "/value"),),
        ),
    )
    tested = Counterfactual("c2", "/sku", "c1", "{}", outcome, "", "")
    return Exploration(
        f"expl_{counter}",
        f"dag_{counter}",
        Lane.DRAWS,
        epoch,
        counter,
        epoch,
        WORLD,
        "",
        ExplorationOutcome.EXECUTED,
        calls,
        (RepeatedCall("c1", "", False, True, volatile),),
        (tested,),
    )
