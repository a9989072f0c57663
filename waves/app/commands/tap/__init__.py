"""`waves tap`: taps on the keyboard in, the text of a pattern out, also into the file of the piece."""
