"""Long work in a registry child of its own."""

import asyncio

import pytest

from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.scripted_host import Death, ScriptedHost
from wrappers.contract import AnyEvent, AnyRequest, CleanUp, Failed, MakeDemo, Registered


async def test_that_a_job_tells_its_progress_and_each_model_it_makes(services: Services) -> None:
    ready: list[tuple[str, str]] = []
    stages: list[str] = []
    services.jobs.model_ready.connect(lambda name, number: ready.append((name, number)))
    job = services.jobs.start_demo()
    job.changed.connect(lambda: stages.append(job.progress.stage if job.progress else ""))

    assert list(services.jobs.current) == [job]
    assert await job.wait() == Registered(id=2, name="second", version="1")
    assert ready == [("first", "1"), ("second", "1")]
    assert "Writing" in stages
    assert not job.running
    assert not services.jobs.current


async def test_that_a_failed_job_says_why(services: Services, host: ScriptedHost) -> None:
    def script(request: AnyRequest) -> list[AnyEvent] | None:
        failed = Failed(kind="not_found", message="There is no such folder.")
        return [failed] if isinstance(request, MakeDemo) else None

    host._script = script
    job = services.jobs.start_demo()

    with pytest.raises(ServiceError, match="no such folder"):
        await job.wait()
    assert job.failure is not None
    assert not any(isinstance(one, CleanUp) for one in host.requests)


async def test_that_a_cancelled_job_is_cleaned_up_after(
    services: Services, host: ScriptedHost
) -> None:
    job = services.jobs.start_register("onnx", "nowhere", "name")
    await asyncio.sleep(0)
    job.cancel()

    with pytest.raises(ServiceError) as caught:
        await job.wait()
    assert caught.value.failed.kind == "cancelled"
    assert any(isinstance(one, CleanUp) for one in host.requests)
    assert not services.jobs.current


@pytest.mark.expects_log("The registry's process ended")
async def test_that_a_job_whose_process_died_is_cleaned_up_after(
    services: Services, host: ScriptedHost
) -> None:
    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, MakeDemo):
            return [Death()]
        return None

    host._script = script
    job = services.jobs.start_demo()

    with pytest.raises(ServiceError) as caught:
        await job.wait()
    assert caught.value.failed.kind == "died"
    assert any(isinstance(one, CleanUp) for one in host.requests)


async def test_that_closing_cancels_what_runs(services: Services) -> None:
    job = services.jobs.start_demo()
    await services.jobs.close()

    assert not job.running
    assert job.result is None
