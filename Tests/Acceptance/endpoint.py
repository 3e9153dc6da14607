"""A server of chat completions and of moderations whose answers the checks write themselves."""
import dataclasses
import http.server
import json
import threading
import time
from collections.abc import Callable


@dataclasses.dataclass
class Asked:
    """One question, as it arrived."""

    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def texts(self) -> list:
        """What a judge is to judge: the line of JSON between the fences."""
        lines = self.json["messages"][-1]["content"].split("\n")
        fences = [place for place, line in enumerate(lines) if line and not line.strip("=")]
        assert len(fences) == 2 and lines[fences[0]] == lines[fences[1]], lines
        return json.loads("\n".join(lines[fences[0] + 1:fences[1]]))


class Endpoint:
    """Answers each POST with what `answer` makes of it: bytes, text, an object as JSON, or a status with one of them."""

    def __init__(self):
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], object] = lambda asked: (500, "no answer is scripted")
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                endpoint.asked.append(asked)
                answer = endpoint.answer(asked)
                status, answer = answer if isinstance(answer, tuple) else (200, answer)
                data = answer if isinstance(answer, bytes) else (
                    answer if isinstance(answer, str) else json.dumps(answer)).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"


def completion(content, finish="stop") -> dict:
    """A chat completion that says this; what is no text is said as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "judge", "choices": [
        {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}]}


def late(seconds: float, answer):
    """Says it, but later."""
    def say(asked):
        time.sleep(seconds)
        return answer(asked) if callable(answer) else answer
    return say
