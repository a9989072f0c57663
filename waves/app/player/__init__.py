"""A running `waves play`: starts it, routes saves, keys and actions to the session, and ends it in order."""
