"""HTTP on bare sockets, because clients here vanish at any place; and what an answer says, in each protocol."""
import asyncio
import dataclasses
import json


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes = b""
    whole: bool = True  # False: the connection ended before it

    @property
    def json(self):
        return json.loads(self.body)


class Gone(Exception):
    """The gateway closed the connection before an answer's head."""


class Connection:
    """A connection to the gateway that is used again as long as answers are whole."""

    def __init__(self, port: int):
        self.port = port
        self.reader = self.writer = None

    async def request(self, method: str, path: str, headers: dict, body: bytes | None = None, says_length: bool = True) -> None:
        if self.writer is None or self.writer.is_closing() or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        fields = {"Host": f"127.0.0.1:{self.port}"} | headers
        if body is not None and says_length:
            fields |= {"Content-Length": str(len(body)), "Content-Type": headers.get("Content-Type", "application/json")}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        self.writer.write(head.encode() + (body or b""))
        await self.writer.drain()

    async def head(self) -> Answer:
        try:
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.close()
            raise Gone from error
        pairs = (line.partition(":") for line in lines if line)
        return Answer(int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs})

    async def body(self, answer: Answer, up_to: int | None = None) -> None:
        """Reads the body, or its first bytes."""
        try:
            if answer.headers.get("transfer-encoding") == "chunked":
                while size := int(await self.reader.readline() or b"", 16):
                    answer.body += (await self.reader.readexactly(size + 2))[:-2]
                    if up_to is not None and len(answer.body) >= up_to:
                        return
                await self.reader.readline()
            else:
                answer.body = await self.reader.readexactly(int(answer.headers.get("content-length", 0)))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            answer.whole = False
            self.close()

    def close(self, reset: bool = False) -> None:
        if self.writer is not None:
            self.writer.transport.abort() if reset else self.writer.close()
        self.reader = self.writer = None


# What is said.

@dataclasses.dataclass
class Said:
    text: str = ""
    refusal: str = ""
    error: str | None = None  # the code, or the type, of an error in a stream
    ended: bool = False  # by the protocol's own last event


def events(body: bytes) -> list:
    """The data of each event that is whole."""
    found = []
    for event in body.split(b"\n\n")[:-1]:
        data = b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
        if data:
            found.append(data)
    return found


def said(protocol: str, streamed: bool, body: bytes) -> Said:
    if not streamed:
        return READ_WHOLE[protocol](json.loads(body))
    found = Said()
    for data in events(body):
        if data == b"[DONE]":
            found.ended = True
            continue
        event = json.loads(data)
        error = event.get("error")
        if error:
            found.error = error.get("code") or error.get("type")
        READ_EVENT[protocol](event, found)
    if protocol == "messages":
        found.text, found.refusal = split(found.text, found.refusal)
    return found


def chat(body: dict) -> Said:
    message = body["choices"][0]["message"]
    return Said(message["content"] or "", message.get("refusal") or "", ended=True)


def chat_event(event: dict, found: Said) -> None:
    for choice in event.get("choices", []):
        found.text += choice["delta"].get("content") or ""
        found.refusal += choice["delta"].get("refusal") or ""


# Messages have no place of their own for refusals: the last block is one where it says `refusal`.

SEPARATOR = "\0"


def split(text: str, stop: str) -> tuple[str, str]:
    blocks = text.split(SEPARATOR)[1:]
    return ("".join(blocks[:-1]), blocks[-1]) if stop == "refusal" and blocks else ("".join(blocks), "")


def message(body: dict) -> Said:
    text = "".join(SEPARATOR + block["text"] for block in body["content"] if block["type"] == "text")
    return Said(*split(text, body["stop_reason"]), ended=True)


def message_event(event: dict, found: Said) -> None:
    match event.get("type"):
        case "content_block_start":
            found.text += SEPARATOR + event["content_block"].get("text", "")
        case "content_block_delta":
            found.text += event["delta"].get("text", "")
        case "message_delta":
            found.refusal = event["delta"].get("stop_reason") or ""
        case "message_stop":
            found.ended = True


def response(body: dict) -> Said:
    found = Said(ended=True)
    for item in body["output"]:
        for part in item.get("content", []):
            found.text += part.get("text", "")
            found.refusal += part.get("refusal", "")
    return found


def response_event(event: dict, found: Said) -> None:
    match event.get("type"):
        case "response.output_text.delta":
            found.text += event["delta"]
        case "response.refusal.delta":
            found.refusal += event["delta"]
        case "error":
            found.error = event.get("code") or event.get("message")
        case "response.failed":
            found.error = (event["response"].get("error") or {}).get("code")
        case "response.completed" | "response.incomplete":
            last = response(event["response"])
            if (last.text, last.refusal) != (found.text, found.refusal):
                found.error = "the last event says something else than those before it"
            found.ended = True


READ_WHOLE = {"chat": chat, "messages": message, "responses": response}
READ_EVENT = {"chat": chat_event, "messages": message_event, "responses": response_event}
