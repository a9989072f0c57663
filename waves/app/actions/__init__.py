"""Named actions of a running player, for keys and clients: a name and arguments in, a result or Problems out."""
