"""Types of unquoted scalars."""

import pytest

from tests.harness.documents import data
from waves.problem import Problems


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


@pytest.mark.parametrize("written", ["9" * 5000, "1e400", "-1e400", "9" * 310])
def test_a_number_that_is_too_large_is_told_as_it_is_written(written: str) -> None:
    with pytest.raises(Problems, match=r"is too large$") as found:
        data(f"a:\n  b: {written}")
    assert f"'{written[:20]}" in found.value.problems[0].sentence and len(str(found.value)) < 100
