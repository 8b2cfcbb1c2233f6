"""The floor of a speed: the bare engine, told when to write.

``python -m tests.bench.bare_loop transformers|onnx FOLDER``. Told messages and a number of tokens,
it tells how many tokens a second came after the first. The settings are those that Parley uses: as
many threads as there are cores, none of which spins, and a cache no larger than is needed.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.telling import tell

Messages = list[dict[str, str]]


def onnx(folder: Path) -> Callable[[Messages, int], Iterator[None]]:
    import onnxruntime_genai as og

    config = og.Config(str(folder))
    session = {
        "intra_op_num_threads": len(os.sched_getaffinity(0)),
        "session.intra_op.allow_spinning": "0",
    }
    config.overlay(json.dumps({"model": {"decoder": {"session_options": session}}}))
    model = og.Model(config)
    tokenizer = og.Tokenizer(model)

    def write(messages: Messages, count: int) -> Iterator[None]:
        text = tokenizer.apply_chat_template(json.dumps(messages), add_generation_prompt=True)
        prompt = tokenizer.encode(text)
        params = og.GeneratorParams(model)
        params.set_search_options(do_sample=False, max_length=len(prompt) + count)
        generator = og.Generator(model, params)
        generator.append_tokens(prompt)
        stream = tokenizer.create_stream()
        while not generator.is_done():
            generator.generate_next_token()
            stream.decode(generator.get_next_tokens()[0])
            yield

    return write


def transformers(folder: Path) -> Callable[[Messages, int], Iterator[None]]:
    import queue
    import threading

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.generation.streamers import BaseStreamer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)

    def write(messages: Messages, count: int) -> Iterator[None]:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()

        class HandOver(BaseStreamer):  # type: ignore[misc]  # the base is untyped
            def put(self, value: Any) -> None:
                if value.numel() == 1:  # not the prompt
                    pieces.put(int(value))

            def end(self) -> None:
                pieces.put(None)

        def generate() -> None:
            with torch.inference_mode():
                model.generate(prompt, do_sample=False, max_new_tokens=count, streamer=HandOver())

        thread = threading.Thread(target=generate)
        thread.start()
        while pieces.get() is not None:
            yield
        thread.join()

    return write


def main() -> None:
    os.nice(10)
    write = {"onnx": onnx, "transformers": transformers}[sys.argv[1]](Path(sys.argv[2]))
    while line := sys.stdin.readline():
        request = json.loads(line)
        times = [time.perf_counter() for _ in write(request["messages"], request["tokens"])]
        tell(tokens=len(times), tokens_per_s=(len(times) - 1) / (times[-1] - times[0]))


if __name__ == "__main__":
    main()
