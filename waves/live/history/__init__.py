"""What was played: versions, the log of a session, the state to resume from, and the replay."""
