#!/usr/bin/env python3
"""A model's server that does as each request says: the upstream of the acceptance tests.

In comes a chat completion, a completion, a response or a message (`dialects.py`) whose body has a field `script` (unknown to everybody else, so a gateway
passes it on); out goes exactly the answer or the fault that the script describes, byte for byte. Written on
bare sockets, because what is tested is what happens when bytes come late, cut, wrong or not at all.

A script is an object, as JSON in base64 so that nobody on the way reads in it; all keys are optional:

    text       the answer's text ("Hello."); a list gives one text to each choice
    pieces     a list: the text of a streamed answer piece by piece; else `every`: characters in a piece (all)
    calls      [{"id", "name", "arguments": [piece, ...]}]: tool calls, streamed interleaved
    finish     finish_reason ("stop", or "tool_calls" where there are calls)
    usage      true: a usage chunk before [DONE], as for stream_options.include_usage
    form       "json": answer a streamed request with one JSON object; "crlf": end lines with CR LF;
               "tight": no space after "data:"; "comments": a comment line before each event
    chunk      how many bytes each write to the socket has (whole events)
    status, error, headers      answer with this status, with {"error": error}, with these headers too
    raw        the body to send instead, with `type` as its content type
    cut        close the socket after so many events of a stream (or bytes of a body), without an end
    late       seconds before the headers;  stall: [events, seconds]  after so many events, wait
    wire       these bytes (Latin-1) and nothing else, head included, then close; `endless`: these behind them, `times`
               over; `reset`: true: break the connection off instead of closing it
    reset      true: close the socket before the head
    at         {NAME: script}: what holds besides at the upstream of that name
    echo       true: the text is JSON of {"body": the request's bytes as text, "headers": {...}}

    upstream.py --port 18100      serves until it is interrupted
"""
import argparse
import asyncio
import base64
import dataclasses
import json
import socket
import struct
import threading
import time

import dialects

COMMON = {"id": "chatcmpl-scripted", "created": 1770000000, "model": "scripted"}


@dataclasses.dataclass
class Seen:
    """One request as it arrived, and what became of its connection."""

    method: str
    path: str
    headers: dict
    body: bytes
    began: float = dataclasses.field(default_factory=time.monotonic)
    closed: float | None = None  # when the other side closed while the answer was still being written
    finished: float | None = None  # when the answer was written to its end

    @property
    def json(self):
        return json.loads(self.body)


class Gone(Exception):
    """The other side closed the connection."""


class Upstream:
    """The server, on a thread of its own; `seen` holds every request in the order of arrival.

    With a `script` of its own, which may be changed while it serves, it does as that says, whatever requests say.
    """

    def __init__(self, port: int = 0, script: dict | None = None, name: str = ""):
        self.port = port
        self.script = script
        self.name = name
        self.seen: list[Seen] = []
        self.connections = 0  # that were ever made
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the scripted upstream did not start")
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        self._thread.join(5)

    async def _stop(self):
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=1 << 26, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _connection(self, reader, writer):
        self.connections += 1
        try:
            while True:
                seen = await read_request(reader)
                if seen is None:
                    break
                self.seen.append(seen)
                answer = Answer(seen, reader, writer)
                if self.script is not None:
                    answer.script = dict(self.script)
                answer.script |= answer.script.get("at", {}).get(self.name, {})
                if not await answer.send():
                    break
        except (Gone, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def written(**keys) -> str:
    """A script as it stands in a request."""
    return base64.b64encode(json.dumps(keys).encode()).decode()


def read(script) -> dict:
    return json.loads(base64.b64decode(script)) if isinstance(script, str) else {}


async def read_request(reader) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body)


