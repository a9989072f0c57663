"""The running program and what commands do, without a command line: options in, exit codes and lines of text out."""
