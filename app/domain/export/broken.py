"""A file that cannot be imported, and where in it the reason stands."""

import codecs
import re
from typing import Final

import msgspec

_AT_BYTE: Final = re.compile(r" \(byte (\d+)\)$")
_AT_PATH: Final = re.compile(r" - at `(.*)`$")
_PIECE: Final = 1 << 20

_SYNTAX_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class BrokenFileError(Exception):
    """`line` and `column` count from 1; `column` is ``None`` where the line as a whole is meant."""

    def __init__(self, why: str, line: int, column: int | None = None) -> None:
        place = f"Line {line}" if column is None else f"Line {line}, column {column}"
        super().__init__(f"{place}: {why}")
        self.line = line
        self.column = column


class NotConversationsError(Exception):
    """A file of something else, or of a Parley that is newer: its text says which, and what to do.

    The file may well be sound.
    """


def line_at(data: bytes, at: int) -> int:
    """The line that byte `at` stands in."""
    return data.count(b"\n", 0, at) + 1


def broken_at(data: bytes, at: int, why: str) -> BrokenFileError:
    """`why`, at byte `at` of the whole file."""
    begin = data.rfind(b"\n", 0, at) + 1
    column = len(data[begin:at].decode("utf-8", "replace")) + 1
    return BrokenFileError(why, line_at(data, at), column)


def not_json(data: bytes, begin: int, length: int, error: Exception) -> BrokenFileError:
    """What msgspec has against the JSON that stands at `begin`, at its place in the file."""
    if isinstance(error, RecursionError):
        return BrokenFileError("it is nested too deeply.", line_at(data, begin))
    text = str(error)
    found = _AT_BYTE.search(text)
    if found is not None:
        why = text[: found.start()].removeprefix("JSON is malformed: ")
        return broken_at(data, begin + int(found[1]), f"this is not JSON ({why}).")
    if "truncated" in text:
        return broken_at(data, begin + length, "the file ends too early.")
    return BrokenFileError(f"this is not JSON ({text}).", line_at(data, begin))


def not_fitting(error: msgspec.ValidationError) -> str:
    """What is wrong with a value that is JSON but no message, as the end of a sentence."""
    text = str(error)
    found = _AT_PATH.search(text)
    if found is None:
        return f"{text[:1].lower()}{text[1:]}."
    path = found[1].removeprefix("$").removeprefix(".")
    what = text[: found.start()]
    return f"{what[:1].lower()}{what[1:]} at `{path}`." if path else f"{what}."


def decode[T](data: bytes, begin: int, piece: bytes | msgspec.Raw, decoder: "Decodes[T]") -> T:
    """`piece`, which stands at `begin` of the file `data`.

    Raises `BrokenFileError` for what is no JSON, and `msgspec.ValidationError` for what does not
    fit.
    """
    try:
        return decoder.decode(piece)
    except msgspec.ValidationError:
        raise
    except _SYNTAX_ERRORS as error:
        raise not_json(data, begin, len(bytes(piece)), error) from None


Decodes = msgspec.json.Decoder


def check_text(data: bytes) -> None:
    """Raises for a file that is no UTF-8, piece by piece: nothing waits long for the interpreter.

    Raises `BrokenFileError`, or `NotConversationsError` where the first bytes tell what it is.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotConversationsError("This file is UTF-16 text. Save it as UTF-8.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(data), _PIECE):
        end = begin + _PIECE
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[begin:end], final=end >= len(data))
        except UnicodeDecodeError as error:
            at = begin - pending + error.start
            raise broken_at(data, at, f"byte {data[at]:#04x} is not UTF-8.") from None


def without_bom(data: bytes) -> bytes:
    return data.removeprefix(codecs.BOM_UTF8)
