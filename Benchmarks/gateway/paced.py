"""Streams as models write them: one token after the other, and not all at once.

A paced upstream notes when it has written each event of each stream; the client notes when bytes arrive. What is
late is the time between an arrival and the last event that was written before it: a gateway that holds a window
of text back is not late by that, only by what it takes over an event that has come. Same process, same clock.
"""
import asyncio
import json
import re
import time

HEAD = {"id": "chatcmpl-paced", "object": "chat.completion.chunk", "created": 1770000000, "model": "mock"}
NUMBER = re.compile(rb'"x_stream": ?(\d+)')
TOKEN = "A dozen letters, and then some more; "


class Paced:
    """A model's server that writes `tokens` events into each stream, one every `gap` seconds."""

    def __init__(self, tokens: int, gap: float):
        self.tokens, self.gap = tokens, gap
        self.sent: dict[int, list] = {}
        self.open = self.most_open = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head, re.I)
                body = await reader.readexactly(int(length[1]))
                number = NUMBER.search(body)
                await self._stream(writer, self.sent.setdefault(int(number[1]) if number else -1, []))
                if re.search(rb"connection: *close", head, re.I):
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _stream(self, writer, sent: list):
        def write(*events):
            data = b"".join(b"data: " + event + b"\n\n" for event in events)
            writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            sent.append(time.monotonic())

        def event(delta, reason=None):
            return json.dumps(HEAD | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}).encode()

        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            write(event({"role": "assistant", "content": ""}))
            for _ in range(self.tokens):
                await asyncio.sleep(self.gap)
                write(event({"content": TOKEN}))
            write(event({}, "stop"), b"[DONE]")
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            self.open -= 1


async def stream(port: int, number: int, request: dict, sent: list) -> dict:
    """One stream from its request to its end: how late each arrival was, and whether all of it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(request | {"stream": True, "x_stream": number}).encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                 b"authorization: Bearer sk-bench\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    late, data, place = [], b"", 0
    while block := await reader.read(65536):
        now = time.monotonic()
        data += block
        if b'"content": "A' not in block and b'"content":"A' not in block:
            continue
        while place < len(sent) and sent[place] <= now:
            place += 1
        if place:
            late.append(now - sent[place - 1])
    writer.close()
    return {"late": late, "text": data.count(TOKEN.encode()), "whole": b"[DONE]" in data}


async def lateness(target, request: dict, streams: int, rounds: int, paced: Paced) -> dict:
    """How late what arrives is, in milliseconds, over so many streams at a time."""
    every, first, wrong, number = [], [], 0, 0
    for turn in range(rounds + 1):
        numbers = range(number, number + streams)
        number += streams
        for one in numbers:
            paced.sent[one] = []
        found = await asyncio.gather(*(stream(target, one, request, paced.sent[one]) for one in numbers))
        if turn == 0:
            continue  # warms it up
        every += [late for one in found for late in one["late"]]
        first += [one["late"][0] for one in found if one["late"]]
        wrong += sum(not one["whole"] or one["text"] != paced.tokens for one in found)
    at = lambda some, share: sorted(some)[min(len(some) - 1, int(len(some) * share))] * 1e3 if some else float("nan")
    return {"p50": at(every, .5), "p99": at(every, .99), "first": at(first, .5), "first99": at(first, .99),
            "arrivals": len(every), "wrong": wrong}


async def many(target, request: dict, streams: int, paced: Paced, at_most) -> dict:
    """So many streams open at a time; `at_most` is called when all are."""
    for number in range(streams):
        paced.sent[number] = []
    tasks = []
    for number in range(streams):
        tasks.append(asyncio.create_task(stream(target, number, request, paced.sent[number])))
        if number % 100 == 99:
            await asyncio.sleep(0.05)
    until = time.monotonic() + 30
    while paced.open < streams and time.monotonic() < until and not all(task.done() for task in tasks):
        await asyncio.sleep(0.05)
    most = at_most()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = sum(not isinstance(one, dict) or not one["whole"] or one["text"] != paced.tokens for one in found)
    return {"open": paced.most_open, "wrong": wrong, "memory": most}
