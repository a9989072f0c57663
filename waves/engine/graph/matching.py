"""Matches nodes of two graphs whose IDs differ: moved, wrapped, renamed, or shifted in a list.

A node with the same ID in both graphs is the same node, unless the ID counts positions in a list (`2`, `osc~2`): such
an ID is weak. Then, in this order: nodes equal in everything they read, if there is only one on each side; nodes with
the same weak ID; nodes below a matched node; and, among those of one type that are left, the most similar, if each is
the most similar to the other. A tie is not a match, and no node is matched twice.

Nodes of two sounds are matched only by an id that both have, when another sound is chosen: the new one begins. The
transport goes on in any case.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator

from waves.engine.graph.graph import IMPORT, Graph, Output, Row, Source, frozen, relative_id
from waves.engine.graph.known_rows import OtherRows, other_numbers
from waves.node_types.builtin.crossfade import PASSAGE, SlowFade
from waves.node_types.builtin.transport import Transport

COUNTED = re.compile(r"\.(cycle\.Clock$|bars-\w+\.Clock)")
"""In the ID of a clock: that it counts cycles, or in certain bars; it is none that counted anything else."""
MAX_PAIRS = 4000  # comparisons for similarity; types beyond that are not compared, their nodes start again
MIN_SIMILARITY = 0.5  # share of parameters and settings that must agree

Signature = int


def match_nodes(old: Graph, new: Graph, pools: tuple[str, str] = ("", ""), but: Container[str] = ()) -> dict[str, str]:
    """The ID in `old` of each node of `new` whose ID differs. Any thread.

    `pools`: the IDs of the pool in both graphs if these are the graphs of a voice; IDs are then relative to the pool.
    `but`: IDs of old nodes that are not matched.

    Example: `a: osc` is wrapped in a filter, so that its ID becomes another one:

        {"root.Mix.a.Filter.signal.Osc": "root.Mix.a.Osc"}
    """
    olds, news = _first_rows(old, pools[0], but), _first_rows(new, pools[1])
    weak = _weak_ids(olds.keys() | news.keys())
    if not weak and not (olds.keys() - news.keys() and news.keys() - olds.keys()):
        return {}
    was, now = _signatures(old, olds), _signatures(new, news)
    matched: dict[str, str] = {key: key for key in news.keys() & olds.keys() if key not in weak}

    def may_match(after: str, before: str) -> bool:
        return bool(pools[0]) or _belong_together(news[after], olds[before])

    _match_equal(matched, was, now, may_match)
    for key in news.keys() & olds.keys():  # kept its position in a list
        if key not in matched and key not in matched.values():
            matched[key] = key
    _match_below(matched, olds, news)
    _match_similar(matched, olds, news, was, now, may_match)
    _match_below(matched, olds, news)
    others = {key: before for key, before in matched.items() if key != before}
    return others | {
        fade: before
        for key, was in others.items()
        if (fade := f"{key}{PASSAGE}") in new.rows and (before := f"{was}{PASSAGE}") in old.rows
    }


def all_stay(old: Graph, new: Graph) -> OtherRows | None:
    """The rows that differ where two graphs differ in numbers and pools only, so that no node outside of voices can be
    meant by the ID of another one; else None.

    No ID counts positions, or only one node differs.
    """
    changed = other_numbers(old, new)
    if changed is None:
        return None
    if len({key.partition("#")[0] for keys in changed for key in keys}) > 1:
        if old.is_weak is None:
            old.is_weak = bool(_weak_ids(_first_rows(old, "")))
        if old.is_weak:
            return None
    new.is_weak = old.is_weak
    return changed


def _first_rows(graph: Graph, pool: str, but: Container[str] = ()) -> dict[str, Row]:
    """The row of the first channel of every node; slow fades follow the node that they stand around."""
    rows = [row for row in graph.rows.values() if row.kind is not SlowFade and row.key not in but]
    return {row.key: row for row in rows if row.node and relative_id(row.node.id, pool) == row.key}


def _belong_together(new: Row, old: Row) -> bool:
    """Whether two nodes are of one sound, have one `id`, or are transports."""
    counted = [match and match[1] for match in (COUNTED.search(new.key), COUNTED.search(old.key))]
    if counted[0] != counted[1]:
        return False
    (new_path, _, new_id), (old_path, _, old_id) = new.key.rpartition("/"), old.key.rpartition("/")
    if new_path and old_path and new_id == old_id:
        return True
    return _sound(new.key) == _sound(old.key) or (issubclass(new.kind, Transport) and issubclass(old.kind, Transport))


def _sound(key: str) -> str:
    """The name of the sound that an ID begins with."""
    return key.partition("/")[0].partition(".")[0]


def _weak_ids(keys: Iterable[str]) -> set[str]:
    """IDs that change when an entry is inserted before them: below `2`, below `osc~2`, and below `osc` beside that."""
    several = {path.rpartition("~")[0] for key in keys if "~" in key for path in _prefixes(key)}
    weak = {key for key in keys if "~" in key or any(part.isdigit() for part in key.split("."))}
    return weak | {key for key in keys if several and not several.isdisjoint(_prefixes(key))}


def _prefixes(key: str) -> Iterator[str]:
    """`a.b.c` gives `a`, `a.b`, `a.b.c`."""
    end = key.find(".")
    while end > 0:
        yield key[:end]
        end = key.find(".", end + 1)
    yield key


def _signatures(graph: Graph, nodes: dict[str, Row]) -> dict[str, Signature]:
    """A hash of each node with everything it reads, whatever the IDs are."""
    signatures: dict[str, Signature] = {}
    for key, row in graph.rows.items():  # sources come first, but for delayed ones
        parts = [
            (name, _source_signature(source, signatures) if isinstance(source, Output) else source)
            for name, source in row.named_sources().items()
        ]
        voice = tuple(_signatures(row.voice.graph, row.voice.graph.rows).values()) if row.voice else ()
        signatures[key] = hash((row.kind.__name__, frozen(row.settings), tuple(parts), voice))
    return {key: signatures[key] for key in nodes}


def _source_signature(source: Output, signatures: dict[str, Signature]) -> Signature:
    """The signature of the row that is read: the hash of its name if it is outside the voice, 0 if it comes later."""
    return hash(source.key) if source.key.startswith(IMPORT) else signatures.get(source.key, 0)


def _match_equal(
    matched: dict[str, str],
    was: dict[str, Signature],
    now: dict[str, Signature],
    may_match: Callable[[str, str], bool],
) -> None:
    """Match nodes whose signature occurs once on each side among those that are left."""
    sides: list[dict[Signature, list[str]]] = []
    for signatures, done in ((was, set(matched.values())), (now, set(matched))):
        side: dict[Signature, list[str]] = defaultdict(list)
        for key, signature in signatures.items():
            if key not in done:
                side[signature].append(key)
        sides.append(side)
    for signature, keys in sides[1].items():
        before = sides[0].get(signature, [])
        if len(keys) == len(before) == 1 and may_match(keys[0], before[0]):
            matched[keys[0]] = before[0]


def _match_below(matched: dict[str, str], olds: dict[str, Row], news: dict[str, Row]) -> None:
    """Match what has the same name and type below a node that was matched with another ID."""
    moved = {after: before for after, before in matched.items() if after != before}
    done = set(matched.values())
    for key, row in news.items():
        if key in matched or not moved:
            continue
        parent = key
        while "." in parent:
            parent = parent.rpartition(".")[0]
            if parent in moved:
                before = moved[parent] + key.removeprefix(parent)
                if before in olds and before not in done and olds[before].kind.__name__ == row.kind.__name__:
                    matched[key] = before
                    done.add(before)
                break


def _match_similar(
    matched: dict[str, str],
    olds: dict[str, Row],
    news: dict[str, Row],
    was: dict[str, Signature],
    now: dict[str, Signature],
    may_match: Callable[[str, str], bool],
) -> None:
    """Match the most similar nodes of one type, if each is the most similar to the other."""
    done = set(matched.values())
    kinds: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for key, row in olds.items():
        if key not in done:
            kinds[row.kind.__name__][0].append(key)
    for key, row in news.items():
        if key not in matched:
            kinds[row.kind.__name__][1].append(key)
    budget = MAX_PAIRS
    for before, after in kinds.values():
        budget -= len(before) * len(after)
        if budget < 0:
            return
        pairs = [(a, b) for a in after for b in before]
        scores = {(a, b): _similarity(news[a], olds[b], now, was) if may_match(a, b) else 0.0 for a, b in pairs}
        for a in after:
            best = _best({b: scores[a, b] for b in before})
            if best and _best({other: scores[other, best] for other in after}) == a:
                matched[a] = best


def _best(scores: dict[str, float]) -> str:
    """The key with the highest score; empty if that is too low, or if two keys have it."""
    order = sorted(scores, key=scores.__getitem__, reverse=True)
    if not order or scores[order[0]] < MIN_SIMILARITY or (len(order) > 1 and scores[order[0]] == scores[order[1]]):
        return ""
    return order[0]


def _similarity(new: Row, old: Row, now: dict[str, Signature], was: dict[str, Signature]) -> float:
    """Share of the parameters and settings that agree, and a little more for the same name in its parent."""
    after, before = new.named_sources(), old.named_sources()
    names = after.keys() | before.keys()
    same = sum(_same(after.get(n), before.get(n), now, was) for n in names)
    same += sum(new.settings.get(name) == old.settings.get(name) for name in new.settings)
    place = new.key.split(".")[-2:-1] == old.key.split(".")[-2:-1]
    return float(same + 0.5 * place) / (len(names) + len(new.settings) + 0.5)


def _same(after: Source | None, before: Source | None, now: dict[str, Signature], was: dict[str, Signature]) -> bool:
    if isinstance(after, Output) and isinstance(before, Output):
        return now.get(after.key, 1) == was.get(before.key, 2)
    return after == before or (after != after and before != before)
