"""Loading a transformers model in another dtype than the one it was logged in.

How quick each is, ARCHITECTURE.md tells.
"""

import importlib.util
import types
from typing import Any, Final

from wrappers.base import ReportStage, WrapperError

DTYPES: Final = ("float32", "bfloat16", "float16", "int8")

_FEW_ROWS: Final = 4
"""Up to here torch's int8 kernel is quicker than making floats of the weights: one token at a
time is."""


def check_dtype(dtype: str | None) -> None:
    """Raises `WrapperError` for what there is not, or not here."""
    if dtype is not None and dtype not in DTYPES:
        raise WrapperError("usage", f"There is no dtype {dtype} here.", f"Use {', '.join(DTYPES)}.")
    if dtype == "int8" and importlib.util.find_spec("torchao") is None:
        raise WrapperError(
            "engine_missing",
            "Loading a model as int8 needs torchao, which is not installed here.",
            "Install it with: pip install torchao. Or load the model as bfloat16.",
        )


def convert(model: Any, dtype: str, report: ReportStage) -> None:
    """Have `model`, a `PreTrainedModel`, hold its weights in `dtype`."""
    import torch

    if dtype == "int8":
        report("Quantizing to int8")
        _quantize(model)
        _convert_floats(model, torch.bfloat16)
    elif model.dtype != (wanted := getattr(torch, dtype)):
        report(f"Converting to {dtype}")
        _convert_floats(model, wanted)


def _convert_floats(model: Any, dtype: Any) -> None:
    """As ``from_pretrained`` does it. The module's own `to` would round the frequencies of the
    positions as well, which stand in buffers that are no part of the weights."""
    persistent = model.state_dict().keys()
    buffers = [buffer for name, buffer in model.named_buffers() if name in persistent]
    for tensor in (*model.parameters(), *buffers):
        if tensor.is_floating_point() and not _is_quantized(tensor):
            tensor.data = tensor.data.to(dtype)


def _is_quantized(tensor: Any) -> bool:
    return hasattr(tensor, "qdata")


def _quantize(model: Any) -> None:
    """The weights of each layer to int8, with a scale per row; activations stay floats, and so do
    the embeddings and the head, which decide between tokens.

    It is done from the logged weights, layer by layer, so that there are never two copies of all.
    """
    import torch
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    head = model.get_output_embeddings()

    def is_quantized(module: Any, _name: str) -> bool:
        return isinstance(module, torch.nn.Linear) and module is not head

    quantize_(model, Int8WeightOnlyConfig(), filter_fn=is_quantized)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module is not head:
            # The scale of a row is made for the kernel below: bfloat16, one number a row.
            module.register_buffer(
                "row_scales",
                module.weight.scale.flatten().to(torch.bfloat16),
                persistent=False,
            )
            module.forward = types.MethodType(_int8_linear, module)


def _int8_linear(module: Any, rows: Any) -> Any:
    """`torch.nn.Linear.forward` over int8 weights.

    By itself torchao makes floats of all weights in each step, and leaves the kernel that reads
    them as they are to ``torch.compile``, which wants a compiler and minutes.
    """
    import torch

    count = rows.numel() // rows.shape[-1]
    if count > _FEW_ROWS or rows.device.type != "cpu" or rows.dtype != torch.bfloat16:
        return torch.nn.functional.linear(rows, module.weight, module.bias)
    flat = rows.reshape(count, rows.shape[-1])
    result = torch._weight_int8pack_mm(flat, module.weight.qdata, module.row_scales)  # noqa: SLF001
    result = result.reshape(*rows.shape[:-1], result.shape[-1])
    return result if module.bias is None else result + module.bias
