"""The only module that wires everything together: services, presenters, widgets, window."""
