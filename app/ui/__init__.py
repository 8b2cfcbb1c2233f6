"""The window: what is shown, and who tells it what to show."""
