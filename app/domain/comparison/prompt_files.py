"""Files of prompts: JSONL and CSV, told apart by what stands in them and not by their names."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from app.domain.comparison.prompt_rows import (
    LONGEST,
    TEXTS,
    BadRowError,
    PromptFileError,
    PromptsRead,
    Row,
    assemble,
)
from app.domain.comparison.record import Kind

MOST_BYTES: Final = 64 << 20
_DELIMITERS: Final = (",", ";", "\t", "|")
_KNOWN: Final = frozenset((*TEXTS, "id"))


def read_prompts(data: bytes, *, kind: Kind | None = None) -> PromptsRead:
    """The prompts of a file. `kind` is for a text that can be a message and a prompt.

    Raises `PromptFileError` where nothing of it can be asked.
    """
    if len(data) > MOST_BYTES:
        raise too_large()
    text = _text(data)
    start = text.lstrip()[:1]
    if not start:
        raise PromptFileError("The file is empty.", "Choose another.")
    if start == "[":
        raise PromptFileError(
            "This file is one list of JSON.", "Write each prompt on a line of its own (JSONL)."
        )
    if start == "{":
        return assemble(_lines(text), kind=kind)
    names, delimiter = _header(text)
    column = _column(names)
    notes = []
    if column.casefold() not in TEXTS:
        notes.append(f"The first line is taken for the name of the column (“{column[:60]}”).")
    return assemble(_records(text, names, delimiter, column), kind=kind, notes=notes)


def too_large() -> PromptFileError:
    return PromptFileError(
        f"The file is larger than {MOST_BYTES >> 20} MB.", "Run a part of it at a time."
    )


def _text(data: bytes) -> str:
    """Raises `PromptFileError` for what is not UTF-8."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        if not utf_16:
            text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
            if "\0" not in text[:4096]:
                return text
        what = "is UTF-16 text" if utf_16 else "is not text"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 (line {line}, byte {data[error.start]:#04x})"
    raise PromptFileError(f"The file {what}.", "Save it as UTF-8; Excel calls it “CSV UTF-8”.")


# --------------------------------------------------------------------------------------------
# JSONL


def _lines(text: str) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        values: dict[str, Any] | BadRowError
        try:
            values = decoder.decode(line)
        except msgspec.ValidationError:
            values = BadRowError("it is not an object.")
        except (msgspec.DecodeError, UnicodeError) as error:
            values = BadRowError(f"this is not JSON ({_why(error)}).")
        except RecursionError:
            values = BadRowError("it is nested too deeply.")
        yield Row(f"line {number}", values)


def _why(error: Exception) -> str:
    return str(error).removeprefix("JSON is malformed: ")


# --------------------------------------------------------------------------------------------
# CSV


def _header(text: str) -> tuple[list[str], str]:
    """The names of the columns, and what parts them: that by which most names are known, then
    that by which there are most. Raises `PromptFileError`."""
    best: tuple[tuple[int, int], list[str], str] | None = None
    for delimiter in _DELIMITERS:
        try:
            _, cells = next(_cells(text, delimiter))
        except (csv.Error, StopIteration):
            continue
        names = [cell.strip() for cell in cells]
        score = (len(_KNOWN & {name.casefold() for name in names}), len(names))
        if best is None or score > best[0]:
            best = (score, names, delimiter)
    if best is None:
        raise PromptFileError(
            "The first line of this file is no header of a CSV.",
            "Name the columns in it, one of them “prompt”.",
        )
    return best[1], best[2]


def _column(names: list[str]) -> str:
    """The one with the prompts. Raises `PromptFileError`."""
    for wanted in TEXTS:
        for name in names:
            if name.casefold() == wanted:
                return name
    if len(names) == 1:
        return names[0]
    there = ", ".join(f"“{name[:40]}”" for name in names[:6])
    raise PromptFileError(
        f"No column of this file is named “prompt”, “text”, “question” or “input” ({there}).",
        "Name the one with the prompts so, in the first line.",
    )


def _records(text: str, names: list[str], delimiter: str, column: str) -> Iterator[Row]:
    """All but the header. Raises `PromptFileError` for what breaks what follows it."""
    records = _cells(text, delimiter)
    next(records)
    line = 1
    try:
        for line, cells in records:
            if any(cell.strip() for cell in cells):
                yield Row(f"line {line}", _values(cells, names, delimiter, column))
    except csv.Error as error:
        raise PromptFileError(
            f"After line {line} a quotation mark opens or closes in a wrong place ({error}).",
            "Write a quotation mark within a quoted text twice.",
        ) from None


def _values(
    cells: list[str], names: list[str], delimiter: str, column: str
) -> dict[str, Any] | BadRowError:
    if len(cells) > len(names):
        sign = {"\t": "a tab"}.get(delimiter, f"“{delimiter}”")
        return BadRowError(
            f"it has {len(cells)} columns and the first line {len(names)}; "
            f"a text with {sign} in it stands in quotation marks."
        )
    values: dict[str, Any] = dict(zip(names, cells, strict=False))
    if column.casefold() not in TEXTS:
        values["text"] = values.pop(column)
    # An empty cell says nothing.
    kept = {name: cell for name, cell in values.items() if cell.strip()}
    return kept or {column: ""}


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins in; blank lines are passed over."""
    csv.field_size_limit(max(csv.field_size_limit(), 2 * LONGEST))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        if cells:
            yield line, cells
        line = reader.line_num + 1
