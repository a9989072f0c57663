"""The tree of the sounds that play, with all that stands in time: tempo, clocks, sequences, automations, slow fades."""
