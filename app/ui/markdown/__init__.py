"""Markdown that a model writes, as a Qt document: parsed, split into blocks, built, copied."""
