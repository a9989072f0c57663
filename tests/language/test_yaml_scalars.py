"""Types of unquoted scalars."""

import pytest

from tests.harness.documents import data


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("012", 12), ("1_000", 1000), ("-3", -3), ("+4", 4), ("0x1F", 31), ("0o17", 15), ("1_0.5", 10.5)),
        *(
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-.5e-1", -0.05),
            (".inf", float("inf")),
            ("9" * 5000, 1e999),
        ),
        *(("true", True), ("False", False), ("~", None), ("null", None), ("", None)),
        *(
            ("yes", "yes"),
            ("on", "on"),
            ("1:3", "1:3"),
            ("'1'", "1"),
            ('"~"', "~"),
            ("bd:3", "bd:3"),
        ),
        *(("rand(1, 2)", "rand(1, 2)"), ("c#4", "c#4"), ("$a + 1", "$a + 1"), ("inf", "inf"), ("1 # one", 1)),
    ],
)
def test_scalars(written: str, meant: object) -> None:
    read = data(f"a:\n  b: {written}")["a"]["b"]
    assert (read, type(read)) == (meant, type(meant))
