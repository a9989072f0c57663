"""The piece that clients are served: whether it plays, its files, and where the text has what plays."""
