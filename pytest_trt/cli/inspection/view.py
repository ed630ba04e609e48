"""The document in words: blocks of rows, which plain and drawn show each in their way. Text stays as it was found."""

from __future__ import annotations

from pytest_trt.lint.report.words import CONTENTS, KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Entry = dict[str, Any]

PRODUCTS = {"tensorrt": "TensorRT", "tensorrt-rtx": "TensorRT-RTX"}
# So many rows of a table are shown; the JSON has them all.
_OPS, _FUNCTIONS, _VARIABLES, _ASSETS, _NODES, _TENSORS = 15, 5, 12, 12, 20, 40


class Row:
    """Texts of a table's row. depth: 0, or 1 for a branch of the row above. last: whether no branch follows it.

    mark: "" or "trt", "bad", "dim".
    """

    __slots__ = ("cells", "depth", "last", "mark")

    def __init__(self, cells: Sequence[str], mark: str = "", depth: int = 0, last: bool = False) -> None:
        self.cells = tuple(cells)
        self.depth = depth
        self.last = last
        self.mark = mark


class Block:
    """A title with a table below. numbers: columns that are aligned to the right. bars: column whose numbers are drawn.

    note: behind the title. more: a last line, what is left out.
    """

    __slots__ = ("title", "note", "head", "rows", "more", "numbers", "bars")

    def __init__(
        self,
        title: str,
        rows: list[Row],
        head: Sequence[str] = (),
        *,
        note: str = "",
        more: str = "",
        numbers: Sequence[int] = (),
        bars: int | None = None,
    ) -> None:
        self.title = title
        self.note = note
        self.head = tuple(head)
        self.rows = rows
        self.more = more
        self.numbers = tuple(numbers)
        self.bars = bars


def title(entry: Entry) -> tuple[str, str]:
    """(path, what it is)."""
    kind = KINDS.get(entry["kind"]) or str(entry["kind"])
    if entry["kind"] == "saved_model" and entry["content"] != "saved_model":
        kind = f"SavedModel folder; {CONTENTS.get(entry['content'], CONTENTS['unknown'])}"
    return str(entry["path"]), kind


def blocks(entry: Entry) -> Iterator[Block]:
    """What is shown of an artifact, in order."""
    rows = list(_facts(entry))
    if rows:
        yield Block("", rows)
    error = entry["error"]
    if error is not None:
        place = f" (byte {error['offset']:,})" if error["offset"] is not None else ""
        rows = [Row((error["code"], f"{error['path']}{place}: {error['message']}"), "bad")]
        yield Block("Not read wholly", rows)
    for metagraph in entry.get("metagraphs", ()):
        if len(entry["metagraphs"]) > 1:
            served = "" if not metagraph.get("served") else "the one that TensorFlow Serving loads"
            yield Block(f"Metagraph {_tags(metagraph)}", list(_of_metagraph(metagraph)), note=served)
        yield from _signatures(metagraph)
        yield from _graph(metagraph["graph"], entry.get("engines", ()) if metagraph.get("served") else ())
    if entry.get("graph"):
        yield from _graph(entry["graph"], ())
    yield from _engines(entry)
    if entry.get("plan"):
        yield from _plan(entry["plan"])
    yield from _assets(entry)
    yield from _variables(entry.get("variables"))


def _facts(entry: Entry) -> Iterator[Row]:
    """What is said of the whole."""
    if entry.get("file"):
        yield Row(("file", f"{entry['file']}, {size(entry['bytes'])}"))
    elif entry.get("bytes") is not None and entry["content"] != "plan":
        yield Row(("size", size(entry["bytes"])))
    if entry.get("metagraphs") is not None and len(entry["metagraphs"]) == 1:
        yield from _of_metagraph(entry["metagraphs"][0], True)
    if entry.get("graph"):
        yield from _of_graph(entry["graph"])
    warmup = entry.get("warmup")
    if warmup:
        named = warmup["signatures"]
        of = "requests that cannot be read" if named is None else f"requests of {', '.join(named) or 'no signature'}"
        yield Row(("warm-up", f"{of}, {size(warmup['bytes'])}"))
    lfs = entry.get("lfs")
    if lfs:
        yield Row(("stands for", f"{lfs['oid'] or 'unknown'}, {size(lfs['bytes'])}"))
        yield Row(("fetch it with", "git lfs pull"))


