"""`firefly up`: the stack, the services, the goal, the display."""
