"""State of nodes in memory: records, ring buffers and buffers by key, those of voices in the record of their pool."""
