"""What a node is: the types that the language makes by itself, and those that are loaded from files."""
