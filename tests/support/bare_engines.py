"""Greedy answers of the bare engines, with nothing of Parley in between.

``python -m tests.support.bare_engines transformers|onnx FOLDER`` reads messages as JSON from
standard input and prints ``prompt``, ``prompt_token_ids``, ``token_ids`` and ``text``. A process of
its own, so that the window's tests hold no engine.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parents[2]


class Spoken(TypedDict):
    prompt: str
    prompt_token_ids: list[int]
    token_ids: list[int]
    text: str


def ask(engine: str, folder: Path, messages: list[dict[str, str]], max_tokens: int) -> Spoken:
    """The engine's greedy answer, token by token."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.bare_engines", engine, str(folder), str(max_tokens)],
        input=json.dumps(messages),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    spoken: Spoken = json.loads(done.stdout.splitlines()[-1])
    return spoken


def ask_transformers(folder: Path, messages: list[dict[str, str]], max_tokens: int) -> Spoken:
    """`transformers` alone: its template, its tokenizer, its `generate`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        out = model.generate(ids, do_sample=False, max_new_tokens=max_tokens)
    new = out[0, ids.shape[1] :].tolist()
    return {
        "prompt": prompt,
        "prompt_token_ids": ids[0].tolist(),
        "token_ids": new,
        "text": tokenizer.decode(new, skip_special_tokens=True),
    }


def ask_onnx(folder: Path, messages: list[dict[str, str]], max_tokens: int) -> Spoken:
    """onnxruntime-genai alone: its template, its tokenizer, its generator, the prompt at once."""
    import onnxruntime_genai as og

    model = og.Model(str(folder))
    tokenizer = og.Tokenizer(model)
    prompt = tokenizer.apply_chat_template(json.dumps(messages), add_generation_prompt=True)
    ids = tokenizer.encode(prompt)
    params = og.GeneratorParams(model)
    params.set_search_options(do_sample=False, max_length=len(ids) + max_tokens)
    generator = og.Generator(model, params)
    generator.append_tokens(ids)
    new: list[int] = []
    while not generator.is_done():
        generator.generate_next_token()
        new.append(int(generator.get_next_tokens()[0]))
    spoken: Spoken = {
        "prompt": prompt,
        "prompt_token_ids": [int(one) for one in ids],
        "token_ids": new,
        "text": tokenizer.decode(new),
    }
    del generator, params, tokenizer, model
    return spoken


if __name__ == "__main__":
    given = json.load(sys.stdin)
    asked = {"transformers": ask_transformers, "onnx": ask_onnx}[sys.argv[1]]
    sys.stdout.write(json.dumps(asked(Path(sys.argv[2]), given, int(sys.argv[3]))) + "\n")
