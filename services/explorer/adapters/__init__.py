"""What the explorer reaches: environments, the tool catalogue, a language model, the ledger."""
