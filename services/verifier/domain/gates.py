"""The gates in the order in which they are asked; the first that refuses names the reason."""

from services.verifier.domain import (
    change_gates,
    derivation_gates,
    evidence_gates,
    guessing_gates,
    naming_gates,
    saying_gates,
    schema_gates,
    script_gates,
)
from services.verifier.domain.case import Gate

REPLAY = "replay"
LEFT = "left_otherwise"
"""The reference, replayed, does not leave the end state that the task asks for."""
JUDGE = "judge"

BEFORE_REPLAY: tuple[Gate, ...] = (
    Gate("no_answer_field", schema_gates.no_answer_field),
    Gate("bad_schema", schema_gates.bad_schema),
    Gate("bad_refusal", schema_gates.bad_refusal),
    Gate("bad_end_state", change_gates.bad_end_state),
    Gate("idle_end_state", change_gates.idle_end_state),
    Gate("failed_call", schema_gates.failed_call),
    Gate("too_many_calls", schema_gates.too_many_calls),
    Gate("edge_evidence", evidence_gates.edge_evidence),
    Gate("unstable", evidence_gates.unstable),
    Gate("names_tool", naming_gates.names_tool),
    Gate("bad_script", script_gates.bad_script),
    Gate("needless_question", script_gates.needless_question),
    Gate("unsaid", saying_gates.unsaid),
    Gate("reward_of_reference", derivation_gates.reward_of_reference),
    Gate("empty_answer", derivation_gates.empty_answer),
    Gate("constant_answer", guessing_gates.constant_answer),
    Gate("schema_leak", guessing_gates.schema_leak),
)
"""What can be decided from the draft alone."""

AFTER_REPLAY: tuple[Gate, ...] = (
    Gate("rederive", derivation_gates.rederive),
    Gate("flow", derivation_gates.flow),
    Gate("mutation", derivation_gates.mutation),
    Gate("prompt_only", guessing_gates.prompt_only),
)
"""What needs the results that the simulator gave."""
