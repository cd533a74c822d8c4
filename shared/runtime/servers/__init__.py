"""MCP servers as sandboxed processes over copies of worlds.

How a service uses it (all names below are in the module named before them)::

    servers = spec.read_servers(path)                      # -> ServersFile(servers=(LaunchSpec, ...), worlds, now)
    worlds = world_store.WorldStore(data / "worlds")       # .add(folder) -> digest; .name/.now/.path(digest)
    launcher = launcher.Launcher(servers, cache, scratch, programs.find_programs())
    async with pool.EnvironmentPool(worlds, launcher, scratch, pool.PoolBounds()) as lending:
        lending.learn(tool_record)                         # every ToolRecord of `tool-catalogue`, whenever it is read
        async with lending.lease(world_digest, Clock.FROZEN, server_ids) as environment:   # Clock from `clocks`
            called = await environment.call_tool(server_id, tool, arguments_json)          # `outcomes.CalledTool`

`lease(..., fresh=True)` gives a copy and processes that nothing was ever called on. `Unavailable` is infrastructure;
`Rejected` (`unknown_server`, `server_failed`) is a server that cannot serve; everything a tool does is data in
`CalledTool`, a crash or time-out included (`called.crash`: `died` or `timeout`, else empty). What runs is the
installed program, in bubblewrap, over a copy of the world, at a frozen instant; `tests/integration/test_servers_*`
holds each of these to real processes.
"""
