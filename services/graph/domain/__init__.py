"""The tool graph as a fold: catalogue and explorations in, versions out; pure."""
