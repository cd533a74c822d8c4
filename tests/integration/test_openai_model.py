"""The language model port over a scripted endpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import LedgerEntry
from shared.runtime.answer_cache import AnswerCache
from shared.runtime.openai_model import OpenAiModel, read_object
from shared.runtime.settings import ModelSettings
from tests.fakes.openai_server import Script, ScriptedServer, answers, scripted_server

pytestmark = pytest.mark.integration
SCHEMA = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}
ASKED = [{"role": "user", "content": "How many?"}]


@asynccontextmanager
async def model(
    folder: Path, script: Script, **chosen: Any
) -> AsyncIterator[tuple[OpenAiModel, ScriptedServer, list[LedgerEntry]]]:
    spent: list[LedgerEntry] = []

    async def spend(entry: LedgerEntry) -> None:
        spent.append(entry)

    async with scripted_server(script) as server:
        settings = ModelSettings(openai_base_url=server.url, openai_api_key=SecretStr("k"), **chosen)
        made = OpenAiModel(settings, "explorer", AnswerCache(folder), spend)
        try:
            yield made, server, spent
        finally:
            await made.close()


@pytest.mark.parametrize("mode", ["json_schema", "tool_call"])
async def test_model_returns_the_object_and_tells_what_it_cost(tmp_path: Path, mode: str) -> None:
    prices = {"model_price_in": Decimal("2.5"), "model_price_out": Decimal(10)}
    chosen = {"model_mode": mode, "model_by_role": {"judge": "big"}, **prices}
    async with model(tmp_path, answers({"total": 3}), **chosen) as (made, server, spent):
        assert await made.complete_json("judge", ASKED, SCHEMA, "task_1") == {"total": 3}
    (request,) = server.requests
    assert request["model"] == "big"
    form = request["tools"][0]["function"]["parameters"] if mode == "tool_call" else None
    assert (form or request["response_format"]["json_schema"]["schema"]) == SCHEMA
    (entry,) = spent
    assert (entry.tokens_in, entry.tokens_out, entry.money, entry.calls) == (100, 10, "0.00035", 1)
    assert (entry.subject, entry.stage, entry.cached) == ("task_1", "explorer", False)


async def test_model_is_told_what_was_wrong_and_asked_again(tmp_path: Path) -> None:
    script = answers("about three", {"total": "3"}, '```json\n{"total": 3}\n```')
    async with model(tmp_path, script) as (made, server, spent):
        assert await made.complete_json("write", ASKED, SCHEMA, "task_1") == {"total": 3}
    assert "$.total: '3' is not of type 'integer'" in server.requests[2]["messages"][-1]["content"]
    assert len({entry.entry_id for entry in spent}) == 3


async def test_model_that_never_gives_an_object_is_rejected(tmp_path: Path) -> None:
    async with model(tmp_path, lambda _: "no") as (made, server, _):
        with pytest.raises(Rejected, match="model_answer_invalid"):
            await made.complete_json("write", ASKED, SCHEMA, "task_1")
    assert len(server.requests) == 3


async def test_redo_gets_the_same_answers_and_pays_nothing(tmp_path: Path) -> None:
    async with model(tmp_path, answers("no", {"total": 3})) as (made, _, _):
        first = await made.complete_json("write", ASKED, SCHEMA, "task_1")
    async with model(tmp_path, answers({"total": 99})) as (made, server, spent):
        # Another port is another base address, which is not part of a request.
        assert await made.complete_json("write", ASKED, SCHEMA, "task_1") == first
        assert not server.requests
        assert [(entry.cached, entry.calls, entry.money) for entry in spent] == [(True, 0, "0")] * 2
        assert await made.complete_json("write", [*ASKED, *ASKED], SCHEMA, "task_1") == {"total": 99}


@pytest.mark.parametrize(
    ("status", "kind"), [(503, Unavailable), (429, Unavailable), (401, Unavailable), (400, Rejected)]
)
async def test_endpoint_errors_say_what_happens_next(tmp_path: Path, status: int, kind: type[Exception]) -> None:
    async with model(tmp_path, lambda _: status) as (made, _, spent):
        with pytest.raises(kind, match=str(status)):
            await made.complete_json("write", ASKED, SCHEMA, "task_1")
    assert not spent


async def test_absent_endpoint_is_unavailable(tmp_path: Path) -> None:
    async with model(tmp_path, answers()) as (made, _, _):
        made._client.base_url = "http://127.0.0.1:9"
        with pytest.raises(Unavailable, match="does not answer"):
            await made.complete_json("write", ASKED, SCHEMA, "task_1")


def test_object_is_read_from_fences_only_when_it_is_one() -> None:
    assert read_object('```\n{"total": 1}\n```', SCHEMA) == ({"total": 1}, "")
    assert read_object("[1]", SCHEMA)[1] == "it is no JSON object"
