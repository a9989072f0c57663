"""What a node file may be made of, as lists: units of numbers, and what of NumPy a kernel can use."""
