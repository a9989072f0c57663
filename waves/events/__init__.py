"""What happens during play: typed events in, any number of listeners out, none of which can hold the player back."""
