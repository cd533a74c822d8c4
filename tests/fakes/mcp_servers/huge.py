"""Returns results of any size."""

from toolbox import serve, text, tool

SIZE = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}

serve([tool("fill", input_schema=SIZE)], lambda _name, arguments: text("x" * arguments["size"]))
