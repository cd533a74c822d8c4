"""Which tools a server's probes call, and what a second, fuller try proves."""

import json
from contextlib import asynccontextmanager

from services.crawler.domain.ports import ListedServer, ListedTool
from services.crawler.domain.probing import Budget, Probing
from shared.model.catalogue import Effect, Variation
from tests.unit.crawler.test_arguments import WORLD, tool
from tests.unit.crawler.test_behaviour import Answer

FOLDER = {"type": "string", "default": ""}
LISTING = tool("list_workbooks", "List Excel files", [], directory=FOLDER)


class Shop:
    """A server whose `list_workbooks` needs a folder, although its schema says that it does not."""

    def __init__(self, *tools: ListedTool):
        self.tools, self.called = tools, []

    def elapsed(self):
        return 0.0

    @asynccontextmanager
    async def bench(self, **_):
        yield self

    async def list_tools(self):
        return ListedServer(self.tools, (), "", "")

    async def call(self, tool, arguments_json):
        self.called.append((tool.name, arguments_json))
        lacks_folder = tool.name == "list_workbooks" and not json.loads(arguments_json).get("directory")
        return Answer("no such folder" if lacks_folder else "{}", lacks_folder, arguments_json=arguments_json)


async def test_a_listing_that_needs_its_optional_folder_is_proven_harmless():
    shop = Shop(LISTING)
    probed = await Probing(WORLD, True, Budget(), shop).run()
    found = probed.behaviour("list_workbooks")
    assert (found.effect, found.variation) == (Effect.READ_ONLY, Variation.STABLE)
    assert len(shop.called) == 4, "refused, given, again, elsewhere"


async def test_only_the_tools_asked_for_are_probed_and_what_they_stand_on():
    others = (tool("get_total"), tool("register_project", "", ["path"], path={"type": "string"}), tool("delete_note"))
    shop = Shop(LISTING, *others)
    probed = await Probing(WORLD, True, Budget(), shop, frozenset({"list_workbooks"})).run()
    assert {name for name, _ in shop.called} == {"list_workbooks", "register_project"}
    assert probed.behaviour("list_workbooks").effect is Effect.READ_ONLY
    assert probed.behaviour("get_total").effect is Effect.UNKNOWN
