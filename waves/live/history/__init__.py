"""The past of a piece: versions, the log of a session, the state to resume from, and the replay."""
