"""From a tree of nodes to sound: graph, machine code, plan, and the compiled loop that plays it."""
