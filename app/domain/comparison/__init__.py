"""Two models asked the same, and what there is to say of how they differ: plain data, pure."""
