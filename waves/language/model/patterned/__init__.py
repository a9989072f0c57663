"""Steps that are written as a pattern: texts and lanes in, sounds and the notes of a pass in steps of a clock out."""
