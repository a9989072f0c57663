"""Parts of the tree before in, for those of the next tree that did not change; and their numbers in another tempo."""
