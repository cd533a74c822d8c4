"""Each framework's own loop, played through its adapter; a module is imported where its framework is installed."""
