"""What a transformers model thinks could come next."""

import copy
from collections.abc import Sequence
from typing import Any

from wrappers.transformers_errors import while_generating


def next_distribution(
    model: Any, prompt: Sequence[int], cache: Any, generation_config: Any
) -> tuple[Any, Any]:
    """The softmax of the model's logits after `prompt`, and the distribution that it samples from:
    two arrays over the vocabulary.

    Both are ``generate``'s own for its first token, from what stands in `cache` on: whatever
    `generation_config` has it do to the logits is in the second. Raises `WrapperError`.
    """
    import torch

    config = copy.deepcopy(generation_config)
    config.update(
        max_new_tokens=1, return_dict_in_generate=True, output_logits=True, output_scores=True
    )
    try:
        input_ids = torch.tensor([list(prompt)], device=model.device)
        with torch.inference_mode():
            given = model.generate(
                input_ids=input_ids,
                attention_mask=torch.ones_like(input_ids),
                generation_config=config,
                **({} if cache is None else {"past_key_values": cache}),
            )
            scores = given.scores[0][0].float()
            if config.do_sample:
                sampled = scores.softmax(dim=-1)
            else:
                sampled = torch.zeros_like(scores)
                sampled[scores.argmax()] = 1.0
            probabilities = given.logits[0][0].float().softmax(dim=-1)
    except Exception as error:
        raise while_generating(error) from error
    return probabilities.cpu().numpy(), sampled.cpu().numpy()
