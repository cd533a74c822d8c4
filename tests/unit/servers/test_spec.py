"""An mcp.json is read leniently where others own keys, and refused in one sentence where it is wrong."""

import json

import pytest

from shared.model.errors import BadInput
from shared.runtime.servers.spec import Transport, parse_servers, read_servers


def read(tmp_path, document):
    path = tmp_path / "mcp.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_servers(path)


def test_read_servers_fills_workspace_and_tolerates_foreign_keys(tmp_path):
    file = read(
        tmp_path,
        {
            "inputs": [],
            "mcpServers": {
                "a": {
                    "type": "stdio",
                    "command": "npx",
                    "args": ["-y", "p@1", "${workspace}/x"],
                    "env": {"F": "${workspace}/f"},
                    "autoApprove": ["t"],
                }
            },
        },
    )
    (server,) = file.servers
    assert server.transport is Transport.STDIO
    assert server.args == ("-y", "p@1", "/workspace/x")
    assert dict(server.env) == {"F": "/workspace/f"}
    assert not server.network


def test_read_servers_reads_our_keys(tmp_path):
    (tmp_path / "w1").mkdir()
    (tmp_path / "w2").mkdir()
    file = read(
        tmp_path,
        {
            "x-firefly": {"world": "w1", "now": "2026-01-01T00:00:00+00:00"},
            "mcpServers": {
                "a": {"command": "x", "x-firefly": {"world": ["w2"], "network": True, "secrets": ["KEY"]}},
                "b": {"command": "y"},
                "off": {"command": "z", "disabled": True},
            },
        },
    )
    a, b = file.servers
    assert file.worlds_of(a) == (tmp_path / "w2",)
    assert file.worlds_of(b) == (tmp_path / "w1",)
    assert a.network
    assert a.secrets == {"KEY"}
    assert file.now == "2026-01-01T00:00:00+00:00"


def test_read_servers_reads_streamable_http(tmp_path):
    file = read(tmp_path, {"mcpServers": {"r": {"url": "https://h/mcp", "headers": {"Authorization": "Bearer x"}}}})
    assert file.servers[0].transport is Transport.HTTP
    assert "Bearer" not in json.dumps(file.servers[0].identity())


def test_identity_leaves_secrets_out(tmp_path):
    spec = {"command": "x", "env": {"KEY": "s3cret", "MODE": "m"}, "x-firefly": {"secrets": ["KEY"]}}
    identity = read(tmp_path, {"mcpServers": {"a": spec}}).servers[0].identity()
    assert identity["env"] == {"KEY": "", "MODE": "m"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "has no servers"),
        ({"mcpServers": {}}, "has no servers"),
        ({"mcpServers": {"a": {"args": []}}}, "server 'a': has neither a command nor a url"),
        ({"mcpServers": {"a": []}}, "server 'a': must be an object"),
        ({"mcpServers": {"a": {"command": ""}}}, "command is empty"),
        ({"mcpServers": {"a": {"command": 3}}}, "command must be a string"),
        ({"mcpServers": {"a": {"command": "x", "url": "http://h"}}}, "has a command and a url"),
        ({"mcpServers": {"a": {"command": "x", "args": [1]}}}, "args must be a list of strings"),
        ({"mcpServers": {"a": {"command": "x", "env": {"K": 1}}}}, "env must be an object of strings"),
        ({"mcpServers": {"a": {"url": "ftp://h"}}}, "http://"),
        ({"mcpServers": {"a": {"url": "http://h", "type": "sse"}}}, "SSE transport is not supported"),
        ({"mcpServers": {"a b": {"command": "x"}}}, "rename it"),
        ({"mcpServers": {"a": {"command": "x", "disabled": True}}}, "every server is disabled"),
        ({"mcpServers": {"a": {"command": "x", "x-firefly": {"netwrk": True}}}}, "does not know 'netwrk'"),
        ({"mcpServers": {"a": {"command": "x", "x-firefly": {"network": "yes"}}}}, "network must be true or false"),
        ({"mcpServers": {"a": {"command": "x", "x-firefly": {"world": 1}}}}, "world must be a folder"),
    ],
)
def test_read_servers_refuses_in_one_sentence(tmp_path, document, says):
    with pytest.raises(BadInput, match=says) as refused:
        read(tmp_path, document)
    assert str(tmp_path / "mcp.json") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_read_servers_names_a_missing_file(tmp_path):
    with pytest.raises(BadInput, match="there is no such file"):
        read_servers(tmp_path / "gone.json")


def test_parse_servers_keeps_order(tmp_path):
    text = json.dumps({"mcpServers": {"b": {"command": "x"}, "a": {"command": "x"}}})
    assert [server.server_id for server in parse_servers(text, tmp_path / "m.json").servers] == ["b", "a"]
