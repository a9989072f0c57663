"""The texts that are made from keys, actions, events and methods: tables of documents, the schema, OpenRPC.

python -m tests.house.control
"""

from __future__ import annotations

import json
import re
from dataclasses import fields

from tests.harness.paths import TOP
from waves.app.actions.action import REQUIRED, Argument
from waves.app.actions.actions import ACTIONS
from waves.app.clients.openrpc import document
from waves.app.terminal.key_bindings import KEYS
from waves.events.event import Event, own_fields
from waves.events.schema import KINDS, event_schema

README, CONTROL, SCHEMA = TOP / "README.md", TOP / "docs" / "control.md", TOP / "docs" / "events.schema.json"
OPENRPC = TOP / "docs" / "openrpc.json"


def schema_text() -> str:
    """docs/events.schema.json."""
    return json.dumps(event_schema(), indent=2) + "\n"


def openrpc_text() -> str:
    """docs/openrpc.json."""
    return json.dumps(document(), indent=2) + "\n"


def table_of_keys() -> str:
    """The keys, for README.md."""
    rows = [f"| {' '.join(f'`{name}`' for name in row.names)} | {row.help} |" for row in KEYS]
    return _between_marks("keys", ["| key | while it plays |", "| --- | --- |", *rows])


def table_of_actions() -> str:
    """The actions, for docs/control.md."""
    head = ["| action | class | arguments | what it does | result |", "| --- | --- | --- | --- | --- |"]
    rows = [
        f"| `{name}` | {one.access} | {'<br>'.join(map(_argument, one.arguments))} | {one.help} | {one.result} |"
        for name, one in ACTIONS.items()
    ]
    return _between_marks("actions", [*head, *rows])


def _argument(one: Argument) -> str:
    default = "" if one.default in (REQUIRED, None) else f" (default {one.default:g})"
    return f"`{one.name}`: {one.expected}{default}. {one.help}"


def table_of_events() -> str:
    """The events, for docs/control.md."""
    rows = [f"| `{name}` | {_first_line(kind)} | {_fields(kind)} |" for name, kind in KINDS.items()]
    return _between_marks("events", ["| event | when | fields |", "| --- | --- | --- |", *rows])


def _first_line(kind: type[Event]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _fields(kind: type[Event]) -> str:
    units = {one.name: one.metadata.get("unit", "") for one in fields(kind)}
    return ", ".join(f"`{name}`" + (f" ({units[name]})" if units[name] else "") for name in own_fields(kind))


def _between_marks(what: str, lines: list[str]) -> str:
    begin, end = f"<!-- {what}: made by `python -m tests.house.control` -->", f"<!-- end of {what} -->"
    return "\n".join([begin, "", *lines, "", end])


def main() -> None:
    """Write all of them."""
    SCHEMA.write_text(schema_text(), "utf-8")
    OPENRPC.write_text(openrpc_text(), "utf-8")
    for file, tables in ((README, [table_of_keys()]), (CONTROL, [table_of_actions(), table_of_events()])):
        text = file.read_text("utf-8")
        for table in tables:
            begin, end = table.splitlines()[0], table.splitlines()[-1]
            text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, table=table: table, text, flags=re.DOTALL)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
