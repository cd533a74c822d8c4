"""What answers prove: names and hints alone prove nothing, and unproven is said to be unproven."""

from dataclasses import dataclass

from services.crawler.domain.behaviour import Trial, decide
from services.crawler.domain.ports import ListedTool
from services.crawler.domain.records import drift
from services.crawler.domain.verbs import rank
from shared.model.calls import State
from shared.model.catalogue import Behaviour, Effect, PathMode, ToolRecord, Variation
from shared.proof.canonical import sha256_text
from shared.proof.results import canonical_result

HERE, MOVED = State("w1"), State("w2")


@dataclass
class Answer:
    """A call that came to some text."""

    text: str = "42"
    is_error: bool = False
    state: State = HERE
    state_after: State = HERE
    wrote: bool = False
    arguments_json: str = "{}"
    too_large: bool = False
    path_mode: PathMode = PathMode.MOUNTED

    @property
    def result_json(self):
        return canonical_result([{"type": "text", "text": self.text}], None, self.is_error)

    @property
    def result_sha256(self):
        return sha256_text(self.result_json)

    @property
    def result_length(self):
        return len(self.result_json)


def listed(name="get_total", schema='{"type":"object"}'):
    return ListedTool(name, "", schema)


def effect(trial):
    found = decide(trial)
    return found.effect, found.variation, found.pure


def test_read_only_takes_the_same_answer_from_another_process():
    assert effect(Trial(listed(), Answer(), again=Answer(), elsewhere=Answer())) == (
        Effect.READ_ONLY,
        Variation.STABLE,
        False,
    )
    assert effect(Trial(listed(), Answer(), again=Answer())) == (Effect.UNKNOWN, Variation.UNKNOWN, False)


def test_pure_takes_the_same_answer_without_a_world():
    trial = Trial(listed(), Answer(), again=Answer(), elsewhere=Answer(), in_empty_world=True)
    assert effect(trial) == (Effect.READ_ONLY, Variation.STABLE, True)


def test_moving_the_world_is_seen_whatever_the_name_says():
    trial = Trial(listed(), Answer(state_after=MOVED))
    assert effect(trial)[0] is Effect.WORLD


def test_writing_equal_bytes_is_writing():
    assert effect(Trial(listed(), Answer(wrote=True), elsewhere=Answer()))[0] is Effect.WORLD


def test_an_error_in_disguise_proves_nothing():
    text = "Document x.docx does not exist"
    trial = Trial(listed(), Answer(text), again=Answer(text), elsewhere=Answer(text))
    assert effect(trial) == (Effect.UNKNOWN, Variation.UNKNOWN, False)


def test_an_answer_that_its_own_earlier_call_changed_is_session():
    trial = Trial(listed(), Answer("1"), again=Answer("2"), elsewhere=Answer("1"))
    assert effect(trial) == (Effect.SESSION, Variation.STABLE, False)


def test_an_answer_that_never_repeats_is_random_and_unproven():
    trial = Trial(listed(), Answer("1"), again=Answer("2"), elsewhere=Answer("3"))
    assert effect(trial)[:2] == (Effect.UNKNOWN, Variation.RANDOM)


def test_only_the_clock_makes_the_difference():
    trial = Trial(listed(), Answer("a"), again=Answer("a"), elsewhere=Answer("b"), same_clock=Answer("a"))
    assert effect(trial)[:2] == (Effect.READ_ONLY, Variation.TIME)
    trial = Trial(listed(), Answer("a"), again=Answer("a"), elsewhere=Answer("b"), same_clock=Answer("c"))
    assert effect(trial)[:2] == (Effect.UNKNOWN, Variation.RANDOM)


def test_times_of_the_copy_count_as_time():
    texts = [f"size: 3\ncreated: Sat Nov 21 2026 02:5{digit}:36 GMT+0000 (UTC)\nfile: true" for digit in "123"]
    first, elsewhere, same_clock = map(Answer, texts)
    trial = Trial(listed(), first, again=first, elsewhere=elsewhere, same_clock=same_clock)
    assert effect(trial)[:2] == (Effect.READ_ONLY, Variation.TIME)


def test_a_name_that_promises_change_keeps_a_tool_from_read_only():
    for name, expected in (("register_project", Effect.SESSION), ("delete_note", Effect.UNKNOWN)):
        trial = Trial(listed(name), Answer(), again=Answer(), elsewhere=Answer())
        assert effect(trial)[0] is expected


def test_to_add_numbers_is_to_compute():
    numbers = '{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}}}'
    assert rank(listed("add", numbers)) == 0
    assert rank(listed("add", '{"type":"object","properties":{"name":{"type":"string"}}}')) > 0


def test_changing_what_others_answer_is_session():
    trial = Trial(listed("create_table"), Answer(), elsewhere=Answer(), moved_answers=True)
    assert effect(trial)[0] is Effect.SESSION


def test_probing_order_looks_before_it_changes_and_removes_last():
    names = ["delete_x", "create_x", "register_x", "get_x", "generate_chart"]
    assert sorted(names, key=lambda name: rank(listed(name))) == [
        "get_x",
        "generate_chart",
        "register_x",
        "create_x",
        "delete_x",
    ]


def record(name, description="", effect=Effect.READ_ONLY):
    return ToolRecord(f"tool_{name}", "s", "d", name, description, "{}", behaviour=Behaviour(effect))


def test_drift_names_what_changed_and_nothing_else():
    before = {"a": record("a"), "b": record("b"), "c": record("c"), "d": record("d")}
    after = [record("a"), record("b", "new text"), record("c", effect=Effect.WORLD), record("e")]
    assert [(event.change, event.tool_id) for event in drift(before, after)] == [
        ("description", "tool_b"),
        ("behaviour", "tool_c"),
        ("removed", "tool_d"),
        ("added", "tool_e"),
    ]
    assert not drift(before, list(before.values()))
