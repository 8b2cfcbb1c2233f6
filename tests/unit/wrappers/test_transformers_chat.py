"""Wrapper 1's pure parts: checking a folder, deciding the knobs, decoding as tokens come."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrappers.base import WrapperError
from wrappers.contract import Sampling
from wrappers.transformers_files import check_checkpoint, check_safetensors
from wrappers.transformers_sampling import (
    PIPELINE_NEW_TOKENS,
    Plan,
    default_sampling,
    model_defaults,
    plan,
)
from wrappers.transformers_stream import (
    CHUNK_TOKENS,
    TextStream,
    shared_prefix,
    tokens_in_whole_chunks,
)


def write_safetensors(path: Path, payload: bytes = b"\0" * 16) -> Path:
    header = json.dumps(
        {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, len(payload)]}}
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + payload)
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """The files of a checkpoint, with weights of 16 bytes."""
    config = {"architectures": ["Phi3ForCausalLM"], "dtype": "bfloat16"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    write_safetensors(tmp_path / "model.safetensors")
    return tmp_path


class TestCheckingAFolder:
    def test_that_a_whole_checkpoint_is_described(self, checkpoint: Path) -> None:
        found = check_checkpoint(checkpoint)

        assert found.architecture == "Phi3ForCausalLM"
        assert found.dtype == "bfloat16"
        assert found.size_bytes == (checkpoint / "model.safetensors").stat().st_size

    @pytest.mark.parametrize("lost", ["config.json", "model.safetensors", "tokenizer.json"])
    def test_that_a_missing_file_is_named(self, checkpoint: Path, lost: str) -> None:
        (checkpoint / lost).unlink()

        with pytest.raises(WrapperError) as raised:
            check_checkpoint(checkpoint)

        assert raised.value.kind == "artifacts_missing"
        assert Path(lost).stem in raised.value.message

    @pytest.mark.parametrize("kept", [0, 4, 12, -1])
    def test_that_weights_cut_anywhere_are_refused(self, checkpoint: Path, kept: int) -> None:
        weights = checkpoint / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:kept])

        with pytest.raises(WrapperError) as raised:
            check_checkpoint(checkpoint)

        assert raised.value.kind == "artifacts_missing"
        assert "model.safetensors" in raised.value.message

    def test_that_a_header_that_is_no_header_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "model.safetensors"
        file.write_bytes(struct.pack("<Q", 6) + b"[1, 2]")

        with pytest.raises(WrapperError, match="cut short or damaged"):
            check_safetensors(file)

    def test_that_a_part_that_the_index_names_must_be_there(self, checkpoint: Path) -> None:
        weights = checkpoint / "model.safetensors"
        weights.rename(checkpoint / "model-00001-of-00002.safetensors")
        parts = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
        index = checkpoint / "model.safetensors.index.json"
        index.write_text(json.dumps({"weight_map": dict(zip("ab", parts, strict=True))}))

        with pytest.raises(WrapperError, match="model-00002-of-00002") as raised:
            check_checkpoint(checkpoint)
        assert raised.value.kind == "artifacts_missing"

        write_safetensors(checkpoint / parts[1])
        assert check_checkpoint(checkpoint).size_bytes == sum(
            (checkpoint / part).stat().st_size for part in parts
        )

    def test_that_a_model_of_another_kind_is_no_chat_model(self, checkpoint: Path) -> None:
        (checkpoint / "config.json").write_text('{"architectures": ["BertForMaskedLM"]}')

        with pytest.raises(WrapperError, match="BertForMaskedLM") as raised:
            check_checkpoint(checkpoint)

        assert raised.value.kind == "not_a_chat_model"

    def test_that_a_tokenizer_without_a_template_is_no_chat_model(self, checkpoint: Path) -> None:
        (checkpoint / "chat_template.jinja").unlink()
        with pytest.raises(WrapperError, match="chat template") as raised:
            check_checkpoint(checkpoint)
        assert raised.value.kind == "not_a_chat_model"

        (checkpoint / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
        assert check_checkpoint(checkpoint).architecture == "Phi3ForCausalLM"

    def test_that_an_onnx_folder_is_sent_to_the_other_wrapper(self, tmp_path: Path) -> None:
        (tmp_path / "genai_config.json").write_text("{}")

        with pytest.raises(WrapperError) as raised:
            check_checkpoint(tmp_path)

        assert "ONNX" in raised.value.advice

    def test_that_a_folder_that_is_not_there_is_not_found(self, tmp_path: Path) -> None:
        with pytest.raises(WrapperError) as raised:
            check_checkpoint(tmp_path / "nowhere")

        assert raised.value.kind == "not_found"

    def test_that_a_config_that_does_not_parse_is_a_bad_model(self, checkpoint: Path) -> None:
        (checkpoint / "config.json").write_text('{"architectures": [')

        with pytest.raises(WrapperError) as raised:
            check_checkpoint(checkpoint)

        assert raised.value.kind == "bad_model"


def decide(sampling: Sampling, prompt_tokens: int = 10, **defaults: object) -> Plan:
    return plan(sampling, defaults, prompt_tokens=prompt_tokens, context_length=100)


class TestDecidingTheKnobs:
    def test_that_a_model_that_asks_for_nothing_is_greedy(self) -> None:
        assert not decide(Sampling()).do_sample
        assert default_sampling({}).temperature == 0.0

    def test_that_a_temperature_alone_does_not_make_the_model_sample(self) -> None:
        assert not decide(Sampling(), temperature=0.6).do_sample

    def test_that_a_model_that_asks_to_be_sampled_gives_its_own_knobs(self) -> None:
        found = decide(Sampling(), do_sample=True, temperature=0.6, top_p=0.9, top_k=20)

        assert (found.do_sample, found.temperature, found.top_p, found.top_k) == (
            True,
            0.6,
            0.9,
            20,
        )

    def test_that_temperature_0_is_greedy_whatever_the_model_asks(self) -> None:
        assert not decide(Sampling(temperature=0), do_sample=True, temperature=0.6).do_sample

    def test_that_the_request_prevails_over_the_model(self) -> None:
        asked = Sampling(temperature=1.5, top_p=0.5, top_k=0, max_tokens=7, seed=3)
        found = decide(asked, do_sample=False, top_p=0.9, top_k=20, max_new_tokens=50)

        settings = found.generation_settings()
        assert settings == {
            "do_sample": True,
            "temperature": 1.5,
            "top_p": 0.5,
            "top_k": 0,
            "max_new_tokens": 7,
        }
        assert found.seed == 3

    def test_that_what_was_logged_stands_over_the_checkpoint(self) -> None:
        merged = model_defaults(
            {"max_new_tokens": 20, "top_k": 5}, {"max_new_tokens": 30, "top_k": None}
        )

        assert merged["max_new_tokens"] == 30

    def test_that_max_length_counts_the_prompt(self) -> None:
        assert decide(Sampling(), prompt_tokens=10, max_length=30).max_new_tokens == 20

    def test_that_a_conversation_past_max_length_goes_on(self) -> None:
        found = plan(Sampling(), {"max_length": 30}, prompt_tokens=40, context_length=None)

        assert found.max_new_tokens == PIPELINE_NEW_TOKENS

    def test_that_the_context_ends_an_answer_that_asks_for_more(self) -> None:
        cut = decide(Sampling(max_tokens=50), prompt_tokens=90)
        whole = decide(Sampling(max_tokens=10), prompt_tokens=90)

        assert (cut.max_new_tokens, cut.at_limit) == (10, "context_full")
        assert (whole.max_new_tokens, whole.at_limit) == (10, "length")

    @pytest.mark.parametrize(("prompt_tokens", "too_many"), [(100, 1), (107, 8)])
    def test_that_a_prompt_too_long_says_by_how_many(
        self, prompt_tokens: int, too_many: int
    ) -> None:
        with pytest.raises(WrapperError) as raised:
            decide(Sampling(), prompt_tokens=prompt_tokens)

        assert raised.value.kind == "context_too_long"
        assert f" {too_many} more than" in raised.value.message

    @pytest.mark.parametrize(
        "asked",
        [
            Sampling(temperature=-0.1),
            Sampling(temperature=float("nan")),
            Sampling(top_p=1.1),
            Sampling(top_k=-1),
            Sampling(max_tokens=0),
        ],
    )
    def test_that_a_value_that_means_nothing_is_refused(self, asked: Sampling) -> None:
        with pytest.raises(WrapperError) as raised:
            decide(asked)

        assert raised.value.kind == "usage"


class TestReadingInChunks:
    def test_that_the_last_chunk_is_never_empty(self) -> None:
        for length in range(1, 4 * CHUNK_TOKENS):
            whole = tokens_in_whole_chunks(length)
            assert whole % CHUNK_TOKENS == 0
            assert 1 <= length - whole <= CHUNK_TOKENS

    def test_that_a_shared_prefix_ends_at_the_first_difference(self) -> None:
        assert shared_prefix([1, 2, 3], [1, 2, 4]) == 2
        assert shared_prefix([1, 2], [1, 2, 3]) == 2
        assert shared_prefix([], [1]) == 0


class TestDecodingAsTokensCome:
    @given(st.lists(st.binary(max_size=5), max_size=30))
    def test_that_the_pieces_are_the_whole(self, vocabulary: list[bytes]) -> None:
        def decode(tokens: object) -> str:
            assert isinstance(tokens, list)
            return b"".join(vocabulary[token] for token in tokens).decode("utf-8", "replace")

        stream = TextStream(decode)
        tokens = list(range(len(vocabulary)))
        pieces = [stream.feed(token) for token in tokens]

        assert "".join(pieces) + stream.flush() == decode(tokens)

    @given(st.text(alphabet="a🙂👩‍👩‍👧ב́م日\n", max_size=20), st.integers(1, 3))
    def test_that_no_character_is_shown_before_it_is_whole(self, text: str, size: int) -> None:
        data = text.encode()
        parts = [data[at : at + size] for at in range(0, len(data), size)]

        def decode(tokens: object) -> str:
            assert isinstance(tokens, list)
            return b"".join(parts[token] for token in tokens).decode("utf-8", "replace")

        stream = TextStream(decode)
        pieces = [stream.feed(token) for token in range(len(parts))]

        assert "".join(pieces) == text
        assert stream.flush() == ""
