"""Plans that write and ask: every edge is varied in a world of its own, and what a write leaves is compared."""

from dataclasses import replace

from services.explorer.domain.alternatives import PlannedBender
from services.explorer.domain.exploring import Explorer
from shared.model.calls import Stability
from shared.model.catalogue import Effect
from shared.model.explorations import CounterfactualOutcome
from shared.proof.canonical import parse_canonical
from shared.proof.end_state import content_digest
from tests.fakes.tool_caller import Answer, FakeEnvironments, fake_tool
from tests.unit.explorer.shop import SKU, STRING, call, plan, shop

ASKED = '{"question":{"is":"question"}}'
TEXT = replace(SKU, argument="/text")
CHAIN = (call("c1", "best_seller"), call("c2", "price", '{"sku":null}', (SKU,)))


async def explore(*calls, environments=None):
    environments = environments or shop()
    explorer = Explorer(environments, (PlannedBender(),))
    return await explorer.explore(plan(*calls), environments.records, "2026-03-02T09:30:00+00:00", "")


async def test_another_value_leaves_another_world():
    environments = shop()
    write = call("c3", "write", '{"text":null}', (TEXT,), meaning_json=ASKED)
    explored = await explore(*CHAIN, write, environments=environments)
    found = {one.call_id: one for one in explored.exploration.counterfactuals}
    assert {name: one.outcome for name, one in found.items()} == {
        "c2": CounterfactualOutcome.CHANGES,
        "c3": CounterfactualOutcome.CHANGES,
    }
    assert found["c3"].changed_json == '{"text":"SKU-2"}'
    # The run, one world for the calls that read, one for the write, and the second run.
    assert [(one.world.clock, [tool for tool, _ in one.calls]) for one in environments.lent] == [
        ("frozen", ["best_seller", "price", "write"]),
        ("frozen", ["best_seller", "price", "price"]),
        ("frozen", ["best_seller", "price", "write"]),
        ("moved_on", ["best_seller", "price", "write"]),
    ]


async def test_recording_of_a_write_says_what_it_left_and_of_a_read_nothing():
    explored = await explore(*CHAIN, call("c3", "write", '{"text":null}', (TEXT,), meaning_json=ASKED))
    changes = {one.tool: one.change_json for one in explored.recordings if "SKU-1" in one.arguments_json}
    sha = content_digest(b"SKU-1")
    assert parse_canonical(changes["write"])["paths"] == [{"kind": "created", "path": "note", "sha256": sha}]
    assert changes["price"] == ""
    assert explored.exploration.calls[2].change_json == changes["write"]


async def test_a_value_that_a_write_drops_is_no_dependence():
    def keeps_nothing(arguments, world):
        world.files["note"] = "always the same"
        return Answer(text=f"wrote {arguments['text']}")

    tools = [
        fake_tool("best_seller", lambda _, __: Answer(structured={"rows": [{"sku": "SKU-1"}, {"sku": "SKU-2"}]})),
        fake_tool("write", keeps_nothing, {"text": STRING}, Effect.WORLD),
    ]
    write = call("c2", "write", '{"text":null}', (TEXT,), meaning_json=ASKED)
    explored = await explore(call("c1", "best_seller"), write, environments=FakeEnvironments(tools))
    assert [one.outcome for one in explored.exploration.counterfactuals] == [CounterfactualOutcome.SAME]


async def test_a_world_that_depends_on_the_day_is_unstable():
    def dated(arguments, world):
        world.files["note"] = f"{arguments['text']} on {world.clock}"
        return Answer(text="saved")

    tools = [fake_tool("write", dated, {"text": STRING}, Effect.WORLD)]
    write = call("c1", "write", '{"text":"x"}', meaning_json=ASKED)
    explored = await explore(write, environments=FakeEnvironments(tools))
    assert explored.exploration.repeated[0].other_change
    assert [one.stability for one in explored.recordings] == [Stability.UNSTABLE]


async def test_a_walk_that_writes_costs_no_further_worlds():
    environments = shop()
    await explore(*CHAIN, call("c3", "write", '{"text":null}', (TEXT,)), environments=environments)
    assert [one.world.clock for one in environments.lent] == ["frozen", "moved_on"]


async def test_a_text_is_written_without_its_last_line_end_as_well_and_leaves_the_same():
    environments = shop()
    inside = replace(TEXT, marker="{{sku}}")
    write = call("c2", "write", '{"text":"SKU: {{sku}}\\n"}', (inside,), meaning_json=ASKED)
    explored = await explore(call("c1", "best_seller"), write, environments=environments)
    made = {one.arguments_json: one for one in explored.recordings if one.tool == "write"}
    first, other = made['{"text":"SKU: SKU-1\\n"}'], made['{"text":"SKU: SKU-1"}']
    assert first.state_after != other.state_after
    assert first.change_json == other.change_json
    assert [one.tool for one in explored.exploration.calls] == ["best_seller", "write"]
    walk = await explore(call("c1", "write", '{"text":"x\\n"}'))
    assert len(walk.recordings) == 1
