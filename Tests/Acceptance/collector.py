"""A collector of OpenTelemetry that keeps what it is sent: OTLP over HTTP, in JSON, read by the official message types."""
import base64
import http.server
import json
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KEY = "the-collectors-own-key"


class Collector:
    """At a free port of loopback; `status` is what it answers, and with `holds` it does not answer until it is set."""

    def __init__(self):
        self.bodies: list[bytes] = []
        self.headers: list[dict] = []
        self.status = 200
        self.rejected = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.goes_on.wait(30)
                if collector.status == 200:
                    collector.bodies.append(body)
                    collector.headers.append({name.lower(): value for name, value in self.headers.items()} | {":path": self.path})
                answer = json.dumps({"partialSuccess": {"rejectedSpans": str(collector.rejected)}} if collector.rejected else {}).encode()
                self.send_response(collector.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict:
        return {"url": f"http://127.0.0.1:{self._server.server_port}/v1/traces", "headers": {"x-api-key": KEY}}

    def close(self):
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()

    def requests(self) -> list:
        """All that it was sent, as messages. OTLP's JSON has ids in hexadecimal where protobuf's has base64."""
        found = []
        for body in list(self.bodies):
            value = json.loads(body)
            for resource in value["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        for key in ("traceId", "spanId", "parentSpanId"):
                            if key in span:
                                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
            found.append(json_format.ParseDict(value, ExportTraceServiceRequest()))
        return found

    def spans(self) -> list[dict]:
        """Every span, with its attributes by name."""
        def plain(value):
            kind = value.WhichOneof("value")
            if kind == "array_value":
                return [plain(one) for one in value.array_value.values]
            return getattr(value, kind)
        return [{"trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(), "name": span.name,
                 "kind": span.kind, "start": span.start_time_unix_nano, "end": span.end_time_unix_nano, "status": span.status.code,
                 "state": span.trace_state, **{one.key: plain(one.value) for one in span.attributes}}
                for request in self.requests() for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
