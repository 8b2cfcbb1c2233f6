"""Long work beside the serving loop: it tells how far it has come, and can be asked to end."""

import queue
import threading
from collections.abc import Callable, Iterator

from wrappers.base import ShouldStop, WrapperError
from wrappers.contract import Event, JobProgress

_POLL_S = 0.1
"""How long the serving loop goes without looking whether the job should end."""


class Job:
    """What a job's work is given to speak through; `progress` is where it may be ended."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id
        self.events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.cancelled = threading.Event()

    def progress(
        self,
        stage: str,
        *,
        step: int | None = None,
        steps: int | None = None,
        fraction: float | None = None,
    ) -> None:
        """Tell the window. Raises `WrapperError` where the job was cancelled."""
        self.hold_on()
        self.events.put(
            JobProgress(id=self.request_id, stage=stage, step=step, steps=steps, fraction=fraction)
        )

    def hold_on(self) -> None:
        """Between two steps that are not worth telling of. Raises `WrapperError` as `progress`."""
        if self.cancelled.is_set():
            raise WrapperError("cancelled", "It was cancelled; nothing half done is left.")

    def tell(self, event: Event) -> None:
        self.events.put(event)


def run_job(
    request_id: int, work: Callable[[Job], Event], should_stop: ShouldStop
) -> Iterator[Event]:
    """Do `work` in a thread of its own; yield what it tells and then the event that it returns.

    What it raises is raised here. When `should_stop` says so, it ends at its next `progress`.
    """
    job = Job(request_id)
    outcome: list[Event] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work(job))
        except BaseException as error:  # noqa: BLE001 - raised again in the serving thread
            faults.append(error)
        finally:
            job.events.put(None)

    thread = threading.Thread(target=run, name="parley-job")
    thread.start()
    try:
        while True:
            try:
                event = job.events.get(timeout=_POLL_S)
            except queue.Empty:
                pass
            else:
                if event is None:
                    break
                yield event
            if should_stop():
                job.cancelled.set()
    finally:
        job.cancelled.set()
        thread.join()
    if faults:
        raise faults[0]
    yield outcome[0]
