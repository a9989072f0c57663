"""Rows of the plan before in, with the numbers, pools and states that differ; the rows of the next plan out."""
