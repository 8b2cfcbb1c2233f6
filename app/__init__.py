"""What runs in the window's process. Imports no machine-learning library."""

__version__ = "0.1.0"
