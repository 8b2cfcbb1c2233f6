"""The program ``parley``: the window, the command line, and (hidden) their children.

What each of them imports is up to it: nothing heavy, and no Qt, may be imported here.
"""

import sys


def main() -> int:
    """Run what the command line asks for; the exit code."""
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--host" and arguments[1] in ("model", "registry"):
        from wrappers.host import main as host

        return host("model" if arguments[1] == "model" else "registry")

    from app.cli.arguments import parse

    asked = parse(arguments)
    if asked.command is None:
        from app.bootstrap import run

        return run(asked.settings, demo=asked.demo)

    from app.cli.main import run_command

    if asked.settings.in_process:
        from wrappers.host import serve

        return run_command(asked, in_process_host=serve)
    return run_command(asked)


if __name__ == "__main__":
    sys.exit(main())
