"""Widgets that know nothing of the app: told by methods, heard by signals."""
