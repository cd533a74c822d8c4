"""Executing a plan, bending it, repeating it elsewhere, changing its values; pure over the ports in `ports`."""
