"""What every service stands on.

The vocabulary (`model`), what is provable (`proof`), how a service runs (`runtime`).
"""
