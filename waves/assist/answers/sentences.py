"""Sentences on nodes, parameters and sounds, all of them from the catalogue and the text."""

from __future__ import annotations

import re

from waves.assist.meaning.piece_names import Located, PieceNames
from waves.language.text.comments import comment_of
from waves.node import Node
from waves.node_types.library.catalogue import describe, describe_parameter, facts
from waves.node_types.library.library import called
from waves.node_types.library.parameters import Parameter

ENTRIES = {  # names with a meaning at the top of a file
    "vars": "Constants with a name.",
    "settings": "The moment when saves take effect, and their fade.",
    "templates": "A place for anchors.",
    "patterns": "Patterns with a name, which stands for them in others.",
}
SENTENCE = re.compile(r".*?\.(?=\s|$)")


def first_sentence(text: str) -> str:
    """The first sentence of a text, or all of it."""
    match = SENTENCE.match(text)
    return match[0] if match else text


def node_help(kind: type[Node]) -> str:
    """The summary of a node type."""
    return str(describe(kind)["summary"])


def output_help(kind: type[Node], name: str) -> str:
    """The sentence on a channel or an output of a node type."""
    return f"{'An output' if name in kind.outputs else 'A channel'} of a node '{called(kind)}'."


def parameter_detail(p: Parameter) -> str:
    """Default, unit and range of a parameter."""
    return facts(describe_parameter(p))


def sound_help(names: PieceNames, located: Located) -> str:
    """The comment of a sound."""
    return comment_of(names.files[located.file].lines, located.entry.first + 1)
