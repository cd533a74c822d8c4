"""Every published vector holds; a second implementation can be held to the same files."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import shared.proof
from shared.model.errors import Rejected
from shared.proof.canonical import canonical, parse, parse_canonical, sha256_text
from shared.proof.end_state import content_digest, difference, end_state
from shared.proof.equality import equal
from shared.proof.keys import canonical_arguments
from shared.proof.kinds import classify
from shared.proof.locators import locate
from shared.proof.reward import score, with_end_state
from shared.proof.transforms import TRANSFORMS, apply

VECTORS = Path(shared.proof.__file__).parent / "vectors"


def cases(name: str) -> list[Any]:
    """Read the cases of one file exactly."""
    return parse((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def every(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", cases(name), ids=lambda case: canonical(case)[:60].encode("ascii", "replace").decode()
    )


def reason_of(error: pytest.ExceptionInfo[Rejected]) -> str:
    return error.value.reason


@every("canonical")
def test_canonical_form_is_the_published_one(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Rejected) as error:
            parse(case["text"])
        assert reason_of(error) == case["error"]
        return
    written = canonical(parse(case["text"]))
    assert written == case["canonical"]
    assert canonical(parse_canonical(written)) == written


@every("arguments")
def test_canonical_arguments_are_the_published_ones(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Rejected) as error:
            canonical_arguments(case["arguments"], case["schema"])
        assert reason_of(error) == case["error"]
        return
    assert canonical_arguments(case["arguments"], case["schema"]) == case["canonical"]


@every("locators")
def test_locator_leads_to_the_published_value(case: dict[str, Any]) -> None:
    result, locator = canonical(case["result"]), canonical(case["locator"])
    if "error" in case:
        with pytest.raises(Rejected) as error:
            locate(result, locator)
        assert reason_of(error) == case["error"]
        return
    located = locate(result, locator)
    assert located.text == case["text"]
    assert located.json == json.dumps(
        json.loads(located.json), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    assert canonical(parse_canonical(located.json)) == canonical(parse_canonical(plain(case["value"])))
    assert located.sha256 == sha256_text(case["text"] if case["digest_of"] == "text" else located.json)


@every("transforms")
def test_pipeline_gives_the_published_value(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Rejected) as error:
            apply(case["transforms"], case["values"])
        assert reason_of(error) == case["error"]
        return
    value = apply(plain(case["transforms"]), case["values"])
    assert canonical(value) == canonical(parse_canonical(plain(case["value"])))


def test_every_transform_has_vectors() -> None:
    used = {step["name"] for case in cases("transforms") for step in case["transforms"] if isinstance(step, dict)}
    assert set(TRANSFORMS) <= used


@every("equality")
def test_typed_equality_is_the_published_one(case: dict[str, Any]) -> None:
    assert equal(case["type"], case["truth"], case["given"]) is case["equal"]


@every("rewards")
def test_reward_is_the_published_one(case: dict[str, Any]) -> None:
    judged = score(
        case["answer"],
        plain(case["truth"]),
        plain(case["types"]),
        plain(case.get("schema", {})),
        case["had_miss"],
        case["over_budget"],
    )
    ends = (plain_state(case.get("end_state")), plain_state(case.get("left")))
    judged = with_end_state(judged, *ends, case["had_miss"])
    assert (judged.reward, judged.outcome.value) == (case["reward"], case["outcome"])


@every("end_states")
def test_end_state_is_the_published_one(case: dict[str, Any]) -> None:
    if "base64" in case:
        assert content_digest(base64.b64decode(case["base64"])) == case["sha256"]
        return
    before, after = ({path: tuple(entry) for path, entry in case[name].items()} for name in ("before", "after"))
    assert end_state(difference(before, after)) == canonical(case["end_state"])


@every("kinds")
def test_kind_is_the_published_one(case: dict[str, Any]) -> None:
    kind, unit = classify(case["text"], case["key"])
    assert (kind.value, unit) == (case["kind"], case["unit"])


def plain_state(value: Any) -> str:
    """Write an end state; empty where a vector has none."""
    return "" if value is None else canonical(value)


def plain(value: Any) -> str:
    """Write a vector's value as JSON text, its `$number` members as they stand."""
    return json.dumps(value, ensure_ascii=False, default=float)
