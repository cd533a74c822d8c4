"""A logical form in words, for people who judge whether a question means it (`docs/logical-form.md`). Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Any

Form = Mapping[str, Any]
_OPERATORS = {"equal": "is", "over": "is over", "under": "is under", "since": "is on or after", "before": "is before"}
_OPERATIONS = {
    "difference": "{0} less {1}",
    "ratio": "{0} divided by {1}",
    "percent_change": "the change in percent from {0} to {1}",
    "percent_of": "{0} percent of {1}",
    "days_between": "the days between {0} and {1}",
}


def in_words(form: Any) -> str:
    """Say what a form denotes; a form that this page does not know stands as JSON."""
    if not isinstance(form, Mapping) or form.get("is") not in _WORDS:
        return json.dumps(form, ensure_ascii=False)
    try:
        return _WORDS[form["is"]](form)
    except (LookupError, TypeError):
        return json.dumps(form, ensure_ascii=False)


def _table(form: Form) -> str:
    return f"table “{form['name']}” of {form['path']}"


def _condition(form: Form) -> str:
    return f"{form['column']} {_OPERATORS.get(form['operator'], form['operator'])} {in_words(form['value'])}"


def _where(form: Form) -> str:
    conditions = " and ".join(map(in_words, form.get("where", ())))
    return f" where {conditions}" if conditions else ""


def _extreme(form: Form) -> str:
    return f"the row of {in_words(form['table'])}{_where(form)} with the {form['direction']} {form['column']}"


def _aggregate(form: Form) -> str:
    of = f" of {form['column']}" if form.get("column") else " of rows"
    return f"the {form['function']}{of} in {in_words(form['table'])}{_where(form)}"


def _sheet_value(form: Form) -> str:
    names = ", ".join(f"“{table['name']}”" for table in form["tables"])
    return (
        f"{form['column']} of the row whose {form['by']} is {in_words(form['key'])}, on that one of the sheets {names} "
        f"of {form['tables'][0]['path']} whose name is {in_words(form['sheet'])}"
    )


def _document(form: Form) -> str:
    dated = f" dated {form['dated']}" if form.get("dated") else ""
    return f"the document “{form['title']}”{dated} ({form['path']})"


def _commit(form: Form) -> str:
    branch = f"branch {form['branch']}" if form.get("branch") else "the checked-out branch"
    before = f" before {in_words(form['before'])}" if form.get("before") else ""
    return f"the {form['name']} of the newest commit{before} on {branch} of {form['path']}"


def _computed(form: Form) -> str:
    operands = [f"({in_words(one)})" for one in form["operands"]]
    pattern = _OPERATIONS.get(form["operation"])
    return pattern.format(*operands) if pattern else f"the {form['operation']} of {' and '.join(operands)}"


def _result(form: Form) -> str:
    given = ", ".join(f"{one['name']} = {in_words(one['value'])}" for one in form["given"])
    row = f" of {form['row']}" if form.get("row") else ""
    return f"what is said under {form['key']}{row} when asked with {given}"


def _field(form: Form) -> str:
    decimals = form.get("decimals", -1)
    rounded = f", rounded to {decimals} decimals" if decimals >= 0 else ""
    return f"{form['key']} = {in_words(form['value'])}{rounded}"


def _question(form: Form) -> str:
    asked = "; ".join(map(in_words, form["fields"]))
    if "change" in form:
        return f"{asked}. {in_words(form['change'])}"
    if "missing" not in form:
        return asked
    return f"{asked}. Nothing there is about {in_words(form['missing'])}, as there is about {in_words(form['twin'])}"


def _note(form: Form) -> str:
    lines = "; ".join(f"“{line['label']}: ” and {in_words(line['value'])}" for line in form["lines"])
    return f"A new file {form['path']} has the lines: {lines}"


_WORDS: Mapping[str, Callable[[Form], str]] = {
    "note": _note,
    "literal": lambda form: f"“{form['text']}”{' ' * bool(form.get('unit'))}{form.get('unit', '')}",
    "table": _table,
    "condition": _condition,
    "several": lambda form: "one of " + ", ".join(map(in_words, form["of"])),
    "keyed": lambda form: f"the row of {in_words(form['table'])} whose {form['column']} is {in_words(form['key'])}",
    "extreme": _extreme,
    "attribute": lambda form: f"{form['column']} of {in_words(form['entity'])}",
    "sheet_value": _sheet_value,
    "aggregate": _aggregate,
    "fact": lambda form: f"what {_document(form)} says under “{form['key']}”",
    "document_property": lambda form: f"the {form['name']} that {_document(form)} has in its properties",
    "latest_commit": lambda form: f"the {form['name']} of the newest commit of {form['path']}",
    "commit": _commit,
    "code_measure": lambda form: f"the {form['name']} of {form['path']}",
    "file_measure": lambda form: f"the {form['name']} of the file that is {in_words(form['file'])} in {form['path']}",
    "file_names": lambda form: f"all {form['name']} in the file that is {in_words(form['file'])} in {form['path']}",
    "branch_value": lambda form: f"{form['label']} ({form['name']}) on branch {form['branch']} of {form['path']}",
    "converted": lambda form: f"({in_words(form['of'])}) from {form['from_unit']} to {form['unit']}",
    "local_time": lambda form: (
        f"the time in {in_words(form['to_zone'])} when it is {form['time']} in {in_words(form['from_zone'])}"
    ),
    "computed": _computed,
    "result": _result,
    "field": _field,
    "question": _question,
}
