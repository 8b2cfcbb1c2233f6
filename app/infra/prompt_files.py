"""Files of prompts and tables of results, each on a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from app.domain.comparison.prompt_files import MOST_BYTES, read_prompts, too_large
from app.domain.comparison.prompt_rows import PromptFileError, PromptsRead
from app.domain.comparison.record import Kind, PromptSet
from app.domain.comparison.set_export import TableFormat, encode
from app.infra.files import replacing
from app.services.errors import ServiceError


class LocalPromptFiles:
    """Implements `app.services.comparison_ports.PromptFiles`."""

    async def read(self, source: Path, kind: Kind | None = None) -> PromptsRead:
        return await _on_a_thread(lambda: _read(source, kind))

    async def write(self, target: Path, prompt_set: PromptSet, form: TableFormat) -> None:
        await _on_a_thread(lambda: _write(target, prompt_set, form))


def _read(source: Path, kind: Kind | None) -> PromptsRead:
    try:
        with source.open("rb") as file:
            # One more than it may have, so that a file of endless length ends here too.
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise too_large()
        return read_prompts(data, kind=kind)
    except OSError as error:
        raise ServiceError.of(
            "usage",
            f"The prompts in {source} cannot be read ({error.strerror}).",
            "Check its name, and that you may read it.",
        ) from None
    except PromptFileError as error:
        raise ServiceError.of(
            "broken_file", f"{source.name}: {error.message}", error.advice
        ) from None


def _write(target: Path, prompt_set: PromptSet, form: TableFormat) -> None:
    try:
        with replacing(target) as file:
            for piece in encode(prompt_set, form):
                file.write(piece)
    except OSError as error:
        raise ServiceError.of(
            "disk",
            f"The results cannot be written to {target} ({error.strerror}).",
            "Make room, or choose a folder that you may write to.",
        ) from None


async def _on_a_thread[T](work: Callable[[], T]) -> T:
    """What `work` returns; it is let go to its end where nobody waits any more."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever awaits it has it
            future.set_exception(error)

    thread = threading.Thread(target=run, name="parley-prompts", daemon=True)
    thread.start()
    ended = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        await asyncio.wait([ended])
        ended.exception()
        raise
    finally:
        thread.join()
