"""Conversations as files: what is written, and how it is read again. One module per format."""
