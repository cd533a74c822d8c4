"""Lists tools over several pages; some are malformed, one name comes twice."""

from toolbox import serve, text, tool

TOOLS = [
    tool("good", "first"),
    {"name": "no_schema"},
    tool("not_object", input_schema={"type": "string"}),
    tool("invalid", input_schema={"type": "object", "properties": {"a": {"type": "nonsense"}}}),
    tool("good", "second"),
    "not even an object",
    {"description": "nameless", "inputSchema": {"type": "object"}},
    tool("bad_output", outputSchema={"type": 7}),
    tool("exact", input_schema={"type": "object", "properties": {"x": {"type": "number", "default": 25.60}}}),
]

serve(TOOLS, lambda name, _arguments: text(name), pages=4)
