"""JSON-RPC 2.0: text of a message in, a checked call out; results, errors and notifications as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_JSON, NO_REQUEST, NO_METHOD, BAD_PARAMS = -32700, -32600, -32601, -32602
REFUSED, TOO_MANY, NOT_ALLOWED, CONFLICT, GONE, NO_FILE = -32000, -32001, -32002, -32003, -32004, -32005

ERRORS = {
    NO_JSON: "The message is no JSON.",
    NO_REQUEST: "The message is no call.",
    NO_METHOD: "There is no such method.",
    BAD_PARAMS: "The arguments are wrong; `problems` in the data has them one by one.",
    REFUSED: "What was asked for is refused; `problems` in the data has the reasons one by one.",
    TOO_MANY: "Too many calls of this client wait.",
    NOT_ALLOWED: "The method is not for this client.",
    CONFLICT: "The file is newer than the text that was saved; the data is its text, as `text` gives it.",
    GONE: "The player is busy, or has ended.",
    NO_FILE: "There is no such file in the piece, or there is none any more.",
}
"""Meanings of the codes of errors."""

DEEPEST = 32  # values inside each other in one message


class RpcError(Exception):
    """A call that is answered with an error. `data` is more about it, as plain data."""

    def __init__(self, code: int, sentence: str, data: Any = None, number: int | str | None = None):
        """`number`: the id of the call, if it could be read."""
        super().__init__(sentence)
        self.code, self.sentence, self.data, self.number = code, sentence, data, number

    @property
    def text(self) -> str:
        """The answer of an error."""
        error = {"code": self.code, "message": self.sentence}
        if self.data is not None:
            error["data"] = self.data
        return json.dumps({"jsonrpc": "2.0", "id": self.number, "error": error})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a client. Without a number it is a notification, which is not answered."""

    method: str
    params: Mapping[str, Any]
    number: int | str | None


def read_call(message: str | bytes) -> Call:
    """The call in a message. Raises RpcError, also for lists of calls, positional arguments and numbers such as NaN."""
    if isinstance(message, bytes):
        raise RpcError(NO_REQUEST, "messages to the player are text, not binary")
    try:
        data = json.loads(message, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RpcError(NO_JSON, f"this is no JSON: {reason}") from None
    if not isinstance(data, dict):
        raise RpcError(NO_REQUEST, "one message is one call, an object with jsonrpc, method, params and id")
    number = data.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str | None) or len(str(number)) > 100:
        raise RpcError(NO_REQUEST, "'id' is a whole number or a short text")
    if _deeper(data, DEEPEST):
        raise RpcError(NO_REQUEST, f"it is nested more than {DEEPEST} deep", number=number)
    method, params = data.get("method"), data.get("params", {})
    if data.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise RpcError(NO_REQUEST, "a call has 'jsonrpc': '2.0' and a 'method'", number=number)
    if not isinstance(params, dict):
        raise RpcError(BAD_PARAMS, "'params' is an object: arguments are given by name", number=number)
    return Call(method, params, number)


def result(number: int | str | None, value: Any) -> str:
    """The answer of a call that went well."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": value})


def notification(method: str, params: Mapping[str, Any]) -> str:
    """A message that asks for no answer."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params})


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text:.40} is too large")
    return number


def _deeper(data: Any, levels: int) -> bool:
    """Whether values stand deeper inside each other than so many levels."""
    inside = [data]
    for _ in range(levels):
        inside = [
            value
            for outer in inside
            for value in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(value, dict | list)
        ]
        if not inside:
            return False
    return True
