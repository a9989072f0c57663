"""Finds in the next graph what is a node of the present one under another ID: moved, wrapped, renamed, shifted.

IDs come first, but one that counts places or entries of one name in a list is a weak one. Then nodes that are the same
with all they read, if only one on each side is; then, among those of one kind that are left, the likest, if it is the
likest both ways. A tie is no match, and nothing is matched twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from waves.engine.graph.graph import IMPORT, Graph, Output, Row, Source, frozen, inside
from waves.node_types.builtin.crossfade import PASSAGE, SlowFade

PAIRS = 4000  # comparisons at most; what is left then begins anew
ALIKE = 0.5  # of the parameters that must agree

Signature = int


def match_nodes(old: Graph, new: Graph, above: tuple[str, str] = ("", ""), but: Container[str] = ()) -> dict[str, str]:
    """For node IDs of the new graph that differ from their old ones, the old ID; `but` are old ones that are no match.

    The IDs of a voice begin with that of its pool, `above` in both graphs, which is left out.
    """
    olds, news = _nodes(old, above[0], but), _nodes(new, above[1])
    weak = _counted(olds.keys() | news.keys())
    if not weak and not (olds.keys() - news.keys() and news.keys() - olds.keys()):
        return {}
    was, now = _signatures(old, olds), _signatures(new, news)
    matched: dict[str, str] = {key: key for key in news.keys() & olds.keys() if key not in weak}
    _unique(matched, was, now)
    for key in news.keys() & olds.keys():  # what stayed in its place in a list
        if key not in matched and key not in matched.values():
            matched[key] = key
    _below(matched, olds, news)
    _likest(matched, olds, news, was, now)
    _below(matched, olds, news)
    found = {key: before for key, before in matched.items() if key != before}
    return found | {
        passage: before
        for key, was in found.items()
        if (passage := f"{key}{PASSAGE}") in new.rows and (before := f"{was}{PASSAGE}") in old.rows
    }


def _nodes(graph: Graph, above: str, but: Container[str] = ()) -> dict[str, Row]:
    """The first row of every node; how far a part has come or gone is no part of it."""
    rows = [row for row in graph.rows.values() if row.kind is not SlowFade and row.key not in but]
    return {row.key: row for row in rows if row.node and inside(row.node.id, above) == row.key}


def _counted(keys: Iterable[str]) -> set[str]:
    """Those that stand where an entry more or less makes others of them: below `2`, `osc~2`, or `osc` beside that."""
    several = {path.rpartition("~")[0] for key in keys if "~" in key for path in _paths(key)}
    weak = {key for key in keys if "~" in key or any(part.isdigit() for part in key.split("."))}
    return weak | {key for key in keys if several and not several.isdisjoint(_paths(key))}


def _paths(key: str) -> Iterator[str]:
    """Everything that an ID is below, and itself."""
    end = key.find(".")
    while end > 0:
        yield key[:end]
        end = key.find(".", end + 1)
    yield key


def _parameters(row: Row) -> dict[str, Source]:
    found = dict(row.inputs)
    for name, entries in row.lists.items():
        found |= {f"{name}.{key}": source for key, source in entries.items()}
    return found


def _signatures(graph: Graph, nodes: dict[str, Row]) -> dict[str, Signature]:
    """A number for each node that is the same for the same node with all it reads."""
    signatures: dict[str, Signature] = {}
    for key, row in graph.rows.items():  # sources come first, but for delayed ones
        parts = [
            (name, _signature(source, signatures) if isinstance(source, Output) else source)
            for name, source in _parameters(row).items()
        ]
        voice = tuple(_signatures(row.voice.graph, row.voice.graph.rows).values()) if row.voice else ()
        signatures[key] = hash((row.kind.__name__, frozen(row.settings), tuple(parts), voice))
    return {key: signatures[key] for key in nodes}


def _signature(source: Output, signatures: dict[str, Signature]) -> Signature:
    """That of what is read; a source outside a voice is known by its name, a delayed one not yet."""
    return hash(source.key) if source.key.startswith(IMPORT) else signatures.get(source.key, 0)


def _unique(matched: dict[str, str], was: dict[str, Signature], now: dict[str, Signature]) -> None:
    """Match what is the same on both sides and there only once."""
    sides: list[dict[Signature, list[str]]] = []
    for signatures, done in ((was, set(matched.values())), (now, set(matched))):
        side: dict[Signature, list[str]] = defaultdict(list)
        for key, signature in signatures.items():
            if key not in done:
                side[signature].append(key)
        sides.append(side)
    for signature, keys in sides[1].items():
        before = sides[0].get(signature, [])
        if len(keys) == len(before) == 1:
            matched[keys[0]] = before[0]


def _below(matched: dict[str, str], olds: dict[str, Row], news: dict[str, Row]) -> None:
    """What stands under the same name in a node that was matched elsewhere is matched with it."""
    moved = {after: before for after, before in matched.items() if after != before}
    done = set(matched.values())
    for key, row in news.items():
        if key in matched or not moved:
            continue
        around = key
        while "." in around:
            around = around.rpartition(".")[0]
            if around in moved:
                found = moved[around] + key.removeprefix(around)
                if found in olds and found not in done and olds[found].kind.__name__ == row.kind.__name__:
                    matched[key] = found
                    done.add(found)
                break


def _likest(
    matched: dict[str, str],
    olds: dict[str, Row],
    news: dict[str, Row],
    was: dict[str, Signature],
    now: dict[str, Signature],
) -> None:
    """Match the likest of a kind, when each is the likest for the other and no second is as like."""
    done = set(matched.values())
    kinds: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for key, row in olds.items():
        if key not in done:
            kinds[row.kind.__name__][0].append(key)
    for key, row in news.items():
        if key not in matched:
            kinds[row.kind.__name__][1].append(key)
    budget = PAIRS
    for before, after in kinds.values():
        budget -= len(before) * len(after)
        if budget < 0:
            return
        scores = {(a, b): _likeness(news[a], olds[b], now, was) for a in after for b in before}
        for a in after:
            best = _best({b: scores[a, b] for b in before})
            if best and _best({other: scores[other, best] for other in after}) == a:
                matched[a] = best


def _best(scores: dict[str, float]) -> str:
    """The one with the highest score, if it is like enough and alone."""
    order = sorted(scores, key=scores.__getitem__, reverse=True)
    if not order or scores[order[0]] < ALIKE or (len(order) > 1 and scores[order[0]] == scores[order[1]]):
        return ""
    return order[0]


def _likeness(new: Row, old: Row, now: dict[str, Signature], was: dict[str, Signature]) -> float:
    """Part of the parameters and settings that agree, and a little for the same name in the node around."""
    after, before = _parameters(new), _parameters(old)
    names = after.keys() | before.keys()
    same = sum(_same(after.get(n), before.get(n), now, was) for n in names)
    same += sum(new.settings.get(name) == old.settings.get(name) for name in new.settings)
    place = new.key.split(".")[-2:-1] == old.key.split(".")[-2:-1]
    return float(same + 0.5 * place) / (len(names) + len(new.settings) + 0.5)


def _same(after: Source | None, before: Source | None, now: dict[str, Signature], was: dict[str, Signature]) -> bool:
    if isinstance(after, Output) and isinstance(before, Output):
        return now.get(after.key, 1) == was.get(before.key, 2)
    return after == before or (after != after and before != before)
