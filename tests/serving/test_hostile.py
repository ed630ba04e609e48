"""Everything that a file can hold against us, through check(): an answer with a place, never a pass, nothing raised."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from models.everything import graph, metagraph
from models.writer import DType, Func, Function, Graph, MetaGraph, Node, Signature, TensorInfo, data, number, varint
from models.writer import write_saved_model as write

from pytest_trt.cli.main import main
from pytest_trt.lint import Report, check

TARGETS = ("tensorflow/serving:2.20.0", "tensorflow/serving:2.14.1-gpu")
READING = {"TRT901", "TRT902", "TRT903"}


def report(path: Path) -> Report:
    return check([path], targets=TARGETS)


def broken(path: Path, *codes: str) -> Report:
    """The report of something that cannot be read wholly: said, with a place and the exit status 3."""
    made = report(path)
    assert made.exit_status() == 3
    assert made.unread == 1
    found = [finding for finding in made.findings if finding.code in READING]
    assert found, made.findings
    for finding in found:
        assert not codes or finding.code in codes, finding
        assert finding.severity == "error"
        assert finding.code == "TRT901" or finding.at.offset is not None, finding
    for verdict in made.cases[0].verdicts:
        assert verdict.load == ("unknown" if found[0].code == "TRT903" else "fail")
        assert verdict.signatures == {}
        assert verdict.reasons
    return made


SMALL = MetaGraph(
    Graph(
        [
            Node("x", "Placeholder", [], {"dtype": DType.FLOAT}),
            Node("y", "PartitionedCall", ["x"], {"f": Func("f"), "Tin": [DType.FLOAT], "Tout": [DType.FLOAT]}),
        ],
        [Function("f", [("x", DType.FLOAT)], [("y", DType.FLOAT)], [], {"y": "x"})],
    ),
    {"serving_default": Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("y:0")})},
)


def test_cut_at_every_byte(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    assert report(tmp_path).exit_status() == 0
    for end in range(len(content)):
        path.write_bytes(content[:end])
        if end in (0, 2):  # nothing, or the version alone: a message, but without a metagraph
            made = report(tmp_path)
            assert made.exit_status() == 1
            assert made.cases[0].verdicts[0].load == "fail"
        else:
            broken(tmp_path, "TRT902")


def test_every_bit_flipped(tmp_path: Path) -> None:
    """Refused, or judged: whatever the model now says, nothing is raised and nothing is unknown."""
    write(tmp_path, SMALL)
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    for at in range(len(content)):
        for bit in range(8):
            bent = bytearray(content)
            bent[at] ^= 1 << bit
            path.write_bytes(bent)
            made = report(tmp_path)
            (case,) = made.cases
            assert made.exit_status() == (int(bool(made.count("error"))) if case.artifact.complete else 3)
            assert case.verdicts[0].load in ("ok", "fail"), (at, bit)
            assert case.artifact.error is None or case.verdicts[0].load == "fail"


def test_random_bytes(tmp_path: Path) -> None:
    chance = random.Random(3)
    path = tmp_path / "saved_model.pb"
    for _ in range(150):
        path.write_bytes(chance.randbytes(chance.randrange(1, 400)))
        made = report(tmp_path)
        assert made.exit_status() in (1, 3)
        assert made.cases[0].verdicts[0].load == "fail"


def test_bent_everywhere(tmp_path: Path) -> None:
    """The model that holds every field, several bytes of it changed."""
    chance = random.Random(5)
    write(tmp_path, metagraph())
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    for _ in range(400):
        bent = bytearray(content)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(bent))
            kind = chance.random()
            if kind < 0.6:
                bent[at] = chance.choice((0, 1, 10, 127, 128, 255, chance.randrange(256)))
            elif kind < 0.8:
                del bent[at : at + chance.randrange(1, 5)]
            else:
                bent[at:at] = chance.randbytes(chance.randrange(1, 5))
        path.write_bytes(bent)
        (case,) = report(tmp_path).cases
        assert case.artifact.error is None or case.verdicts[0].load == "fail"


ABSURD = {
    "length 2**63": b"\x12" + varint(2**63),
    "length 2**31": b"\x12" + varint(2**31),
    "length of a gibibyte": b"\x12" + varint(1 << 30),
    "endless varint": b"\x08" + b"\xff" * 50,
    "tag 0": b"\0",
    "group unclosed": varint(77 << 3 | 3),
    "groups, 200 deep": varint(77 << 3 | 3) * 200 + varint(77 << 3 | 4) * 200,
    "groups, a million deep": varint(77 << 3 | 3) * 1_000_000,
    "group end": b"\x0c",
    "wire type 7": b"\x0f",
    "not UTF-8": data(2, data(1, data(4, b"\xff"))),
}


@pytest.mark.parametrize("more", ABSURD.values(), ids=ABSURD)
@pytest.mark.parametrize("inside", [False, True])
def test_absurd(tmp_path: Path, more: bytes, inside: bool) -> None:
    if inside:
        node = data(1, Node("n", "NoOp").encode() + more)
        write(tmp_path, SMALL)
        content = SMALL.encode()
        (tmp_path / "saved_model.pb").write_bytes(number(1, 1) + data(2, content + data(2, node)))
        if more == ABSURD["not UTF-8"]:
            pytest.skip("field 2 of a node is its op, which may hold any UTF-8")
    else:
        write(tmp_path, SMALL)
        with (tmp_path / "saved_model.pb").open("ab") as file:
            file.write(more)
    broken(tmp_path, "TRT902")


def test_messages_200_deep(tmp_path: Path) -> None:
    content = b""
    for _ in range(200):
        content = data(2, content)
    model = MetaGraph(Graph([Node("a", "NoOp")]))
    write(tmp_path, model)
    node = data(1, data(1, "b") + data(2, "NoOp") + data(7, content))
    (tmp_path / "saved_model.pb").write_bytes(number(1, 1) + data(2, model.encode() + data(2, node)))
    (finding,) = broken(tmp_path, "TRT902").findings
    assert "more than 100 messages" in finding.message


@pytest.mark.parametrize("what", ["fifo", "loop", "device", "broken link", "folder"])
def test_no_regular_file(tmp_path: Path, what: str) -> None:
    path = tmp_path / "saved_model.pb"
    if what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path, "broken link": "absent"}[what])
    made = report(tmp_path)
    assert made.exit_status() in ((1, 3) if what == "folder" else (3,))
    assert made.cases[0].verdicts[0].load == "fail"
    for path in (tmp_path / "absent", Path("/dev/zero"), Path("/dev/null")):
        assert check([path]).exit_status() == 3


def test_a_limit_of_ours_claims_nothing(tmp_path: Path) -> None:
    write(tmp_path, MetaGraph(Graph([Node("n" * (3 << 20), "NoOp")]), {"s": Signature()}))
    (finding,) = broken(tmp_path, "TRT903").findings
    assert "3,145,728 bytes where a name belongs" in finding.message


def test_functions_that_call_one_another(tmp_path: Path) -> None:
    """In a ring of a thousand, each one twice: an answer in no time."""
    count = 1000
    attrs = {"Tin": [DType.FLOAT], "Tout": [DType.FLOAT]}
    functions = [
        Function(
            f"f{place}",
            [("x", DType.FLOAT)],
            [("y", DType.FLOAT)],
            [
                Node("a", "PartitionedCall", ["x"], {"f": Func(f"f{(place + 1) % count}"), **attrs}),
                Node("b", "PartitionedCall", ["a:output:0"], {"f": Func(f"f{(place * 7) % count}"), **attrs}),
            ],
            {"y": "b:output:0"},
        )
        for place in range(count)
    ]
    functions[3].nodes.append(Node("bad", "NoSuchOp", ["x"]))
    main_graph = [
        Node("x", "Placeholder", [], {"dtype": DType.FLOAT}),
        Node("y", "PartitionedCall", ["x"], {"f": Func("f0"), **attrs}),
    ]
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("y:0")})
    write(tmp_path, MetaGraph(Graph(main_graph, functions), {"serving_default": signature}))
    started = time.monotonic()
    made = report(tmp_path)
    assert time.monotonic() - started < 10
    assert made.exit_status() == 1


def test_a_chain_of_calls_longer_than_any_stack(tmp_path: Path) -> None:
    attrs = {"Tin": [DType.FLOAT], "Tout": [DType.FLOAT]}
    functions = [
        Function(
            f"f{place}",
            [("x", DType.FLOAT)],
            [("y", DType.FLOAT)],
            [Node("a", "PartitionedCall", ["x"], {"f": Func(f"f{place + 1}"), **attrs})],
            {"y": "a:output:0"},
        )
        for place in range(5000)
    ]
    functions.append(
        Function("f5000", [("x", DType.FLOAT)], [("y", DType.FLOAT)], [Node("a", "TRTEngineOp", ["x"])], {"y": "a:y:0"})
    )
    nodes = [
        Node("x", "Placeholder", [], {"dtype": DType.FLOAT}),
        Node("y", "PartitionedCall", ["x"], {"f": Func("f0"), **attrs}),
    ]
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("y:0")})
    write(tmp_path, MetaGraph(Graph(nodes, functions), {"serving_default": signature}))
    started = time.monotonic()
    made = check([tmp_path], targets=["tensorflow/serving:2.20.0"])
    assert time.monotonic() - started < 20
    assert made.exit_status() == 1
    assert made.cases[0].verdicts[0].signatures == {"serving_default": "fail"}


def test_nodes_that_feed_one_another(tmp_path: Path) -> None:
    nodes = [Node(f"n{place}", "AddV2", [f"n{(place + 1) % 50}", f"n{(place * 3) % 50}"]) for place in range(50)]
    write(tmp_path, MetaGraph(Graph(nodes), {"serving_default": Signature({}, {"y": TensorInfo("n0:0")})}))
    assert report(tmp_path).cases[0].artifact.complete


def test_duplicate_function_names(tmp_path: Path) -> None:
    two = [Function("f", [], [], [Node("a", op)], {}) for op in ("NoOp", "Abort")]
    write(tmp_path, MetaGraph(Graph([Node("x", "NoOp")], two), {"s": Signature()}))
    made = report(tmp_path)
    assert made.exit_status() == 1
    assert made.cases[0].verdicts[0].load == "fail"
    write(tmp_path, MetaGraph(Graph([Node("x", "NoOp")], two[:1] * 2), {"s": Signature()}))
    assert report(tmp_path).cases[0].verdicts[0].load == "ok"


@pytest.mark.parametrize("which", ["variables.index", "assets", "bare"])
def test_other_files_cut_and_bent(tmp_path: Path, which: str) -> None:
    chance = random.Random(9)
    if which == "bare":
        path, content = tmp_path / "frozen.pb", graph().encode()
    else:
        from models.product import drafts

        name = "restore.device.gpu" if which == "variables.index" else "asset.main.there.init"
        drafts()[name].write(tmp_path)
        path = tmp_path / ("variables/variables.index" if which == "variables.index" else "assets/vocab.txt")
        content = path.read_bytes()
    for end in range(1, len(content), max(1, len(content) // 150)):
        path.write_bytes(content[:end])
        report(tmp_path)
        bent = bytearray(content)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        path.write_bytes(bent)
        report(tmp_path)


HOSTILE = "\x1b[31m\x07[bold]red[/bold]\r\n::error::<script>\u202e|`$(rm)`"


def said(*words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(list(words))
    return status, out.getvalue() + err.getvalue()


@pytest.mark.parametrize("form", ["text", "concise", "json"])
def test_hostile_names_on_the_way_out(tmp_path: Path, form: str) -> None:
    """In every name that an artifact can give: what a terminal would obey is shown, not sent."""
    nodes = [
        Node(HOSTILE, "Placeholder", [], {"dtype": DType.FLOAT}, HOSTILE),
        Node(HOSTILE + "2", "TRTEngineOp" + HOSTILE, [HOSTILE], {HOSTILE: Func(HOSTILE)}),
        Node("bad", "NoSuchOp", [HOSTILE]),
    ]
    functions = [Function(HOSTILE, [(HOSTILE, DType.FLOAT)], [], [Node(HOSTILE, "NoSuchOp")], {HOSTILE: HOSTILE})]
    model = MetaGraph(
        Graph(nodes, functions),
        {HOSTILE: Signature({HOSTILE: TensorInfo(HOSTILE)}, {HOSTILE: TensorInfo(HOSTILE + "2:0")})},
        ("serve",),
        assets={HOSTILE: "../../" + HOSTILE.replace("/", "")},
    )
    write(tmp_path / "m", model)
    write(tmp_path / "n", MetaGraph(model.graph, model.signatures, (HOSTILE,)))
    status, text = said("--output-format", form, os.fspath(tmp_path))
    assert status == 1
    assert not set(text) & (set(map(chr, range(32))) - {"\n"} | {"\x7f", "\u202e"})
    assert not any(line.lstrip().startswith("::error") for line in text.splitlines())
    if form == "json":
        json.loads(text)


@pytest.mark.parametrize("form", ["text", "concise", "json"])
@pytest.mark.parametrize("name", [b"\xff\x1b[31m", b"[bold]x", b"new\nline", "\u202e".encode()])
def test_hostile_folder_names_on_the_way_out(tmp_path: Path, name: bytes, form: str) -> None:
    folder = os.fsencode(tmp_path) + b"/" + name
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system does not have such names")
    Path(os.fsdecode(folder), "saved_model.pb").write_bytes(b"\x12\x05")
    status, text = said("--output-format", form, os.fspath(tmp_path))
    assert status == 3
    assert not set(text) & (set(map(chr, range(32))) - {"\n"} | {"\u202e"})
    text.encode()


def test_names_of_assets_do_not_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a\nb\n")
    from models.product import drafts

    draft = drafts()["asset.main.there.init"]
    for name in ("../../secret.txt", "/etc/passwd", "../" * 40 + "etc/passwd", "a\0b", ""):
        draft.meta.assets = {"file:0": name}
        draft.write(tmp_path / "m")
        report(tmp_path / "m")


MEASURE = """
import resource, sys
from pytest_trt.cli.main import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
status = main([sys.argv[1]])
print("MEASURED", status, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="no resource usage")
@pytest.mark.parametrize("what", ["holes", "duplicates", "text", "index"])
def test_memory_does_not_grow_with_a_sparse_file(tmp_path: Path, what: str) -> None:
    size = 700 << 20
    path = tmp_path / "saved_model.pb"
    hole = b""
    if what == "holes":
        write(tmp_path, SMALL)
        hole = varint(99 << 3 | 2) + varint(size)
    elif what == "duplicates":
        # Two functions of one name, most of which is a hole.
        node = data(1, "f") + b""
        function = data(1, node) + varint(99 << 3 | 2) + varint(size)
        head = b"\x0a" + varint(len(function) + size) + function
        library = b"\x12" + varint(2 * (len(head) + size)) + head
        around = b"\x12" + varint(len(library) + len(head) + 2 * size) + library
        tags = data(1, data(4, "serve"))
        path.write_bytes(b"\x12" + varint(len(tags) + len(around) + len(head) + 2 * size) + tags + around)
        with path.open("r+b") as file:
            file.seek(size, os.SEEK_END)
            file.write(head)
            file.truncate(file.tell() + size)
    elif what == "text":
        path = tmp_path / "saved_model.pbtxt"
        path.touch()
    else:
        write(tmp_path, SMALL, {})
        path = tmp_path / "variables" / "variables.index"
    if what != "duplicates":
        with path.open("ab") as file:
            file.write(hole)
            file.truncate(file.tell() + size)
    started = time.monotonic()
    run = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert time.monotonic() - started < 20
    assert not run.stderr, run.stderr
    _, status, mebibytes = run.stdout.splitlines()[-1].split()
    assert int(status) in (0, 1, 3)
    assert float(mebibytes) < 40, run.stdout
