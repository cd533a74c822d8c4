"""The `LanguageModel` port over any OpenAI-compatible endpoint.

One answer is one JSON object, validated here: the model is told what was wrong and asked again a few times. Every
response is stored by the digest of its request, so a redo gets the same answers and pays nothing.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import structlog
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

from shared.model.errors import Rejected, Unavailable
from shared.model.tasks import LedgerEntry, SpendKind
from shared.proof.canonical import digest
from shared.runtime.settings import ModelSettings
from shared.runtime.spending import attempt_id

MILLION = 1_000_000
TOOL_NAME = "give_answer"
REFUSED_STATUS = frozenset({400, 413, 422})
"""The request itself is at fault; any other failure may pass."""

logger = structlog.get_logger()


class Cache(Protocol):
    """Answers by request digest: a redo gets the same answer and pays nothing."""

    async def get(self, digest: str) -> str | None:
        """Return the stored answer."""

    async def put(self, digest: str, answer: str) -> None:
        """Store an answer; the first one stays."""


Spend = Callable[[LedgerEntry], Awaitable[None]]
"""Where each request's usage goes."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What one request brought."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    is_cached: bool = False
    instant: int = 0
    """Nanoseconds since the epoch at which it was sent."""


class OpenAiModel:
    """Asks for one JSON object valid under a schema, validates, asks again."""

    def __init__(self, settings: ModelSettings, stage: str, cache: Cache, spend: Spend) -> None:
        self._settings, self._stage, self._cache, self._spend = settings, stage, cache, spend
        # Three services name this class, few runs have a model, and the import costs half a CPU second.
        import openai

        self._openai = openai
        self._client = openai.AsyncOpenAI(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key.get_secret_value(),
            timeout=settings.model_timeout_seconds,
            # The stage retries: the SDK's own tries would be in no
            # ledger, and `/livez` could not say what is waited for.
            max_retries=0,
        )

    async def complete_json(
        self, role: str, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], subject: str
    ) -> Mapping[str, Any]:
        """See `shared.model.ports.LanguageModel`."""
        talk = [dict(message) for message in messages]
        fault = ""
        for _ in range(self._settings.model_tries):
            reply = await self._ask(self._request(role, talk, schema), subject)
            found, fault = read_object(reply.text, schema)
            if not fault:
                return found
            logger.info("model_answer_invalid", role=role, subject=subject, fault=fault)
            talk += [
                {"role": "assistant", "content": reply.text},
                {"role": "user", "content": f"That is not valid: {fault}. Answer with the corrected JSON object only."},
            ]
        raise Rejected("model_answer_invalid", f"{self._settings.model_tries} answers, the last one: {fault}")

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    def _request(self, role: str, talk: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.model_by_role.get(role, self._settings.model),
            "messages": list(talk),
            # For endpoints that honour them. What makes a redo repeatable is the stored answer, not these.
            "temperature": 0,
            "seed": self._settings.seed,
        }
        if self._settings.model_mode == "tool_call":
            tool = {"type": "function", "function": {"name": TOOL_NAME, "parameters": dict(schema)}}
            choice = {"type": "function", "function": {"name": TOOL_NAME}}
            return {**request, "tools": [tool], "tool_choice": choice}
        form = {"type": "json_schema", "json_schema": {"name": role, "schema": dict(schema)}}
        return {**request, "response_format": form}

    async def _ask(self, request: dict[str, Any], subject: str) -> _Reply:
        key = digest(request)
        stored = await self._cache.get(key)
        reply = _Reply(stored, is_cached=True) if stored is not None else await self._pay(request, key)
        await self._spend(self._entry(request["model"], key, reply, subject))
        return reply

    async def _pay(self, request: dict[str, Any], key: str) -> _Reply:
        started, instant = time.monotonic(), time.time_ns()
        try:
            response = await self._client.chat.completions.create(**request)
        except self._openai.APIStatusError as error:
            if error.status_code in REFUSED_STATUS:
                raise Rejected("model_refused_request", str(error)) from error
            raise Unavailable(f"the model endpoint answered {error.status_code}: {error.message}") from error
        except self._openai.APIError as error:
            raise Unavailable(f"the model endpoint at {self._settings.openai_base_url} does not answer") from error
        usage, text = response.usage, _text_of(response)
        await self._cache.put(key, text)
        seconds = time.monotonic() - started
        tokens_in, tokens_out = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return _Reply(text, tokens_in, tokens_out, seconds, instant=instant)

    def _entry(self, model: str, key: str, reply: _Reply, subject: str) -> LedgerEntry:
        prices = (self._settings.model_price_in, self._settings.model_price_out)
        money = (reply.tokens_in * prices[0] + reply.tokens_out * prices[1]) / Decimal(MILLION)
        return LedgerEntry(
            # A second payment for one request is another row, a cached
            # answer always the same one: rows are summed by id.
            entry_id=f"{key[:32]}-cached" if reply.is_cached else attempt_id(key[:32], reply.instant),
            stage=self._stage,
            kind=SpendKind.MODEL_REQUEST,
            subject=subject,
            seconds=reply.seconds,
            calls=0 if reply.is_cached else 1,
            model=model,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            money=f"{money.normalize():f}",
            cached=reply.is_cached,
        )


def read_object(text: str, schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Read one JSON object, code fences stripped; the second value says what is wrong with it."""
    stripped = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        found = json.loads(stripped)
    except ValueError as error:
        return {}, f"it is no JSON ({error})"
    if not isinstance(found, dict):
        return {}, "it is no JSON object"
    fault = best_match(validator_for(schema)(schema).iter_errors(found))
    return (found, "") if fault is None else ({}, f"{fault.json_path}: {fault.message}")


def _text_of(response: Any) -> str:
    message = response.choices[0].message if response.choices else None
    if message is None:
        return ""
    # A refusal counts as an answer: it is no JSON, so the model is told and asked again.
    calls = message.tool_calls or []
    return str(calls[0].function.arguments if calls else message.content or message.refusal or "")
