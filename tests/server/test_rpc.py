"""Messages of clients: what is a call, and what is answered with which error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waves.server import rpc
from waves.server.rpc import Call, RpcError, read_call

GOOD = '{"jsonrpc": "2.0", "id": 1, "method": "pause", "params": {"paused": true}}'


def code_of(message: str | bytes) -> int:
    with pytest.raises(RpcError) as found:
        read_call(message)
    answer = json.loads(found.value.text)
    assert answer["jsonrpc"] == "2.0" and answer["error"]["code"] == found.value.code and answer["error"]["message"]
    return found.value.code


def test_a_call_and_a_notification():
    assert read_call(GOOD) == Call("pause", {"paused": True}, 1)
    assert read_call('{"jsonrpc": "2.0", "method": "hush"}') == Call("hush", {}, None)
    assert read_call(GOOD.replace("1,", '"a",')).number == "a"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", rpc.NO_JSON),
        ("{", rpc.NO_JSON),
        ("[" * 100_000, rpc.NO_JSON),
        ("1" * 10_000, rpc.NO_JSON),
        (GOOD.replace("true", "NaN"), rpc.NO_JSON),
        (GOOD.replace("true", "-Infinity"), rpc.NO_JSON),
        (GOOD.replace("true", "1e999"), rpc.NO_JSON),
        (GOOD.encode(), rpc.NO_REQUEST),
        ("[]", rpc.NO_REQUEST),
        (f"[{GOOD}]", rpc.NO_REQUEST),
        ("null", rpc.NO_REQUEST),
        (GOOD.replace('"2.0"', "2.0"), rpc.NO_REQUEST),
        (GOOD.replace('"pause"', "5"), rpc.NO_REQUEST),
        (GOOD.replace("1,", "true,"), rpc.NO_REQUEST),
        (GOOD.replace("1,", "[1],"), rpc.NO_REQUEST),
        (GOOD.replace("1,", f'"{"a" * 101}",'), rpc.NO_REQUEST),
        (GOOD.replace("true", "[" * 40 + "]" * 40), rpc.NO_REQUEST),
        (GOOD.replace('{"paused": true}', "[true]"), rpc.BAD_PARAMS),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_no_call_is_an_error(message, code):
    assert code_of(message) == code


def test_the_error_of_a_call_has_its_number():
    with pytest.raises(RpcError) as found:
        read_call(GOOD.replace('{"paused": true}', "3"))
    assert json.loads(found.value.text)["id"] == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def outcome(message: str | bytes) -> int:
    """The code of the error of a message, 0 for a call."""
    try:
        assert isinstance(read_call(message).params, dict)
    except RpcError as error:
        return int(json.loads(error.text)["error"]["code"])
    return 0


@given(st.text() | st.binary() | json_values.map(json.dumps))
def test_no_message_is_anything_but_a_call_or_an_error(message):
    assert outcome(message) in (0, rpc.NO_JSON, rpc.NO_REQUEST, rpc.BAD_PARAMS)


calls = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "1.0", 2]), "method": st.text() | json_values},
    optional={"id": json_values, "params": json_values},
)


@given(calls.map(json.dumps))
def test_no_call_is_anything_but_a_call_or_an_error(message):
    assert outcome(message) in (0, rpc.NO_JSON, rpc.NO_REQUEST, rpc.BAD_PARAMS)
