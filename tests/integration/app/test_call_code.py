"""The copied call, run by itself, against what Parley streams."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.answer import Answer
from app.domain.call_code import Call, call_code
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.program import Services
from tests.support.copied_code import run_copied
from tests.support.demo_models import ONNX, TRANSFORMERS, copy_home, demo_models
from tests.support.tiny_model import build_tiny_phi3
from tests.support.tiny_onnx import build_tiny_onnx
from wrappers.contract import Message, Sampling

GREEDY = Sampling(temperature=0.0, max_tokens=24)
QUESTION = Call(messages=(Message("user", 'What is "the" capital of Spain?\nIn one word: 🙂'),))


@dataclass(frozen=True)
class Compared:
    streamed: str
    printed: str


async def ask_both(services: Services, folder: Path, name: str, call: Call) -> Compared:
    """What Parley streams, and what the copied program prints in a process of its own."""
    card = await services.catalog.describe(name)
    services.sessions.select(card.version)
    capabilities = await services.sessions.load()
    engine = services.sessions.current
    assert engine is not None
    if call.messages is None:
        states = services.prompt.complete(engine, call.prompt or "", GREEDY)
    else:
        states = services.chat.answer(engine, call.messages, GREEDY)
    answer: Answer | None = None
    async for answer in states:  # noqa: B007 - the last one is wanted
        pass
    assert answer is not None
    assert answer.failure is None
    await services.sessions.unload()
    code = call_code(card, services.catalog.tracking_uri, call, GREEDY, capabilities)
    return Compared(answer.text, run_copied(code, folder))


@pytest.fixture(scope="module")
def tiny_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tiny")
    checkpoint = build_tiny_phi3(folder / "checkpoint")
    return {
        "transformers": checkpoint,
        "onnx": build_tiny_onnx(checkpoint, folder / "onnx", precision="int4"),
    }


@pytest.fixture
async def tiny(
    tiny_folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    services = build_services(Settings(home=tmp_path / "home"))
    for wrapper in ("transformers", "onnx"):
        job = services.jobs.start_register(wrapper, str(tiny_folders[wrapper]), f"tiny-{wrapper}")
        await job.wait()
    yield services
    await services.close()


@pytest.mark.slow
async def test_that_the_copied_call_of_a_tiny_model_prints_the_streamed_answer(
    tiny: Services, tmp_path: Path
) -> None:
    prompt = Call(prompt='<|user|>\nIt\'s "this"\\?<|end|>\n<|assistant|>\n')
    for name, call in (
        ("tiny-transformers", QUESTION),
        ("tiny-transformers", prompt),
        ("tiny-onnx", prompt),
    ):
        both = await ask_both(tiny, tmp_path, name, call)
        # MLflow's predict strips the white space that a text begins with.
        assert both.printed.lstrip() == both.streamed.lstrip() != ""


@pytest.mark.demo
async def test_that_the_copied_calls_of_the_demo_print_the_streamed_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    services = build_services(Settings(home=copy_home(demo_models(), tmp_path / "home")))
    try:
        prompt = Call(
            prompt="<|im_start|>user\nWhat is the capital of Spain?<|im_end|>\n"
            "<|im_start|>assistant\n"
        )
        for name, call in ((TRANSFORMERS, QUESTION), (TRANSFORMERS, prompt), (ONNX, prompt)):
            both = await ask_both(services, tmp_path, name, call)
            assert both.printed == both.streamed != ""
    finally:
        await services.close()
