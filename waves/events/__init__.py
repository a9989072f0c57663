"""Events of a piece that plays: typed events in, any number of listeners out; none can hold the player back."""
