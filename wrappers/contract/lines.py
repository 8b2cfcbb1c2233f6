"""Requests and events as lines of JSON, and back."""

from typing import Any

import msgspec

from wrappers.contract.events import AnyEvent, Event
from wrappers.contract.requests import AnyRequest, Request

_encoder = msgspec.json.Encoder()
_request_decoder: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_line(value: Request | Event) -> bytes:
    """One line of JSON with its line feed; JSON escapes any within strings. Half of a UTF-16 pair,
    which an editor, a model or an argument may hold and no JSON can, is sent as U+FFFD."""
    try:
        return _encoder.encode(value) + b"\n"
    except UnicodeEncodeError:
        return _encoder.encode(_whole(msgspec.to_builtins(value))) + b"\n"


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_whole(key): _whole(one) for key, one in value.items()}
        case list() | tuple():
            return [_whole(one) for one in value]
        case _:
            return value


def decode_request(line: bytes) -> AnyRequest:
    """Raises `msgspec.DecodeError` for a line that is no request."""
    return _request_decoder.decode(line)


def decode_event(line: bytes) -> AnyEvent:
    """Raises `msgspec.DecodeError` for a line that is no event."""
    return _event_decoder.decode(line)