def _tags(metagraph: Entry) -> str:
    return "{" + ", ".join(metagraph["tags"]) + "}"


def _of_metagraph(metagraph: Entry, tags: bool = False) -> Iterator[Row]:
    if tags:
        yield Row(("tags", _tags(metagraph)))
    yield Row(("TensorFlow", metagraph["tensorflow_version"] or "unknown"))
    if metagraph.get("init_op"):
        yield Row(("runs at load", metagraph["init_op"]))
    if metagraph["graph"]:
        yield from _of_graph(metagraph["graph"])


def _of_graph(graph: Entry) -> Iterator[Row]:
    inside = graph["nodes_in_functions"]
    text = f"{_number(graph['nodes'], 'node')} of {_number(len(graph['ops']), 'op')}"
    if inside:
        text += f"; {inside:,} of them in {_number(graph['functions']['count'], 'function')}"
    yield Row(("graph", text))
    versions = [f"producer {graph['producer']}"] if graph["producer"] else []
    versions += [f"needs at least {graph['min_consumer']}"] if graph["min_consumer"] else []
    if versions:
        yield Row(("GraphDef version", ", ".join(versions)))
    if graph["devices"]:
        yield Row(("pinned to", ", ".join(f"{name} ({count:,})" for name, count in list(graph["devices"].items())[:4])))


def _signatures(metagraph: Entry) -> Iterator[Block]:
    signatures = metagraph["signatures"]
    rows: list[Row] = []
    shown = 0
    for name, signature in sorted(signatures.items(), key=lambda one: (one[0] != "serving_default", one[0])):
        tensors = [("in", one) for one in signature["inputs"]] + [("out", one) for one in signature["outputs"]]
        if shown and shown + len(tensors) > _TENSORS:
            break
        rows.append(Row((name, "", "", signature["method"]), "title"))
        for place, (side, tensor) in enumerate(tensors[:_TENSORS]):
            dtype = tensor["dtype"] or "?"
            if tensor["encoding"] != "dense":
                dtype += f" ({tensor['encoding']})"
            if tensor["name"] in signature["defaults"]:
                dtype += " (has a default)"
            cells = (f"{side:3} {tensor['name']}", dtype, shape(tensor["shape"]), tensor["tensor"])
            rows.append(Row(cells, depth=1, last=place == len(tensors) - 1))
        shown += len(tensors)
    left = len(signatures) - sum(not row.depth for row in rows)
    head = ("signature", "dtype", "shape", "tensor or method")
    note = "" if signatures else "none"
    yield Block("Signatures", rows, head if rows else (), note=note, more=_more(left, "signature"))


def _graph(graph: Entry | None, stored: Sequence[Entry]) -> Iterator[Block]:
    if graph is None:
        return
    special = graph["tensorrt"]
    engines = [one for one in special if one["op"] == "TRTEngineOp"]
    if special:
        yield _tensorrt(special, engines, stored)
    ops = list(graph["ops"].items())
    shown = ops[:_OPS] + [one for one in ops[_OPS:] if "TRT" in one[0]]
    rows = [Row((op, f"{count:,}"), "trt" if "TRT" in op else "") for op, count in shown]
    rest = sum(count for _, count in ops) - sum(count for _, count in shown)
    more = _more(len(ops) - len(shown), "op", f" with {_number(rest, 'node')}")
    yield Block("Operations", rows, ("op", "nodes"), numbers=(1,), bars=1, more=more)
    functions = graph["functions"]
    if functions["count"]:
        rows = [Row((one["name"], f"{one['nodes']:,}")) for one in functions["largest"][:_FUNCTIONS]]
        more = _more(functions["count"] - len(rows), "function")
        yield Block("Functions", rows, ("largest", "nodes"), numbers=(1,), more=more)


