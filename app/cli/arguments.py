"""What can be said on the command line."""

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from app import __version__
from app.domain.comparison.record import SET_PLAN, Plan
from app.domain.comparison.report.formats import format_of
from app.domain.export.formats import Format
from app.domain.load_choice import DTYPES
from app.infra.settings import HOME_VARIABLE, TRACKING_VARIABLE, Settings
from wrappers.contract import LoadOptions, Sampling

_LOGGED = "logged"
_AUTOMATIC = "automatic"
_MODEL_HELP = "name, name/3, name@alias or any MLflow model URI"


class Asked(Struct, frozen=True):
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

    @property
    def load_options(self) -> tuple[LoadOptions, LoadOptions]:
        """How the first and the second model are to be loaded; the same where there is one."""
        options = self.options
        first, second = (
            LoadOptions(threads=threads, dtype=dtype, device=device)
            for threads, dtype, device in zip(
                options.threads, options.dtype, options.device, strict=True
            )
        )
        return first, second


def parse(arguments: Sequence[str]) -> Asked:
    """Leaves with exit code 2 and a sentence on standard error for what makes no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "compare":
        _check_compare(options)
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

    compare = _command(commands, "compare", "ask two models the same, and measure both")
    compare.add_argument("first", metavar="A", type=_model, help=_MODEL_HELP)
    compare.add_argument("second", metavar="B", type=_model, help="likewise; it may be the same")
    compare.add_argument("text", metavar="TEXT", nargs="?", help="what to ask both")
    _add_prompts(compare)
    compare.set_defaults(fail=compare.error)
    compare.add_argument("--system", metavar="TEXT", help="a system prompt")
    compare.add_argument(
        "--repeats",
        type=_number(int, "a whole number, at least 1", lambda n: n >= 1),
        metavar="N",
        help=f"measured runs of each (default: {Plan().repeats}; of a prompt set: "
        f"{SET_PLAN.repeats})",
    )
    compare.add_argument(
        "--parallel",
        action="store_true",
        help="ask both at the same time; they then share the machine",
    )
    compare.add_argument(
        "--no-warm-up", action="store_true", help="count the first run of each as well"
    )
    compare.add_argument(
        "--no-predict", action="store_true", help="do not ask MLflow's predict at the end"
    )
    compare.add_argument(
        "--report",
        type=_report,
        metavar="FILE",
        help="write a report; its ending, .html or .md, says the format",
    )
    compare.add_argument(
        "--log", action="store_true", help="log it to MLflow as a run, whose id is printed"
    )
    _add_sampling(compare)
    _add_loading(compare, both=True)
    _add_trust(compare)
    _add_json(compare)

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
    _add_sampling(parser)
    parser.add_argument(
        "--through-predict",
        action="store_true",
        help="ask MLflow's predict of the logged wrapper: the whole answer at once",
    )
    _add_loading(parser, both=False)
    _add_trust(parser)
    _add_json(parser)


def _add_prompts(parser: argparse.ArgumentParser) -> None:
    """What belongs to a prompt set."""
    parser.add_argument(
        "--prompts",
        metavar="FILE",
        help="instead of TEXT: a JSONL or CSV file of prompts, or dataset:NAME for a dataset of "
        "the registry; the same command goes on with what was interrupted",
    )
    parser.add_argument(
        "--kind",
        choices=("messages", "prompt"),
        help="what the file's texts are: a user's messages, or whole prompts with the special "
        "tokens written out (default: as they look)",
    )
    begun = parser.add_mutually_exclusive_group()
    begun.add_argument(
        "--resume", action="store_true", help="only go on with a run that was begun before"
    )
    begun.add_argument("--again", action="store_true", help="begin anew, whatever was begun before")
    begun.add_argument(
        "--retry-failed", action="store_true", help="go on, and run what failed once more"
    )


def _check_compare(options: argparse.Namespace) -> None:
    """Leaves with a sentence for what makes no sense, and how this command is used; fills in what
    depends on the rest."""
    if options.repeats is None:
        plan = Plan() if options.prompts is None else SET_PLAN
        options.repeats = plan.repeats
    if (options.text is None) == (options.prompts is None):
        options.fail("give either TEXT or --prompts FILE")
    if options.prompts is None:
        for name in ("kind", "resume", "again", "retry_failed"):
            if getattr(options, name):
                options.fail(f"--{name.replace('_', '-')} belongs to --prompts FILE")


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run the code that the model brings, now and for as long as it stays the same",
    )
    parser.add_argument(
        "--allow-hub",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="let the model ask the Hugging Face hub, or no more, now and from now on",
    )


def _add_loading(parser: argparse.ArgumentParser, *, both: bool) -> None:
    """How the model is loaded; of two, either for both or for each."""
    of_two = "; two with a comma are for A and B" if both else ""
    none = (None, None)
    parser.add_argument(
        "--dtype",
        type=_each(_dtype, both=both),
        default=none,
        metavar="DTYPE",
        help=f"load the weights as {', '.join(DTYPES)}, or {_LOGGED}, as the model was logged "
        f"(default); transformers models only{of_two}",
    )
    parser.add_argument(
        "--device",
        type=_each(_device, both=both),
        default=none,
        metavar="DEVICE",
        help=f"such as cpu, cuda:0 or mps:0 (default: {_AUTOMATIC}, a GPU where there is one); "
        f"transformers models only{of_two}",
    )
    parser.add_argument(
        "--threads",
        type=_each(_threads, both=both),
        default=none,
        metavar="N",
        help=f"processor threads of the model (default: {_AUTOMATIC}, all that are free){of_two}",
    )


def _each[V](
    convert: Callable[[str], V | None], *, both: bool
) -> Callable[[str], tuple[V | None, V | None]]:
    def convert_each(text: str) -> tuple[V | None, V | None]:
        parts = text.split(",")
        if len(parts) > (2 if both else 1):
            raise argparse.ArgumentTypeError(
                f"{text!r} has more than {'two values' if both else 'one value'}"
            )
        values = [convert(part.strip()) for part in parts]
        return values[0], values[-1]

    return convert_each


def _dtype(text: str) -> str | None:
    if text == _LOGGED:
        return None
    if text not in DTYPES:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be {_LOGGED}, or one of {', '.join(DTYPES)}"
        )
    return text


def _device(text: str) -> str | None:
    if text == _AUTOMATIC:
        return None
    if not re.fullmatch(r"[a-z]+(:[0-9]+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a device such as cpu or cuda:0")
    return text


def _threads(text: str) -> int | None:
    if text == _AUTOMATIC:
        return None
    return _number(int, f"{_AUTOMATIC}, or a whole number, at least 1", lambda n: n >= 1)(text)


def _add_sampling(parser: argparse.ArgumentParser) -> None:
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


def _model(text: str) -> str:
    """Such as an unset variable gives: no registry holds a model without a name."""
    if not text.strip():
        raise argparse.ArgumentTypeError("name a model; `parley models` lists them")
    return text


def _report(text: str) -> Path:
    if format_of(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} must end in .html or .md")
    return Path(text).expanduser().absolute()


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
