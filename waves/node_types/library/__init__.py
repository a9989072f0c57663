"""Node files in, checked node types out: loading, parameters, kernel signatures."""
