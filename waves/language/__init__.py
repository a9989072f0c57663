"""From the text of `waves.yaml` to a tree of nodes with IDs. It does not know the engine."""
