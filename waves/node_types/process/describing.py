"""Descriptions of node classes, made in the process that runs their Python."""

from __future__ import annotations

import inspect
import types
from typing import Any, cast, get_args

from waves.memo import per_class
from waves.node import Node
from waves.node_types.description import Description
from waves.node_types.library import signature
from waves.node_types.library.catalogue import document
from waves.node_types.library.fingerprint import kernel_fingerprint, line_of, type_fingerprint
from waves.node_types.library.library import origin
from waves.node_types.library.parameters import parameters

FUNCTIONS = ("render", "expand", "prepare", "lengths", "adopted")
PLAIN = (bool, int, float, str, type(None))


@per_class
def describe(kind: type[Node]) -> Description:
    """The description of a class that has passed its checks. Raises TypeError, a sentence, for what is no data."""
    has_kernel = hasattr(kind, "render")
    return Description(
        name=kind.__name__,
        document=str(document(kind)),
        fields=[_field(kind, name) for name in parameters(kind)],
        declarations={name: _declared(kind, name) for name in sorted(Node.__class_vars__)},
        state=_state(kind),
        ranges={name: list(ends) for name, ends in signature.state_ranges(kind).items()},
        was={str(name): str(old) for name, old in kind.state.was.items()},
        numbered=[str(name) for name in kind.state.numbered],
        arguments=signature.argument_names(kind) if has_kernel else None,
        kernel=kernel_fingerprint(kind) if has_kernel else "",
        fingerprint=type_fingerprint(kind),
        reports_end=signature.kernel_reports_end(kind),
        functions=_functions(kind),
        validates=_validates(kind),
    )


def _declared(kind: type[Node], name: str) -> Any:
    value = getattr(kind, name)
    if not _is_plain([*value, *value.values()] if isinstance(value, dict) else value):
        raise TypeError(f"`{name}` is a {type(value).__name__}, or has one in it")
    return value


def _field(kind: type[Node], name: str) -> dict[str, Any]:
    info, parameter = kind.model_fields[name], parameters(kind)[name]
    extra = cast(dict[str, Any], info.json_schema_extra)  # of a class that has passed its checks
    if not _is_plain(parameter.default):
        raise TypeError(f"the default of '{name}' is a {type(parameter.default).__name__}, not a number or text")
    return {
        "name": name,
        "form": parameter.form,
        "words": list(signature.words(kind, name)),
        "optional": type(None) in get_args(info.annotation),
        "required": parameter.required,
        "default": parameter.default,
        "extra": extra,
        "description": parameter.description,
    }


def _is_plain(value: Any) -> bool:
    return isinstance(value, PLAIN) or (isinstance(value, list | tuple) and all(map(_is_plain, value)))


def _state(kind: type[Node]) -> list[dict[str, Any]]:
    """The fields of the record of a state, with their defaults; none for the word that stands for no state."""
    record = signature.state_default(kind)
    fields = []
    for name in record.dtype.names or ():
        if any(name in inspect.get_annotations(class_) for class_ in kind.state.__mro__):
            base, shape = record.dtype[name].subdtype or (record.dtype[name], ())
            fields.append({"name": name, "element": base.str, "shape": list(shape), "default": record[name][0]})
    return fields


def _functions(kind: type[Node]) -> dict[str, int]:
    """The functions of a node that a class, or one of its bases, has itself.

    Each with the line of its `def` in the files of the type, 1 for one of a base that waves gives.
    """
    found: dict[str, int] = {}
    loaded = origin(kind)
    texts = {source.file: source.text for source in loaded.sources()} if loaded else {}
    for name in FUNCTIONS:
        own, base = getattr(kind, name, None), getattr(Node, name, None)
        if own is not None and getattr(own, "__func__", own) is not getattr(base, "__func__", base):
            function = inspect.unwrap(getattr(own, "__func__", own))
            text = texts.get(function.__code__.co_filename) if isinstance(function, types.FunctionType) else None
            found[name] = line_of(text, function) if text else 1
    return found


def _validates(kind: type[Node]) -> bool:
    """Whether a class checks its parameters by more than their types."""
    own: Any = kind
    decorators = own.__pydantic_decorators__
    found = decorators.validators or decorators.field_validators or decorators.model_validators
    changed = kind.__init__ is not Node.__init__ or own.model_post_init is not Node.model_post_init
    return bool(found) or changed or any(info.metadata for info in kind.model_fields.values())
