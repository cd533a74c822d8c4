"""A scripted `LanguageModel`: answers in order, or by a function, and remembers what it was asked."""

from shared.model.errors import Rejected


class ScriptedModel:
    """Answers with the next scripted object; an exception in the script is raised."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    async def complete_json(self, role, messages, schema, subject):
        self.asked.append((role, tuple(messages), schema, subject))
        if not self._answers:
            raise Rejected("model_gave_nothing", "the script is at its end")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
