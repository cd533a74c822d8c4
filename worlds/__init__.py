"""World builder: one seed, one coherent company."""
