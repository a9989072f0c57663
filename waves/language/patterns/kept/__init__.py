"""Notes that are made for one question and kept by cycle: counts in, PatternError for too many out."""
