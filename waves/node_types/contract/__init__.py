"""Lists of what a node file may be made of: units of numbers, the part of NumPy that a kernel can use, names."""