def _tensorrt(special: list[Entry], engines: list[Entry], stored: Sequence[Entry]) -> Block:
    rows = []
    resources: dict[str, int] = {}
    for one in stored:
        resources[one["resource"]] = resources.get(one["resource"], 0) + 1
    for one in engines[:_NODES]:
        if one["engine"] is not None:
            engine = "in the graph"
        elif one["resource"] in resources:
            engine = f"{resources[one['resource']]:,} in assets"
        elif one["static"] and one["segment_bytes"]:
            engine = "none: not an engine"
        else:
            engine = "built at run time" if one["builds_at_runtime"] else "none, none is built"
        native = "none" if not one["native_segment"] else "yes" if one["native_segment_defined"] else "not defined"
        precision = (one["precision"] or "?") + (" calibrated" if one["calibrated"] else "")
        kind = "static" if one["static"] else "dynamic"
        rows.append(Row((one["name"], precision, kind, engine, native, one["function"] or "main graph"), "trt"))
    others: dict[str, int] = {}
    for one in special:
        if one["op"] != "TRTEngineOp":
            others[one["op"]] = others.get(one["op"], 0) + 1
    note = ", ".join(f"{count:,} {op}" for op, count in others.items())
    head = ("node", "precision", "kind", "engine", "native", "in") if rows else ()
    more = _more(len(engines) - len(rows), "TRTEngineOp")
    return Block("TF-TRT", rows, head, note=f"besides {note}" if note and rows else note, more=more)


def _engines(entry: Entry) -> Iterator[Block]:
    """Engines that are stored: in the graph's nodes, in assets."""
    graphs = [one["graph"] for one in entry.get("metagraphs", ())] + [entry.get("graph")]
    found: list[tuple[str, str, Entry | None, str | None]] = []
    for graph in graphs:
        nodes = graph["tensorrt"] if graph else ()
        found += [(one["name"], "graph", one["engine"], one["engine"]["damage"]) for one in nodes if one.get("engine")]
    found += [(one["resource"], "assets", one["engine"], one["damage"]) for one in entry.get("engines", ())]
    rows = []
    for name, place, plan, damage in found[:_NODES]:
        cells = [name, place, "not an engine", "", "", damage or "whole"]
        if plan is not None:
            cells[2:5] = [_maker(plan), _gpu(plan), short(plan["bytes"])]
        rows.append(Row(cells, "bad" if damage else ""))
    if rows:
        more = _more(len(found) - len(rows), "engine")
        head = ("engine of", "in", "built by", "on", "size", "state")
        yield Block("Stored engines", rows, head, numbers=(4,), more=more)


def _maker(plan: Entry) -> str:
    version = plan["tensorrt_version"] or ("4 or 5" if plan["layout"] == "A" else "of unknown version")
    return f"{PRODUCTS.get(plan['product'], plan['product'])} {version}"


def _gpu(plan: Entry) -> str:
    if plan["compute_capability"] is None:
        return "unknown"
    return f"capability {plan['compute_capability']}"


def _plan(plan: Entry) -> Iterator[Block]:
    unknown = plan["unknown"]
    rows = []

    def fact(name: str, key: str, text: str | None = None) -> None:
        if plan[key] is not None:
            rows.append(Row((name, text if text is not None else str(plan[key]))))
        elif key in unknown:
            rows.append(Row((name, f"unknown: {unknown[key]}"), "dim"))

    rows.append(Row(("product", PRODUCTS.get(plan["product"]) or str(plan["product"]))))
    fact("version", "tensorrt_version")
    rows.append(Row(("layout", str(plan["layout"]))))
    if plan["compute_capabilities"] is None:
        fact("platform", "platform")
        fact("built on capability", "compute_capability")
        fact("multiprocessors", "multiprocessors")
        fact("GPU memory", "memory", size(plan["memory"]))
        fact("hardware compatibility", "hardware_compatibility")
    else:
        rows.append(Row(("platform", str(plan["platform"] or unknown.get("platform", "unknown")))))
        rows.append(Row(("runs on capability", ", ".join(plan["compute_capabilities"]) or "none")))
        driver, memory = plan["minimum_driver"], plan["minimum_memory"]
        rows.append(Row(("needs driver", str(driver) if driver else "any")))
        rows.append(Row(("needs GPU memory", size(memory) if memory else "any")))
    rows.append(Row(("size", size(plan["bytes"]))))
    if plan["prefix_bytes"]:
        rows.append(Row(("before it", f"{size(plan['prefix_bytes'])} of JSON, as Ultralytics writes it")))
    state = plan["damage"] or "whole, as far as its header and its end say"
    rows.append(Row(("state", state), "bad" if plan["damage"] else ""))
    yield Block("Plan", rows)
    if plan["entries"]:
        rows = [Row((one["name"], f"{one['offset']:,}", short(one["bytes"]))) for one in plan["entries"][:_NODES]]
        more = _more(len(plan["entries"]) - len(rows), "entry", plural="entries")
        yield Block("Entries", rows, ("entry", "at byte", "size"), numbers=(1, 2), more=more)


