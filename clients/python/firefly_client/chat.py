"""An OpenAI-compatible chat endpoint with nothing but the standard library: round robin, retries, patience."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
LONGEST_WAIT_SECONDS = 30.0
AT_ONCE = 512
"""Requests in flight of one endpoint object; each waits in a thread of its own."""


class ChatError(Exception):
    """The endpoint did not answer, or refused; `status` is 0 where there was no HTTP answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the model endpoint answered {status}: {text}" if status else text)
        self.status = status
        self.text = text

    @property
    def is_too_long(self) -> bool:
        """Say whether the conversation outgrew the model's context: the policy's doing, not a failure."""
        said = self.text.casefold()
        return self.status == 400 and ("context_length" in said or "context length" in said)  # noqa: PLR2004


class ChatEndpoint:
    """Chat completions of one or more servers of the same model, used in turn."""

    def __init__(
        self,
        base_urls: str | Sequence[str],
        api_key: str = "none",
        timeout_seconds: float = 600.0,
        attempts: int = 5,
        sampling: Mapping[str, Any] | None = None,
    ) -> None:
        """Make an endpoint; nothing is contacted yet. `sampling` are more fields of each request: `temperature`, ...

        Raises:
            ValueError: no URL, or one that is not http(s).
        """
        urls = [base_urls] if isinstance(base_urls, str) else list(base_urls)
        if not urls or not all(url.startswith(("http://", "https://")) for url in urls):
            raise ValueError("give the base URL of an OpenAI-compatible endpoint, like http://127.0.0.1:8000/v1")
        self._urls = itertools.cycle(f"{url.rstrip('/')}/chat/completions" for url in urls)
        self._key, self._timeout, self._attempts = api_key, timeout_seconds, max(attempts, 1)
        self._sampling = dict(sampling or {})
        self._threads = ThreadPoolExecutor(AT_ONCE, "firefly-chat")

    async def complete(
        self, model: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return the assistant's message; a failed attempt goes to the next server.

        Raises:
            ChatError: refused, or no attempt was answered.
        """
        asked: dict[str, Any] = {"model": model, "messages": list(messages), **self._sampling}
        if tools:
            asked["tools"] = list(tools)
        body = json.dumps(asked).encode()
        loop = asyncio.get_running_loop()
        for attempt in itertools.count(1):
            try:
                return await loop.run_in_executor(self._threads, self._post, next(self._urls), body)
            except _Failed as failed:
                if attempt >= self._attempts or (failed.status and failed.status not in RETRIED):
                    raise ChatError(failed.status, failed.text) from failed
                await asyncio.sleep(_wait(attempt, failed.after))
        raise AssertionError

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _post(self, url: str, body: bytes) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(url, body, headers)  # the scheme was checked
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return _message(answer.read())
        except urllib.error.HTTPError as error:
            with error:  # else its connection stays open until it is collected
                text = error.read(4000).decode("utf-8", "replace")
            raise _Failed(error.code, text, error.headers.get("Retry-After", "")) from error
        except (OSError, ValueError) as error:
            raise _Failed(0, f"the model endpoint does not answer: {error}", "") from error


class _Failed(Exception):
    def __init__(self, status: int, text: str, after: str) -> None:
        super().__init__(text)
        self.status, self.text, self.after = status, text, after


def _message(answer: bytes) -> dict[str, Any]:
    """Read the first choice's message; raises ValueError where there is none."""
    read = json.loads(answer)
    choices = read.get("choices") if isinstance(read, dict) else None
    message = choices[0].get("message") if isinstance(choices, list) and choices else None
    if not isinstance(message, dict):
        raise ValueError("it answered without a choice")  # noqa: TRY004  # what arrived is a value, if a wrong one
    return message


def _wait(attempt: int, after: str) -> float:
    try:
        asked = float(after)
    except ValueError:
        asked = 0.0
    # Jitter: a group of rollouts that failed together should not come back together.
    backoff: float = min(0.5 * 2.0 ** (attempt - 1), 8.0) * random.uniform(0.5, 1.0)
    return min(max(asked, backoff), LONGEST_WAIT_SECONDS)
