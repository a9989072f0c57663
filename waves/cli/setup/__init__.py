"""Command line of the commands for the installation and its folders: arguments in, one call into `app` out."""
