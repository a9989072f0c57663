"""The piece as rows in order of execution, and what differs between two such graphs."""
