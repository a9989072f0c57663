"""From a graph to words in memory: rows with addresses, the state of each, and what is kept, copied or dropped."""
