"""The live loop: saves and other requests in; plans at their frames and events out, with a report of every node."""
