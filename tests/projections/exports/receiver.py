"""A process that takes OTLP over HTTP and writes what came as JSON, a request a line.

``python -m tests.projections.exports.receiver FOLDER`` prints its port. What stands before ``/v1/``
in the path says how it behaves: ``/404/…`` answers that, ``/partial/…`` takes all but two,
``/garbled/…`` answers nonsense; anything else names the file for what is taken.
"""

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

HEADERS = {"302": {"location": "http://elsewhere:4318"}, "503": {"retry-after": "3600"}}
PROTOBUF = "application/x-protobuf"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_POST(self):
        box, _, signal = self.path.strip("/").rpartition("/v1/")
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        assert self.headers["content-type"] == PROTOBUF
        if box.isdecimal():
            return self._answer(int(box), b"", **HEADERS.get(box, {}))
        if box == "garbled":
            return self._answer(200, b"\xff\xff\xff")
        if signal == "traces":
            request = traces.ExportTraceServiceRequest.FromString(body)
            response = traces.ExportTraceServiceResponse()
            if box == "partial":
                response.partial_success.rejected_spans = 2
                response.partial_success.error_message = "too old"
        else:
            request = metrics.ExportMetricsServiceRequest.FromString(body)
            response = metrics.ExportMetricsServiceResponse()
        line = {
            "signal": signal,
            "encoding": self.headers["content-encoding"],
            "key": self.headers["x-key"],
            "request": MessageToDict(request),
        }
        with (self.folder / f"{box}.ndjson").open("a") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
        return self._answer(200, response.SerializeToString())

    def _answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.send_header("content-type", PROTOBUF)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


if __name__ == "__main__":
    Receiver.folder = Path(sys.argv[1])
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
