"""How it is done: child processes, settings, paths, logs."""
