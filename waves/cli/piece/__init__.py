"""Command line of the commands for a piece, one file each: arguments in, one call into `app` out."""
