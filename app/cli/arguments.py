"""What can be said on the command line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import __version__
from app.domain.export.record import Format
from app.infra.settings import HOME_VARIABLE, TRACKING_VARIABLE, Settings
from wrappers.contract import Sampling

_MODEL_HELP = "name, name/3, name@alias or any MLflow model URI"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line that makes sense."""

    command: str | None
    """``None`` opens the window."""
    settings: Settings
    demo: bool
    """Make the demo models first, in the window."""
    options: argparse.Namespace
    """What belongs to the command."""

    @property
    def sampling(self) -> Sampling:
        options = self.options
        return Sampling(
            temperature=options.temperature,
            top_p=options.top_p,
            top_k=options.top_k,
            max_tokens=options.max_tokens,
            stop=tuple(options.stop),
            seed=options.seed,
        )


def parse(arguments: Sequence[str]) -> Asked:
    """Leaves with exit code 2 and a sentence on standard error for what makes no sense."""
    options = _parser().parse_args(arguments)
    settings = Settings(
        home=options.home, tracking_uri=options.tracking_uri, in_process=options.in_process
    )
    return Asked(options.command, settings, options.demo, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Chat with the language models in an MLflow registry. Without a command, "
        "the window opens; the commands need no screen.",
        epilog="Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"parley {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="make the two demo models if they are missing"
    )
    _add_common(parser, home=None, tracking_uri=None, in_process=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    ask = _command(commands, "ask", "ask a model and print its answer as it comes")
    ask.add_argument("model", metavar="MODEL", type=_model, help=_MODEL_HELP)
    ask.add_argument("text", metavar="TEXT", help="what to ask")
    ask.add_argument("--system", metavar="TEXT", help="a system prompt")
    _add_generation(ask)

    complete = _command(commands, "complete", "continue a prompt, special tokens written out")
    complete.add_argument("model", metavar="MODEL", type=_model, help=_MODEL_HELP)
    complete.add_argument(
        "--prompt-file",
        metavar="FILE",
        required=True,
        help="the prompt in UTF-8, taken byte for byte; - is standard input",
    )
    _add_generation(complete)

    models = _command(commands, "models", "list the registry")
    _add_json(models)

    register = _command(commands, "register", "log a model with one of the wrappers, register it")
    register.add_argument("wrapper", choices=("transformers", "onnx"), help="the wrapper")
    register.add_argument(
        "source", metavar="SOURCE", help="its folder; for transformers, or its name on the hub"
    )
    register.add_argument("--name", required=True, help="of the registered model")
    _add_json(register)

    _add_json(_command(commands, "demo", "make and register the two demo models"))
    _add_json(_command(commands, "doctor", "tell what is installed, and what is wrong"))

    export = _command(commands, "export", "write all conversations into a file")
    export.add_argument("file", metavar="FILE", help="its ending says the format")
    export.add_argument(
        "--format",
        choices=tuple(Format),
        help="where the ending does not say it",
    )
    _add_json(export)
    importing = _command(commands, "import", "keep the conversations of a JSON or JSONL file")
    importing.add_argument("file", metavar="FILE", help="one that was exported, or OpenAI's JSONL")
    _add_json(importing)
    return parser


type _Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no other name


def _command(commands: "_Subparsers", name: str, what: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
    # Not set where it is not given, so that what stands before the command holds.
    unset = argparse.SUPPRESS
    _add_common(command, home=unset, tracking_uri=unset, in_process=unset)
    return command


def _add_common(
    parser: argparse.ArgumentParser,
    *,
    home: str | None,
    tracking_uri: str | None,
    in_process: str | bool,
) -> None:
    parser.add_argument(
        "--home",
        type=Path,
        default=home,
        metavar="FOLDER",
        help=f"keeps everything of Parley's (or {HOME_VARIABLE})",
    )
    parser.add_argument(
        "--tracking-uri",
        default=tracking_uri,
        metavar="URI",
        help=f"another registry than the home's own (or {TRACKING_VARIABLE})",
    )
    parser.add_argument(
        "--in-process",
        action="store_true",
        default=in_process,
        help="run models in threads instead of processes, for debugging",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def _add_generation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--temperature",
        type=_number(float, "a number, at least 0", lambda n: n >= 0),
        help="0 is greedy",
    )
    parser.add_argument(
        "--top-p", type=_number(float, "a number above 0 and at most 1", lambda n: 0 < n <= 1)
    )
    parser.add_argument(
        "--top-k", type=_number(int, "a whole number, at least 0", lambda n: n >= 0)
    )
    parser.add_argument(
        "--max-tokens", type=_number(int, "a whole number, at least 1", lambda n: n >= 1)
    )
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="STRING",
        help="end before this string; may be given more than once",
    )
    parser.add_argument("--seed", type=_number(int, "a whole number, at least 0", lambda n: n >= 0))
    parser.add_argument(
        "--through-predict",
        action="store_true",
        help="ask MLflow's predict of the logged wrapper: the whole answer at once",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run the code that the model brings, now and from now on",
    )
    _add_json(parser)


def _model(text: str) -> str:
    """Such as an unset variable gives: no registry holds a model without a name."""
    if not text.strip():
        raise argparse.ArgumentTypeError("name a model; `parley models` lists them")
    return text


def _number[N: (int, float)](
    kind: Callable[[str], N], condition: str, holds: Callable[[N], bool]
) -> Callable[[str], N]:
    def convert(text: str) -> N:
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or not holds(number):
            raise argparse.ArgumentTypeError(f"{text!r} must be {condition}")
        return number

    return convert
