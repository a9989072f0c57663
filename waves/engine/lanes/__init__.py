"""Several cores, where there is no device: a graph in, its independent parts and an engine that plays them out."""
