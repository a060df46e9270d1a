"""Cases 25–37: YAML and JSON that want to harm the reader, in every file of a model or of the registry."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gitmodels.names import encode, shard

FRAUD = f"models/{shard(encode('fraud'))}/fraud"
SPAM = f"models/{shard(encode('spam'))}/spam"
RECORDS = (
    f"{FRAUD}/model.yaml",
    f"{FRAUD}/versions/1/version.yaml",
    f"{FRAUD}/versions/1/manifest.yaml",
    f"{FRAUD}/meta/1.yaml",
    f"{FRAUD}/aliases/champion.yaml",
)
READING = (
    ("ls",),
    ("ls", "fraud"),
    ("ls", "--json"),
    ("show", "fraud@champion"),
    ("show", "fraud/1"),
    ("log",),
    ("log", "fraud"),
    ("alias", "ls", "fraud"),
    ("tag", "ls", "fraud"),
    ("tag", "ls", "fraud/1"),
    ("cat", "fraud/1:weights.bin"),
    ("fsck",),
    ("du",),
    ("rebuild",),
)
WRITING = (
    ("register", "code.py", "fraud"),
    ("alias", "set", "fraud", "champion", "2"),
    ("alias", "rm", "fraud", "champion"),
    ("rollback", "fraud", "champion"),
    ("tag", "set", "fraud", "a=b"),
    ("tag", "set", "fraud/1", "a=b"),
    ("describe", "fraud/1", "x"),
    ("stage", "fraud/1", "Production"),
    ("rm", "fraud/1"),
    ("cp", "fraud/1", "other"),
    ("mv", "fraud", "other"),
)


def laughs() -> bytes:
    lines = ["a: &a ['x','x','x','x','x','x','x','x','x']"]
    for here, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{here}: &{here} [{','.join(['*' + before] * 9)}]")
    return "\n".join(lines).encode()


HOSTILE = {
    "25 billion laughs": laughs(),
    "25 merge keys": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "25 recursive alias": b"a: &a [*a]\n",
    "26 nesting": b"[" * 100_000,
    "26 nested maps": b"{a: " * 50_000,
    "26 block nesting": b"".join(b" " * level + b"a:\n" for level in range(3000)),
    "27 duplicate keys": b"format: 1\nformat: 1\n",
    "27 a number as key": b"1: a\n'1': b\n",
    "27 a list as key": b"? [a]\n: b\n",
    "28 python object": b"!!python/object/apply:os.system ['touch canary']\n",
    "28 binary": b"a: !!binary " + base64.b64encode(b"x" * 10) + b"\n",
    "28 set": b"!!set {a, b}\n",
    "28 custom": b"!thing {a: b}\n",
    "30 long integer": b"size: " + b"9" * 100_000 + b"\n",
    "30 infinite": b"size: 1e400\n",
    "31 utf-16": "format: 1\n".encode("utf-16"),
    "31 bom": b"\xef\xbb\xbfformat: 1\n",
    "31 latin-1": b"name: caf\xe9\n",
    "31 surrogate": b'name: "\\ud800"\n',
    "31 tab": b"a:\n\tb: 1\n",
    "31 two documents": b"a: 1\n---\nb: 2\n",
    "31 ended": b"a: 1\n...\nb\n",
    "31 nothing": b"",
    "31 zeros": b"\0" * 512,
    "32 a megabyte and more": b"a: " + b"x" * (5 << 20) + b"\n",
    "32 many keys": b"".join(b"k%d: 1\n" % number for number in range(250_000)),
    "35 conflict": b"<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n",
    "29 a list": b"- a\n",
    "29 a scalar": b"no\n",
    "29 wrong kinds": b"format: yes\nname: 017\nmodel: 1:30\ntarget: 2024-01-01\nmanifest: .inf\nfiles: ~\n",
}


def all_commands() -> Iterator[tuple[str, ...]]:
    yield from READING
    yield from WRITING


def pairs() -> Iterator[Any]:
    """Every hostile text in every record; by default each in one record, and each record with many of them."""
    for number, hostile in enumerate(HOSTILE):
        for place, path in enumerate(RECORDS):
            name = f"case_{hostile.replace(' ', '_')}-{path.rpartition('/')[2]}"
            marks = [] if place == number % len(RECORDS) else [pytest.mark.heavy]
            yield pytest.param(hostile, path, id=name, marks=marks)


@pytest.mark.parametrize(("hostile", "path"), list(pairs()))
def test_25_to_35_a_hostile_record_is_told_in_one_line_and_hurts_nobody_else(
    bench: Any, hostile: str, path: str
) -> None:
    bench.put({path: HOSTILE[hostile]})
    for command in READING:
        done = bench.run(*command)
        assert done.code in (0, 3, 4, 6), (command, done)
        assert "Traceback" not in done.err
        assert "internal error" not in done.err
        assert max([len(line) for line in done.lines], default=0) < 2000
    tip = bench.tip()
    for command in WRITING[:3]:
        before, done = bench.tip(), bench.run(*command)
        assert done.code in (0, 3, 4, 6), (command, done)
        if done.code:
            assert bench.tip() == before
    assert bench.git("merge-base", tip, "gitmodels").strip() == tip
    assert "weights of spam" in bench.works("cat", "spam/1:weights.bin")
    assert not (bench.path / "canary").exists()


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: "case_" + name.replace(" ", "_"))
def test_25_to_35_a_hostile_gitmodels_yaml_stops_writing(bench: Any, hostile: str) -> None:
    bench.put({"gitmodels.yaml": HOSTILE[hostile]})
    for command in WRITING:
        bench.refuses(4, *command)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda name: "case_" + name.replace(" ", "_"))
def test_25_to_35_a_hostile_mlmodel_is_refused_or_kept_as_a_file(bench: Any, hostile: str) -> None:
    source = bench.files("hostile", {"MLmodel": HOSTILE[hostile], "x.bin": b"x"})
    before, done = bench.tip(), bench.run("register", source, "hostile")
    assert done.code in (0, 4), done
    if done.code:
        assert bench.tip() == before
        assert len(done.lines) <= 2
        assert "xxxxxxxx" not in done.err
    else:
        for command in (("show", "hostile/1"), ("ls",), ("predict", "hostile/1")):
            done = bench.run(*command, stdin=b'{"inputs": [1]}')
            assert done.code in (0, 4, 6, 11), (command, done)
            assert "internal error" not in done.err
    assert not (bench.path / "canary").exists()


def test_case_29_metrics_that_are_no_numbers_are_shown_as_such(bench: Any) -> None:
    path = f"{FRAUD}/versions/1/version.yaml"
    record = bench.read(path)
    bench.put({path: record + b"run:\n  metrics:\n    auc: .nan\n    loss: .inf\n"})
    done = bench.run("show", "--json", "fraud/1")
    assert done.code in (0, 4), done
    if done.code == 0:
        json.loads(done.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_case_31_crlf_reads_as_lf(bench: Any) -> None:
    path = f"{FRAUD}/aliases/champion.yaml"
    bench.put({path: bench.read(path).replace(b"\n", b"\r\n")})
    assert '"version": 1' in bench.works("show", "--json", "fraud@champion")


def test_case_33_a_newer_registry_is_read_and_not_written(bench: Any) -> None:
    bench.put({"gitmodels.yaml": b"format: 2\n"})
    for command in WRITING:
        done = bench.refuses(4, *command, says="format 2")
        assert "update gitmodels" in done.err
    assert "fraud" in bench.works("ls")
    assert bench.works("cat", "fraud@champion:weights.bin")


def test_case_33_keys_of_a_newer_record_survive_a_rewrite(bench: Any) -> None:
    path = f"{FRAUD}/model.yaml"
    bench.put({path: bench.read(path) + b"colour: blue\n"})
    bench.works("tag", "set", "fraud", "a=b")
    assert b"colour: blue" in bench.read(path)
    path = f"{FRAUD}/aliases/champion.yaml"
    bench.put({path: bench.read(path) + b"colour: green\n"})
    bench.works("alias", "set", "fraud", "champion", "2")
    assert b"colour: green" in bench.read(path)


def test_case_34_comments_and_order_are_a_persons_own(bench: Any) -> None:
    path = f"{FRAUD}/model.yaml"
    lines = bench.read(path).splitlines(keepends=True)
    assert not any(line.startswith(b" ") for line in lines)
    bench.put({path: b"# ours\n" + b"".join(reversed(lines))})
    assert "fraud" in bench.works("ls")
    bench.works("tag", "set", "fraud", "a=b")


def test_case_35_conflict_markers_are_named_with_their_line(bench: Any) -> None:
    path = f"{FRAUD}/aliases/champion.yaml"
    bench.put({path: bench.read(path) + b"<<<<<<< ours\n=======\n>>>>>>> theirs\n"})
    done = bench.run("show", "fraud@champion")
    assert done.code == 4
    assert re.search(r"line \d+", done.err), done.err
    assert "conflict" in done.err


WRONG_SIGNATURES = [
    "signature: 7\n",
    "signature: {inputs: 5}\n",
    "signature: {inputs: 'not json'}\n",
    "signature: {inputs: '\"[]\"'}\n",
    'signature: {inputs: \'"[{\\"type\\": \\"double\\"}]"\'}\n',
    "signature: {inputs: '[{\"type\": 5}]'}\n",
    'signature: {inputs: \'[{"type": "quaternion", "name": "a"}]\'}\n',
    'signature: {inputs: \'{"type": "double"}\'}\n',
    "signature: {inputs: '" + "[" * 5000 + "'}\n",
    'signature: {inputs: \'[{"type": "tensor", "tensor-spec": {"dtype": "object", "shape": ["a"]}}]\'}\n',
]


@pytest.mark.parametrize("signature", WRONG_SIGNATURES, ids=lambda text: text[11:50])
def test_case_36_a_wrong_signature_never_crashes_and_never_predicts(bench: Any, signature: str) -> None:
    flavor = "flavors:\n  python_function: {loader_module: nothing_here, env: {}}\n"
    source = bench.files("signed", {"MLmodel": (flavor + signature).encode(), "x.bin": b"x"})
    done = bench.run("register", source, "signed")
    assert done.code in (0, 4), done
    if done.code == 0:
        for command in (("show", "signed/1"), ("show", "--json", "signed/1"), ("ls", "signed")):
            assert bench.run(*command).code in (0, 4), command
        assert bench.run("predict", "--trust", "signed/1", stdin=b'{"inputs": [[1]]}').code not in (0, 70)


REQUESTS = [
    b"",
    b"not json",
    b"[1, 2",
    b'"text"',
    b"7",
    b"null",
    b"{}",
    b'{"inputs": [1], "instances": [1]}',
    b'{"dataframe_split": 5}',
    b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}',
    b'{"dataframe_records": {"a": 1}}',
    b'{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}',
    b"[" * 100_000,
    b'{"inputs": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b"\xff\xfe",
    b'{"inputs": [NaN]}',
    b'{"instances": [[1, 2], [3]]}',
    b'{"inputs": 1e999}',
]


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A saved linear model of two columns, as a directory."""
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    import gitmodels
    import gitmodels.sklearn

    data = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0]})
    model = LinearRegression().fit(data, np.array([1.0, 2.0, 3.0]))
    folder = tmp_path_factory.mktemp("linear") / "model"
    signature = gitmodels.models.infer_signature(data, model.predict(data))
    gitmodels.sklearn.save_model(model, str(folder), signature=signature)
    return str(folder)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda data: data[:40].decode("latin-1"))
def test_case_36_a_wrong_request_is_refused_without_showing_it(bench: Any, linear: str, request_: bytes) -> None:
    bench.works("register", linear, "linear")
    bench.refuses(4, "predict", "linear/1", stdin=request_)


def test_case_36_what_is_refused_does_not_show_customers_data(bench: Any, linear: str) -> None:
    bench.works("register", linear, "linear")
    row = b'{"dataframe_records": [{"a": "4000-1234-5678", "b": 1.0}]}'
    bench.refuses(4, "predict", "linear/1", stdin=row, secret="4000-1234")
    missing = b'{"dataframe_records": [{"b": 98765.4321}]}'
    assert "'a'" in bench.refuses(4, "predict", "linear/1", stdin=missing, secret="98765").err
    table = bench.files("data", {"x.csv": b"a,b\n4000-1234-5678,1\n", "x.parquet": b"PAR1 4000-1234"})
    bench.refuses(4, "predict", "linear/1", f"{table}/x.csv", secret="4000-1234")
    bench.refuses(4, "predict", "linear/1", f"{table}/x.parquet", secret="4000-1234")
    bench.refuses(3, "predict", "linear/1", f"{table}/nothing.csv")
