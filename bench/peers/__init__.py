"""The same work in other synthesizers: patches, checks of their sound, CPU time of whole processes."""
