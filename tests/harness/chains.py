"""Chains of transforms from the text in which they are written."""

from __future__ import annotations

from typing import Any

from waves.language.model.models import Origin, Place, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader
from waves.language.model.validation import Validator
from waves.language.model.vocabulary import Vocabulary
from waves.language.patterns.chains import Chain
from waves.language.text.document import read_document


def data_of(written: str) -> Any:
    return read_document(f"a: {{{written}}}\n", "w.yaml").entries["a"].data


def chain_of(data: dict[str, Any]) -> Chain:
    validator = Validator(Vocabulary({}, frozenset()), "a")
    place = Place(Origin("a"))
    chain = ChainReader(validator).chain({key: WrittenParameter(one, place.below(key)) for key, one in data.items()})
    assert validator.findings == []
    return chain
