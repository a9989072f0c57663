"""The running program and its commands, without a command line: options in, exit codes and lines of text out."""
