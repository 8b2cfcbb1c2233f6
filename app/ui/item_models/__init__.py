"""Item models with named roles, tested without a view."""
