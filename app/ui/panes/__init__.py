"""The panes: compositions of widgets, one per tab or column."""