class Answer:
    """The answer to one request. `send` says whether the connection may be used again."""

    def __init__(self, seen: Seen, reader, writer):
        self.seen, self.reader, self.writer = seen, reader, writer
        try:
            body = seen.json if seen.body else {}
        except ValueError:
            body = {}
        self.body = body if isinstance(body, dict) else {}
        self.script = read(self.body.get("script"))

    async def send(self) -> bool:
        script, seen = self.script, self.seen
        if seen.method == "GET" and seen.path == "/v1/models":
            await self.whole(200, {"object": "list", "data": [
                {"id": "scripted", "object": "model", "created": 1770000000, "owned_by": "acceptance"}]})
            return True
        numbers = {"/v1/embeddings": dialects.embeddings, "/v1/moderations": dialects.moderations,
                   "/v1/messages/count_tokens": lambda body: {"input_tokens": 42}}
        if seen.path in numbers and not {"raw", "status", "wire", "late", "reset"} & set(script):
            return await self.whole(200, numbers[seen.path](self.body))
        if "wire" in script:
            return await self.wired()
        if seen.path not in ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses", *numbers):
            await self.whole(404, {"error": {"message": "no such path", "type": "invalid_request_error",
                                             "param": None, "code": None}})
            return True
        await self.pause(script.get("late", 0))
        if script.get("reset"):
            self.writer.transport.abort()
            return False
        if "raw" in script:
            return await self.whole(script.get("status", 200), script["raw"], script.get("type", "application/json"))
        if "status" in script:
            error = {"message": "as scripted", "type": "scripted_error", "param": None, "code": "scripted"}
            form = {"type": "error"} if seen.path == "/v1/messages" else {}
            return await self.whole(script["status"], form | {"error": error | script.get("error", {})})
        if self.body.get("stream") and script.get("form") != "json":
            return await self.stream()
        if seen.path == "/v1/messages":
            return await self.whole(200, dialects.message(self.spoken()))
        if seen.path == "/v1/responses":
            return await self.whole(200, dialects.response(self.spoken(), self.body))
        if seen.path == "/v1/completions":
            return await self.whole(200, dialects.completion(self.completion()))
        return await self.whole(200, self.completion())

    # What is said.

    def spoken(self) -> dict:
        """The script, with what it echoes as its text."""
        return self.script | ({"text": self.texts()[0]} if self.script.get("echo") else {})

    def lines(self) -> list:
        """The events of a stream: the fields before the data of each, and the data."""
        if self.seen.path == "/v1/messages":
            return [(f"event: {kind}", json.dumps(data)) for kind, data in dialects.message_events(self.spoken())]
        if self.seen.path == "/v1/responses":
            events = dialects.response_events(self.spoken(), self.body)
            return [(f"event: {kind}", json.dumps(data)) for kind, data in events]
        older = self.seen.path == "/v1/completions"
        events = [dialects.completion(event) for event in self.events()] if older else self.events()
        return [("", json.dumps(event)) for event in events] + [("", "[DONE]")]

    def texts(self) -> list:
        if self.script.get("echo"):
            return [json.dumps({"body": self.seen.body.decode("utf-8", "surrogateescape"),
                                "headers": self.seen.headers})]
        text = self.script.get("text", None if self.script.get("calls") else "Hello.")
        return text if isinstance(text, list) else [text] * self.body.get("n", 1)

    def finish(self) -> str:
        return self.script.get("finish", "tool_calls" if self.script.get("calls") else "stop")

    def completion(self) -> dict:
        choices = []
        for index, text in enumerate(self.texts()):
            message = {"role": "assistant", "content": text, "refusal": None}
            if calls := self.script.get("calls"):
                message["tool_calls"] = [
                    {"id": call["id"], "type": "function",
                     "function": {"name": call["name"], "arguments": "".join(call["arguments"])}} for call in calls]
            choices.append({"index": index, "message": message, "logprobs": None, "finish_reason": self.finish()})
        return COMMON | {"object": "chat.completion", "choices": choices, "usage": self.usage(),
                         "unknown_to_charter": {"kept": [1, 2.50, "é"]}}

    def usage(self) -> dict:
        return {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}

    def pieces_of(self, text: str) -> list:
        if "pieces" in self.script:
            return self.script["pieces"]
        every = self.script.get("every") or len(text) or 1
        return [text[at:at + every] for at in range(0, len(text), every)]

    def events(self) -> list:
        texts, events = self.texts(), []

        def event(index, delta, finish=None):
            events.append(COMMON | {"object": "chat.completion.chunk", "choices": [
                {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}]})

        for index in range(len(texts)):
            event(index, {"role": "assistant", "content": ""})
        columns = [self.pieces_of(text) if text is not None else [] for text in texts]
        for row in range(max(map(len, columns))):  # the choices interleave
            for index, pieces in enumerate(columns):
                if row < len(pieces):
                    event(index, {"content": pieces[row]})
        calls = self.script.get("calls", [])
        for number, call in enumerate(calls):
            event(0, {"tool_calls": [{"index": number, "id": call["id"], "type": "function",
                                      "function": {"name": call["name"], "arguments": ""}}]})
        for row in range(max((len(call["arguments"]) for call in calls), default=0)):  # and so do the calls
            for number, call in enumerate(calls):
                if row < len(call["arguments"]):
                    event(0, {"tool_calls": [{"index": number, "function": {"arguments": call["arguments"][row]}}]})
        for index in range(len(texts)):
            event(index, {}, self.finish())
        if self.script.get("usage") or (self.body.get("stream_options") or {}).get("include_usage"):
            events.append(COMMON | {"object": "chat.completion.chunk", "choices": [], "usage": self.usage()})
        return events

    # How it is said.

    async def whole(self, status: int, body, kind: str = "application/json") -> bool:
        data = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else json.dumps(body).encode()
        await self.head(status, kind, f"Content-Length: {len(data)}")
        if "cut" in self.script:
            await self.write(data[:self.script["cut"]])
            self.writer.transport.abort()
            return False
        await self.write(data)
        self.seen.finished = time.monotonic()
        return True

    async def stream(self) -> bool:
        await self.head(200, "text/event-stream", "Transfer-Encoding: chunked")
        form = self.script.get("form", "")
        end = "\r\n" if form == "crlf" else "\n"
        start = "data:" if form == "tight" else "data: "
        lead = f": a comment{end}{end}" if form == "comments" else ""
        stall_after, stall = self.script.get("stall", [None, 0])
        data = [f"{lead}{field}{end if field else ''}{start}{line}{end}{end}".encode() for field, line in self.lines()]
        for number, event in enumerate(data):
            if number == self.script.get("cut"):
                await self.writer.drain()
                self.writer.transport.abort()
                return False
            if number == stall_after:
                await self.pause(stall)
            size = self.script.get("chunk") or len(event)
            for at in range(0, len(event), size):
                part = event[at:at + size]
                await self.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        await self.write(b"0\r\n\r\n")
        self.seen.finished = time.monotonic()
        return True

    async def wired(self) -> bool:
        await self.write(self.script["wire"].encode("latin-1"))
        endless = self.script.get("endless", "").encode("latin-1")
        for _ in range(self.script.get("times", 0)):
            await self.write(endless)
        await self.pause(self.script.get("late", 0))
        if self.script.get("reset"):
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.writer.transport.abort()
        self.seen.finished = time.monotonic()
        return False

    async def head(self, status: int, kind: str, framing: str):
        lines = [f"HTTP/1.1 {status:03} Scripted", f"Content-Type: {kind}", framing, "x-request-id: req-scripted"]
        lines += [f"{name}: {value}" for name, value in self.script.get("headers", {}).items()]
        await self.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def write(self, data: bytes):
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            self.gone()

    async def pause(self, seconds: float):
        """Waits, and notices when the other side closes meanwhile."""
        if not seconds:
            return
        try:
            if not await asyncio.wait_for(self.reader.read(1), seconds):
                self.gone()
        except asyncio.TimeoutError:
            pass
        except ConnectionError:
            self.gone()

    def gone(self):
        self.seen.closed = time.monotonic()
        raise Gone


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=18100)
    with Upstream(parser.parse_args().port) as upstream:
        print(upstream.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
