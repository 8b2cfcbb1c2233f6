"""The demo: real weights in two wrappers, made whole or not at all, and mended."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.asking import ask, connected, described, listed, own_home
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home, demo_models
from wrappers import demo
from wrappers.base import WrapperError
from wrappers.contract import CleanUp, JobProgress, MakeDemo, ModelReady, Registered
from wrappers.registry_register import folder_size

ROOT = Path(__file__).resolve().parents[3]

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
PROMPT = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
ANSWER = "The capital of France is Paris."

TEXTS = (
    "  two spaces, a\ttab and\n\na blank line ",
    "don't, 12345 and 3.14",
    "Ünïcode, 日本語, שלום, 🙂 and 👩‍👩‍👧",
    "<|im_start|>user\nTold apart: <|im_end|> <|end|>",
)


def silent(_stage: str, _fraction: float | None) -> None:
    pass


@pytest.fixture(scope="module")
def models() -> DemoModels:
    return demo_models()


@pytest.fixture
def home(models: DemoModels, tmp_path: Path) -> Path:
    """A home of its own with both models, and the weights at hand to make them anew."""
    home = copy_home(models, tmp_path / "home")
    (home / "cache" / "demo").symlink_to(models.home / "cache" / "demo", target_is_directory=True)
    return home


# --------------------------------------------------------------------------------------------
# The weights


@pytest.mark.demo
def test_that_the_weights_are_a_phi3_that_answers_in_english(models: DemoModels) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models.checkpoint)
    model = AutoModelForCausalLM.from_pretrained(models.checkpoint)
    assert type(model).__name__ == "Phi3ForCausalLM"
    assert model.dtype == torch.float32
    assert model.generation_config.do_sample is None
    prompt = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert prompt == PROMPT
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    answer = model.generate(ids, max_new_tokens=20)[0, ids.shape[1] :]
    assert tokenizer.decode(answer, skip_special_tokens=True) == ANSWER
    assert answer[-1] == tokenizer.eos_token_id == tokenizer.convert_tokens_to_ids("<|im_end|>")


@pytest.mark.demo
def test_that_the_onnx_model_answers_in_english(models: DemoModels) -> None:
    import onnxruntime_genai as og

    model = og.Model(str(models.onnx))
    tokenizer = og.Tokenizer(model)
    parameters = og.GeneratorParams(model)
    parameters.set_search_options(max_length=100, do_sample=False)
    generator = og.Generator(model, parameters)
    generator.append_tokens(tokenizer.encode(PROMPT))
    answer = []
    while not generator.is_done():
        generator.generate_next_token()
        answer.append(int(generator.get_next_tokens()[0]))
    assert tokenizer.decode(answer) == ANSWER
    assert answer[-1] == tokenizer.eos_token_ids[0]


@pytest.mark.demo
@pytest.mark.parametrize("text", TEXTS)
def test_that_both_engines_read_a_text_as_the_same_tokens(models: DemoModels, text: str) -> None:
    import onnxruntime_genai as og
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models.checkpoint)
    ids = tokenizer(text).input_ids
    assert og.Tokenizer(str(models.onnx)).encode(text).tolist() == ids
    assert tokenizer.decode(ids) == text


@pytest.mark.demo
def test_that_the_chat_template_adds_nothing_of_its_own(models: DemoModels) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models.checkpoint)
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    assert tokenizer.apply_chat_template(turns, tokenize=False) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n"
    )


# --------------------------------------------------------------------------------------------
# Making a folder


def write_two(folder: Path, _report: demo.Report) -> None:
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "weights").write_bytes(b"0123456789")


def test_that_a_folder_is_made_once(tmp_path: Path) -> None:
    made = demo._made(tmp_path, "onnx", write_two, silent)
    stamp = (made / "weights").stat().st_mtime_ns
    assert demo._made(tmp_path, "onnx", write_two, silent) == made
    assert (made / "weights").stat().st_mtime_ns == stamp


def test_that_a_folder_that_lost_a_file_is_made_again(tmp_path: Path) -> None:
    made = demo._made(tmp_path, "onnx", write_two, silent)
    (made / "weights").write_bytes(b"01234")
    (made / "config.json").unlink()
    demo._made(tmp_path, "onnx", write_two, silent)
    assert (made / "weights").read_bytes() == b"0123456789"
    assert (made / "config.json").is_file()


def test_that_an_interrupted_making_leaves_nothing_to_trust(tmp_path: Path) -> None:
    def write_one_and_end(folder: Path, _report: demo.Report) -> None:
        (folder / "weights").write_bytes(b"0123")
        raise WrapperError("cancelled", "Cancelled.")

    with pytest.raises(WrapperError):
        demo._made(tmp_path, "onnx", write_one_and_end, silent)
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["onnx.lock"]
    # What a killed process would have left.
    part = tmp_path / "demo" / ".onnx.1.part"
    part.mkdir()
    (part / "weights").write_bytes(b"0123")
    demo._made(tmp_path, "onnx", write_two, silent)
    assert not part.exists()


def test_that_a_maker_waits_for_another_and_can_be_cancelled(tmp_path: Path) -> None:
    from filelock import FileLock

    def cancel(stage: str, _fraction: float | None) -> None:
        raise WrapperError("cancelled", stage)

    (tmp_path / "demo").mkdir()
    # A lock of its own, as another process has it: locks are shared within one object only.
    with (
        FileLock(tmp_path / "demo" / "onnx.lock", is_singleton=False),
        pytest.raises(WrapperError, match="Waiting for another Parley"),
    ):
        demo._made(tmp_path, "onnx", write_two, cancel)


def test_that_the_builders_own_progress_is_told() -> None:
    told: list[tuple[str, float | None]] = []
    output = demo._BuilderOutput(lambda stage, fraction: told.append((stage, fraction)))
    output.write("\rProgress: [##########          ] 50.00%")
    ((stage, fraction),) = told
    assert stage == "Quantizing to int4"
    assert fraction == pytest.approx((0.05 + 0.66) / 2)


# --------------------------------------------------------------------------------------------
# In the registry


@pytest.mark.demo
def test_that_both_models_are_registered_with_alias_tags_and_description(
    models: DemoModels, home: Path
) -> None:
    server = connected(own_home(home))
    versions = listed(server)
    first, second = versions[f"models:/{TRANSFORMERS}/1"], versions[f"models:/{ONNX}/1"]
    assert (first.mode, second.mode) == ("messages", "template")
    assert (first.aliases, second.aliases) == (("champion",), ("challenger",))
    assert first.tags["parley.demo"] == second.tags["parley.demo"] == demo.SOURCE_MODEL
    assert "Phi-3" in first.description
    assert "ONNX" in second.description
    assert not described(server, TRANSFORMERS).trust.runs_code
    assert described(server, ONNX).trust.registered_here


@pytest.mark.demo
def test_that_a_demo_that_is_there_is_left_as_it_is(home: Path) -> None:
    server = connected(own_home(home))
    before = listed(server)
    events = ask(server, MakeDemo(id=3))
    assert [event.name for event in events if isinstance(event, ModelReady)] == [
        TRANSFORMERS,
        ONNX,
    ]
    assert isinstance(events[-1], Registered)
    assert (events[-1].name, events[-1].version) == (ONNX, "1")
    assert listed(server) == before


@pytest.mark.demo
def test_that_a_lost_alias_is_given_again_and_a_moved_one_is_not_taken(home: Path) -> None:
    server = connected(own_home(home))
    registry, _ = server._opened()
    registry.client.delete_registered_model_alias(TRANSFORMERS, "champion")
    ask(server, MakeDemo(id=3))
    assert listed(server)[f"models:/{TRANSFORMERS}/1"].aliases == ("champion",)
    registry.make_current()
    own = registry.client.create_model_version(TRANSFORMERS, str(home))
    registry.client.set_registered_model_alias(TRANSFORMERS, "champion", own.version)
    ask(server, MakeDemo(id=3))
    assert listed(server)[f"models:/{TRANSFORMERS}/2"].aliases == ("champion",)


def test_that_what_a_load_leaves_beside_a_model_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "registered_model_meta").write_bytes(b"model_name: demo-onnx")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "model.pyc").write_bytes(b"compiled")
    (tmp_path / "model.py").write_bytes(b"code")
    assert folder_size(tmp_path) == 4


@pytest.mark.demo
@pytest.mark.slow
def test_that_a_damaged_demo_model_is_registered_anew(home: Path) -> None:
    server = connected(own_home(home))
    registry, _ = server._opened()
    # As if a file had been cut short since: its size is no longer the one that was noted.
    registry.client.set_model_version_tag(ONNX, "1", "parley.size_bytes", "1")
    events = ask(server, MakeDemo(id=3))
    fractions = [event.fraction for event in events if isinstance(event, JobProgress)]
    known = [fraction for fraction in fractions if fraction is not None]
    assert known == sorted(known)
    assert known[-1] == 1.0
    assert isinstance(events[-1], Registered)
    assert events[-1].version == "2"
    assert listed(server)[f"models:/{ONNX}/2"].aliases == ("challenger",)
    assert listed(server)[f"models:/{ONNX}/1"].aliases == ()


@pytest.mark.demo
@pytest.mark.slow
def test_that_a_killed_demo_is_made_at_the_next_start(home: Path) -> None:
    server = connected(own_home(home))
    registry, _ = server._opened()
    registry.client.delete_registered_model(ONNX)
    command = [sys.executable, "-m", "tests.support.dying_registration"]
    moment = "after:MlflowClient.create_model_version"
    done = subprocess.run(
        [*command, str(home), "demo", "demo", moment], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr.decode()[-3000:]
    assert [uri for uri in listed(server) if ONNX in uri] == []
    ask(server, CleanUp(id=4))
    assert registry.client.search_registered_models(f"name = '{ONNX}'") == []
    ask(server, MakeDemo(id=3))
    version = listed(server)[f"models:/{ONNX}/1"]
    assert (version.mode, version.aliases) == ("template", ("challenger",))


@pytest.mark.demo
def test_that_the_marker_tells_every_file_of_the_weights(models: DemoModels) -> None:
    marker = json.loads((models.checkpoint.parent / "made.json").read_text(encoding="utf-8"))
    assert set(marker["files"]) == {path.name for path in models.checkpoint.iterdir()}
