"""Commands for the installation and its folders, one file each: a folder in, a workspace or lines of text out."""
