"""What torch and transformers raise, as the user reads it."""

from wrappers.base import WrapperError


def first_line(error: BaseException, limit: int = 200) -> str:
    """What `error` says, short enough for a sentence and without its full stop."""
    text = next(iter(str(error).splitlines()), "no message").rstrip(".")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; torch raises a RuntimeError for it as well."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text


def while_generating(error: BaseException) -> WrapperError:
    """`error`, raised by the model in the midst of an answer."""
    if is_out_of_memory(error):
        return WrapperError(
            "out_of_memory",
            "There was not enough memory to go on.",
            "Shorten the conversation, or unload another model.",
        )
    return WrapperError(
        "model_raised",
        f"The model raised {type(error).__name__}: {first_line(error)}.",
        "The log has the whole of it; trying again is safe.",
    )


def while_loading(error: BaseException) -> WrapperError:
    """`error`, raised while the weights were read."""
    if is_out_of_memory(error):
        return WrapperError(
            "out_of_memory",
            "There was not enough memory for the model.",
            "Close other programs or unload another model, then try again.",
        )
    return WrapperError(
        "bad_model",
        f"The model cannot be loaded ({type(error).__name__}: {first_line(error)}).",
        "Check that its files are whole, or register it again.",
    )
