"""Made-up shop tools and plans for explorer tests."""

import json

from shared.model.catalogue import Effect
from shared.model.sub_dags import Alternative, Binding, Lane, PlannedCall, PlannedInput, SubDag
from shared.model.values import ValueKind
from shared.proof.canonical import canonical
from tests.fakes.tool_caller import Answer, FakeEnvironments, fake_tool

STRING = {"type": "string"}
NUMBER = {"type": "number"}
PRICES = {"SKU-1": "129.00", "SKU-2": "25.60", "SKU-3": "25.60"}


def best_seller(arguments, world):
    """Two products of one month; the clock shows."""
    rows = [{"sku": "SKU-1", "units": 7}, {"sku": "SKU-2", "units": 5}]
    return Answer(structured={"rows": rows, "asked_at": world.clock})


def dearest(arguments, world):
    """Three products, two of which cost the same."""
    return Answer(structured={"rows": [{"sku": "SKU-2"}, {"sku": "SKU-3"}, {"sku": "SKU-1"}]})


def price(arguments, world):
    """Echoes its argument; fails in disguise."""
    if arguments["sku"] not in PRICES:
        return Answer(text=f"Product {arguments['sku']} does not exist")
    return Answer(text=json.dumps({"sku": arguments["sku"], "price_usd": PRICES[arguments["sku"]], "at": world.clock}))


def echo(arguments, world):
    """Hands its argument back and nothing more."""
    return Answer(text=f"You said: {arguments['text']}")


def sheet(arguments, world):
    """Knows one sheet and names it."""
    if arguments["sheet"] != "Budget":
        return Answer(text=f"Sheet '{arguments['sheet']}' not found. Available sheets: Budget, Notes", is_error=True)
    return Answer(structured={"sheet": "Budget", "total_usd": 400})


def register(arguments, world):
    """Moves the session."""
    return Answer(text=f"registered {arguments['name']}")


def write(arguments, world):
    """Moves the world; refuses a bad text after having written it."""
    world.files["note"] = str(arguments["text"])
    return Answer(text="Invalid text", is_error=True) if "bad" in str(arguments["text"]) else Answer(text="saved")


def read(arguments, world):
    """Reads what was written."""
    return Answer(structured={"note": world.files.get("note", "nothing")})


def double(arguments, world):
    """Computes."""
    return Answer(structured={"doubled": float(arguments["amount"]) * 2})


def daily(arguments, world):
    """Another product on another day."""
    return Answer(structured={"sku": "SKU-1" if world.clock == "frozen" else "SKU-2", "code": "SKU-3"})


def expires(arguments, world):
    """Answers on one day only."""
    return Answer(text="yes", is_error=world.clock != "frozen")


def stamped(arguments, world):
    """Says nothing but when it was asked."""
    return Answer(structured={"request": f"r{world.calls_made}-{world.clock}"})


def warns(arguments, world):
    """Does what it was asked for and complains."""
    world.files["note"] = "warned"
    return Answer(text="Note that style X does not exist")


def noisy(arguments, world):
    """Ignores its argument and never answers the same twice, in one place."""
    return Answer(structured={"total": 4, "request": f"r{world.calls_made}-{world.clock}"})


def dies(arguments, world):
    """Takes its process with it."""
    return Answer(is_error=True, crash="died")


def shop(limit=None):
    """All tools in fresh worlds."""
    return FakeEnvironments(
        [
            fake_tool("best_seller", best_seller),
            fake_tool("dearest", dearest),
            fake_tool("price", price, {"sku": STRING}),
            fake_tool("echo", echo, {"text": STRING}),
            fake_tool("sheet", sheet, {"sheet": STRING}),
            fake_tool("register", register, {"name": STRING}, Effect.SESSION),
            fake_tool("write", write, {"text": STRING}, Effect.WORLD),
            fake_tool("read", read),
            fake_tool("double", double, {"amount": NUMBER}),
            fake_tool("dies", dies),
            fake_tool("daily", daily),
            fake_tool("expires", expires),
            fake_tool("stamped", stamped, {"sku": STRING}),
            fake_tool("warns", warns, effect=Effect.WORLD),
            fake_tool("noisy", noisy, {"sku": STRING}),
        ],
        limit=limit,
    )


SKU = PlannedInput(
    "/sku",
    "c1",
    "sku",
    ValueKind.IDENTIFIER,
    canonical([{"pointer": "/structuredContent/rows/0/sku"}]),
    edge_id="edge_1",
)


def call(call_id, tool, arguments="{}", inputs=(), **more):
    """Plan one call."""
    return PlannedCall(call_id, f"tool_{tool}", "shop", tool, arguments, inputs=inputs, **more)


def binding(argument, *values):
    """Literals for one argument, the planned one first."""
    return Binding(argument, tuple(Alternative(canonical(value)) for value in values))


def plan(*calls):
    """A draw."""
    return SubDag("dag_1", Lane.DRAWS, 0, 3, 0, "w" * 64, calls, "shape", "sample-1")
