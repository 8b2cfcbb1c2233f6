"""Between services and widgets: they know both, and hold no pixels."""