def _assets(entry: Entry) -> Iterator[Block]:
    assets = entry.get("assets") or []
    extra = entry.get("extra_assets") or []
    rows = []
    for one in assets[:_ASSETS]:
        missing = one["bytes"] is None
        cells = (f"assets/{one['file']}", "missing" if missing else short(one["bytes"]), one["tensor"] or "")
        rows.append(Row(cells, "bad" if missing else ""))
    rows += [Row((f"assets.extra/{one['file']}", short(one["bytes"]), "")) for one in extra[:_ASSETS]]
    if rows:
        more = _more(len(assets) + len(extra) - len(rows), "file")
        yield Block("Assets", rows, ("file", "size", "its path is fed to"), numbers=(1,), more=more)


def _variables(found: Entry | None) -> Iterator[Block]:
    if found is None:
        return
    if found["damage"] is not None:
        yield Block("Variables", [Row(("variables.index", found["damage"]), "bad")])
        return
    tensors = sorted(found["tensors"], key=lambda one: (-(one["bytes"] or 0), one["name"]))
    rows = []
    for one in tensors[:_VARIABLES]:
        name = one["name"].removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")
        cells = (name, one["dtype"] or "?", shape(one["shape"]), short(one["bytes"]))
        rows.append(Row(cells, "" if one["present"] else "bad"))
    missing = [one["file"] for one in found["shards"] if one["bytes"] is None]
    absent = sum(not one["present"] for one in tensors)
    rest = sum(one["bytes"] or 0 for one in tensors[_VARIABLES:])
    note = f"{_number(found['count'], 'tensor')}, {size(found['bytes'])} in {_number(len(found['shards']), 'shard')}"
    if missing:
        note += f"; missing: {', '.join(missing[:3])}"
    if absent:
        note += f"; the bytes of {_number(absent, 'tensor')} are not there"
    head = ("variable", "dtype", "shape", "size") if rows else ()
    more = _more(len(tensors) - len(rows), "variable", f" with {short(rest)}")
    yield Block("Variables", rows, head, note=note, numbers=(3,), more=more)


def shape(dimensions: list[int | None] | None) -> str:
    """[?, 224, 224, 3]; "any rank" where not even the number of dimensions is known; "scalar" for []."""
    if dimensions is None:
        return "any rank"
    return f"[{', '.join('?' if one is None else str(one) for one in dimensions)}]" if dimensions else "scalar"


def short(count: int | None) -> str:
    """A size in three digits."""
    if count is None:
        return "unknown"
    number, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1000 or unit == "TiB":
            break
        number /= 1024
    return f"{count:,} B" if unit == "B" else f"{number:,.{0 if number >= 99.95 else 1}f} {unit}"


def size(count: int | None) -> str:
    """A size in three digits and to the byte."""
    if count is None:
        return "unknown"
    return f"{count:,} bytes" if count < 1000 else f"{short(count)} ({count:,} bytes)"


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _more(left: int, thing: str, tail: str = "", plural: str = "") -> str:
    return f"and {left:,} more {thing if left == 1 else plural or thing + 's'}{tail}" if left > 0 else ""
