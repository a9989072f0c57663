"""What the program costs, each figure beside its budget: `python -m bench`."""
