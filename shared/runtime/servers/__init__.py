"""MCP servers as sandboxed processes over copies of worlds.

How a service uses it (all names below are in the module named before them)::

    servers = spec.read_servers(path)                      # -> ServersFile(servers=(LaunchSpec, ...), ...)
    worlds = world_store.WorldStore(data / "worlds")       # .add(folder) -> digest; .name/.now/.path(digest)
    launcher = launcher.Launcher(servers, cache, logs)     # installs once, starts in sandboxes, remembers eras
    pool = pool.EnvironmentPool(worlds, launcher, limits)
    pool.learn(tool_record)                                # every ToolRecord of `tool-catalogue`, whenever it is read
    async with pool.lease(world_digest, Clock.FROZEN, servers) as environment:   # Clock from `clocks`; servers: a hint
        called = await environment.call_tool(server_id, tool, arguments_json)
        called.result_json, called.result_sha256, called.result_length, called.too_large, called.is_error
        called.arguments_json, called.state, called.state_after, called.path_mode, called.server_digest, called.effect
    await pool.aclose()

`lease(..., fresh=True)` gives a copy and processes that nothing was ever called on. `Unavailable` is infrastructure;
`Rejected` (`unknown_server`, `server_failed`) is a server that cannot serve; everything a tool does is data in
`CalledTool`, a crash or time-out included (`called.crash`: `died` or `timeout`, else empty).
"""
