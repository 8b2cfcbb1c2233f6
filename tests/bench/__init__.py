"""How quick and how light Parley is, each measured against its floor in the same run."""
