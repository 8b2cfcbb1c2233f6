"""``parley register`` and ``parley demo``."""

from app.cli.context import Context
from app.services.jobs import Job
from wrappers.contract import JobProgress, ModelReady


async def register(context: Context) -> None:
    """Log a model folder and register it."""
    options = context.asked.options
    jobs = context.services.jobs
    await _follow(context, jobs.start_register(options.wrapper, options.source, options.name))


async def demo(context: Context) -> None:
    """Make what is missing of the two demo models."""
    await _follow(context, context.services.jobs.start_demo())


async def _follow(context: Context, job: Job) -> None:
    output = context.output
    shown: JobProgress | None = None

    def show_progress() -> None:
        nonlocal shown
        if job.progress is None or job.progress is shown:
            return
        before, shown = shown, job.progress
        if output.as_json:
            output.event(shown)
        elif before is None or before.stage != shown.stage:
            step = f"[{shown.step}/{shown.steps}] " if shown.step and shown.steps else ""
            output.note(f"{step}{shown.stage}")

    def show_ready(name: str, version: str) -> None:
        if output.as_json:
            output.event(ModelReady(name=name, version=version))
        else:
            output.line(f"{name}/{version} is registered.")

    job.changed.connect(show_progress)
    forget = context.services.jobs.model_ready.connect(show_ready)
    try:
        with context.interrupts.during(job.cancel):
            registered = await job.wait()
    finally:
        forget()
    if output.as_json:
        output.event(registered)
