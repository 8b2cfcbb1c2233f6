"""The command line: the services of the window without a screen."""
