"""Writing tasks backward: from executed calls to answer fields with evidence, to words."""
