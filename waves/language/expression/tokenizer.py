"""Tokens of an expression, in an order in which they may stand; most mistakes are found here.

Only an `if` without `else` and a misplaced `not` are left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from waves.language.expression.builtin_names import FUNCTIONS, NOTE, NOTE_LENGTHS, note_apart
from waves.language.expression.measures import COUNTED, Measure, length_meant, length_of_score
from waves.language.expression.other_forms import midi_meant
from waves.problem import Problem, Problems, choice_meant, did_you_mean

MAX_DEPTH = 100  # brackets inside each other

TOKEN = re.compile(
    rf"""\s*(?:
    (?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
  | (?P<note>{NOTE}(?![\w#]))
  | (?P<name>\$[^\W\d]\w*(?:\.[^\W\d]\w*)?|[^\W\d]\w*)
  | (?P<doubled>&&|\|\||<>)
  | (?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>&|()\[\],])
  | (?P<wrong>\S)
  )""",
    re.VERBOSE,
)
MINUTES = re.compile(r"[0-9]+(?::[0-9]+)+")
RATIO = re.compile(r"([0-9]+):1")
OPERATOR_WORDS = ("and", "or", "not", "if", "else")
PREFIX_OPERATORS = {"+", "-", "not"}
NO_LIKE = {
    "tanh",
    "sinh",
    "cosh",
    "asin",
    "acos",
    "atan",
    "atan2",
    "arctan",
    "hypot",
    "cbrt",
    "osc",
    "mix",
    "map",
}  # of other languages, and nodes
LENGTHS = {f"{count}{'nd' if count in (2, 32) else 'th'}": NOTE_LENGTHS[count] for count in (2, 4, 8, 16, 32)}
LENGTHS |= {f"{count}n": NOTE_LENGTHS[count] for count in (1, 2, 4, 8, 16, 32)}
PYTHON_MODULES = {"np", "numpy", "math", "random"}  # written before a function in Python

LETTERS_AS_DIGITS = str.maketrans("OolI", "0011")
OTHER_OPERATORS = {  # operators of other languages: sentence and suggestion
    "=": ("'=' does not compare", "'=='"),
    "^": ("'^' is not a power", "'**'"),
    "!": ("'!' is not an operator", "'not'"),
    "~": ("'~' is not an operator", "'not'"),
    "&&": ("'&&' is not an operator", "'and'"),
    "||": ("'||' is not an operator", "'or'"),
    "<>": ("'<>' is not an operator", "'!='"),
    "?": ("'?' is not an operator; write 'a if condition else b'", ""),
    "−": ("'−' is a typographic sign", "'-'"),
    "–": ("'–' is a dash", "'-'"),
    "×": ("'×' is a typographic sign", "'*'"),
    "÷": ("'÷' is a typographic sign", "'/'"),
    ".": ("a '.' stands in numbers only", ""),
    "$": ("'$' needs the name of a node behind it", ""),
    "#": ("'#' has no note before it, as in 'c#4'", ""),
}


class ExpressionProblem(Problems):
    """One mistake in an expression: `problems[0]` has no mark, `column` counts from 0 in the text.

    `measure`: the number with a unit that the mistake is; what is meant depends on the unit of the parameter.
    """

    def __init__(self, sentence: str, column: int = 0, suggestion: str = "", measure: Measure | None = None):
        super().__init__(Problem(sentence, suggestion=suggestion or (f"'{measure.expression()}'" if measure else "")))
        self.column = column
        self.measure = measure

    def suggestion(self, unit: str) -> str:
        """The suggestion in a parameter of a unit, in quotes, or an empty string."""
        return f"'{self.measure.expression(unit)}'" if self.measure else self.problems[0].suggestion


class Token(NamedTuple):
    """A part of the text: a `name` is without its dollar, a `call` is a name before a bracket.

    An output of a node is part of its name: `ear.level`.
    """

    kind: Literal["number", "name", "call", "operator"]
    text: str
    column: int
    end: int
    dollar: bool = False

    @property
    def opens(self) -> bool:
        """Whether it is an opening bracket."""
        return self.kind == "operator" and self.text in ("(", "[")

    @property
    def closes(self) -> bool:
        """Whether it is a closing bracket."""
        return self.kind == "operator" and self.text in (")", "]")


def tokenize(text: str) -> list[Token]:
    """Cut an expression into tokens, and check their order; raises `ExpressionProblem`."""
    tokens = _cut(text)
    _check_order(tokens)
    return tokens


def digits_meant(word: str) -> str:
    """The number that a word with an O for a 0, or an l for a 1, is meant to be; "" for any other word.

    13O    130
    """
    number = word.translate(LETTERS_AS_DIGITS)
    return number if number != word and re.search(r"[1-9]", word) and re.fullmatch(r"\d+\.?\d*|\.\d+", number) else ""


def words(text: str) -> Iterator[tuple[str, str, int]]:
    """The words and signs of a text, whether they fit together or not: kind, text, and column from 0.

    The kinds are `number`, `note`, `name` with its dollar, `operator`; `doubled` and `wrong` mean nothing.
    """
    text = text.rstrip()
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match and match.lastgroup  # `wrong` takes any character
        kind, at = match.lastgroup, match.end()
        yield kind, match[kind], match.start(kind)


def _cut(text: str) -> list[Token]:
    tokens: list[Token] = []
    text = text.rstrip()
    for kind, word, column in words(text):
        at = column + len(word)
        if kind in ("wrong", "doubled"):
            raise _wrong(text, word, column, tokens)
        if kind == "operator" or word in OPERATOR_WORDS:
            tokens.append(Token("operator", word, column, at))
        elif kind == "number":
            tokens.append(Token("number", word, column, at))
        elif word.startswith("$"):
            tokens.append(Token("name", word[1:], column, at, dollar=True))
        else:
            tokens.append(Token("call" if text[at:].lstrip().startswith("(") else "name", word, column, at))
    return tokens


def _wrong(text: str, word: str, column: int, before: list[Token]) -> ExpressionProblem:
    """The problem of a character that cannot begin a token."""
    if word == ":" and before and before[-1].kind == "number":
        parts = MINUTES.match(text, before[-1].column)
        if parts and (ratio := RATIO.fullmatch(parts[0])):
            return ExpressionProblem("a ratio is one number", before[-1].column, f"'{ratio[1]}'")
        seconds = 0
        for part in parts[0].split(":") if parts else ():
            seconds = seconds * 60 + int(part)
        suggestion = f"'{seconds}'" if parts else ""
        return ExpressionProblem("times are in seconds, not minutes", before[-1].column, suggestion)
    if word == "." and before and before[-1].text in PYTHON_MODULES:
        function = re.match(r"\w*", text[column + 1 :])
        near = did_you_mean(function[0] if function else "", FUNCTIONS)
        sentence = f"functions are written without '{before[-1].text}.'"
        return ExpressionProblem(sentence, before[-1].column, near)
    if word == "?" and (meant := choice_meant(text)):
        return ExpressionProblem("a choice is written 'a if condition else b'", 0, meant)
    if word in ("'", '"'):
        return ExpressionProblem("an expression has no quotes inside; write names without them", column)
    if word in ("{", "}"):
        return ExpressionProblem(f"an expression has no '{word}'", column)
    if word == "#" and (note := note_apart(text)):
        return ExpressionProblem("a note is one word", 0, f"'{note}'")
    sentence, suggestion = OTHER_OPERATORS.get(word, (f"'{word}' means nothing in an expression", ""))
    return ExpressionProblem(sentence, column, suggestion)


def _check_order(tokens: list[Token]) -> None:
    """Check that values and operators alternate, and that every bracket is closed."""
    open_brackets: list[tuple[Token, bool]] = []  # each open bracket, and whether commas separate in it
    has_value = False  # whether a value stands before the token
    previous: Token | None = None
    for k, token in enumerate(tokens):
        if token.kind != "operator":
            if has_value:
                raise _side_by_side(tokens, k)
            if token.kind == "call" and token.text not in FUNCTIONS:
                near = "" if token.text in NO_LIKE else did_you_mean(token.text, FUNCTIONS)
                near = midi_meant("".join(other.text for other in tokens[k : k + 4])) or near
                raise ExpressionProblem(f"'{token.text}' is not a function", token.column, near)
            has_value = token.kind != "call"
        elif token.opens:
            if has_value:
                sentence = "two values side by side"
                if token.text == "[":
                    sentence = "an expression cannot pick a value of a list with '[ ]'"
                raise ExpressionProblem(sentence, token.column, "'*' between them" if token.text == "(" else "")
            open_brackets.append((token, token.text == "[" or (previous is not None and previous.kind == "call")))
            if len(open_brackets) > MAX_DEPTH:
                raise ExpressionProblem(f"more than {MAX_DEPTH} brackets inside each other", token.column)
        elif token.closes:
            _check_close(open_brackets, token, has_value, previous)
            has_value = True
        elif token.text == ",":
            if not has_value:
                raise _no_value(previous, token)
            if not open_brackets and k == len(tokens) - 1:
                sentence = "delete this ',': outside { } and [ ] the line ends the value"
                raise ExpressionProblem(sentence, token.column)
            if not open_brackets or not open_brackets[-1][1]:
                numbers = previous is not None and previous.kind == "number" and tokens[k + 1 :][:1]
                fraction = numbers and tokens[k + 1].kind == "number"
                instead = "for a fraction use a point" if fraction else "a list stands in [ ]"
                sentence = f"a comma separates the arguments of a function only; {instead}"
                raise ExpressionProblem(sentence, token.column)
            has_value = False
        elif has_value and token.text == "not":
            raise _side_by_side(tokens, k)
        elif has_value or token.text in PREFIX_OPERATORS:
            has_value = False
        else:
            raise _no_value(previous, token)
        previous = token
    if open_brackets:
        raise ExpressionProblem(f"'{open_brackets[-1][0].text}' is never closed", open_brackets[-1][0].column)
    if not has_value:
        raise _no_value(previous, None)


def _check_close(
    open_brackets: list[tuple[Token, bool]], token: Token, has_value: bool, previous: Token | None
) -> None:
    """Check a closing bracket; the pair of it is taken from the open ones."""
    if not open_brackets:
        raise ExpressionProblem(f"'{token.text}' was never opened", token.column)
    opening, separated = open_brackets.pop()
    if opening.text + token.text not in ("()", "[]"):
        raise ExpressionProblem(f"'{opening.text}' is closed by '{token.text}'", token.column)
    if not has_value and not (separated and previous is opening):
        raise _no_value(previous, token)


def _no_value(previous: Token | None, token: Token | None) -> ExpressionProblem:
    """The problem of a value that is missing between two tokens; None is the beginning or the end of the text."""
    if previous is None:
        if token is None:
            return ExpressionProblem("an expression cannot be empty")
        return ExpressionProblem(f"a value is missing before '{token.text}'", token.column)
    if previous.text == "%" and (token is None or token.text in (")", ",")):
        sentence = "'%' is the remainder of a division; a part of 1 is written as 0.5"
        return ExpressionProblem(sentence, previous.column)
    return ExpressionProblem(f"a value is missing after '{previous.text}'", (token or previous).column)


def _side_by_side(tokens: list[Token], k: int) -> ExpressionProblem:
    """The problem of a token that follows a value with nothing between them."""
    left, right = tokens[k - 1], tokens[k]
    if left.kind == "number" and Measure(left.text, right.text).is_known:
        binary = k > 2 and (tokens[k - 3].kind != "operator" or tokens[k - 3].closes)
        first = tokens[k - 2] if k > 1 and tokens[k - 2].text == "-" and not binary else left
        number = ("-" if first.text == "-" else "") + left.text
        sentence = f"a number has no unit '{right.text}' behind it"
        return ExpressionProblem(sentence, first.column, measure=Measure(number, right.text))
    if left.end == right.column and right.text.lower() == "k":
        sentence = f"a number has no unit '{right.text}' behind it"
        return ExpressionProblem(sentence, left.column, f"'{1000.0 * float(left.text):.10g}'")
    if length := LENGTHS.get(left.text + right.text):
        return ExpressionProblem(f"'{left.text}{right.text}' is not a length", left.column, f"'{length}'")
    if left.end == right.column and (number := digits_meant(left.text + right.text)):
        return ExpressionProblem(
            f"'{left.text}{right.text}' has a letter where a digit is meant", left.column, f"'{number}'"
        )
    if right.text in ("in", "is", "not"):
        instead = {"is": "'=='", "not": "'!='"}.get(right.text, "")
        return ExpressionProblem(f"'{right.text}' is not an operator here", right.column, instead)
    suggestion, measure = "", None
    if meant := length_meant(left.text, right.text) or note_apart(f"{left.text} {right.text}"):
        suggestion = f"'{meant}'"
    elif left.text in FUNCTIONS:
        suggestion = f"'{left.text}({right.text})'"
    elif left.kind == "number" and right.kind != "number":
        start = k - 1
        while start > 1 and tokens[start - 1].text in ("*", "/") and tokens[start - 2].kind == "number":
            start -= 2
        product = "".join(token.text for token in tokens[start:k])
        measure = Measure(product, right.text) if right.text.lower() in COUNTED else None
        length = length_of_score(product, right.text)
        suggestion = "" if measure else f"'{length or f'{product} * {right.text}'}'"
    sentence = f"'{left.text}' and '{right.text}' stand side by side: an operator or a comma is missing"
    return ExpressionProblem(sentence, right.column, suggestion, measure)
