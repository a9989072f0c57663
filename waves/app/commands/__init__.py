"""Commands for a piece, one file each: a folder and options in, a document, a file or lines of text out."""
