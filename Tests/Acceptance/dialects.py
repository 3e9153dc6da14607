"""Answers of a model's server in other protocols than chat completions: what a script says, in their forms.

A script is the one of `upstream.py`: text, pieces, calls, finish, usage. What comes out is a body, or a list of
events, each a pair of its type and its data.
"""
import json


def said(script: dict) -> tuple[list, list]:
    """The pieces of the text, and the calls."""
    calls = script.get("calls", [])
    text = script.get("text", None if calls else "Hello.")
    if isinstance(text, list):
        text = text[0]
    if text is None:
        return [], calls
    if "pieces" in script:
        return script["pieces"], calls
    every = script.get("every") or len(text) or 1
    return [text[at:at + every] for at in range(0, len(text), every)] or [""], calls


# Anthropic's Messages.

def message_blocks(script: dict) -> list:
    pieces, calls = said(script)
    blocks = []
    if script.get("thoughts"):
        blocks.append({"type": "thinking", "thinking": "".join(script["thoughts"]), "signature": "c2lnbmVk"})
    if pieces:
        blocks.append({"type": "text", "text": "".join(pieces)})
    for call in calls:
        blocks.append({"type": "tool_use", "id": call["id"], "name": call["name"],
                       "input": json.loads("".join(call["arguments"]) or "{}")})
    return blocks


def message_stop(script: dict) -> str:
    return script.get("finish", "tool_use" if script.get("calls") else "end_turn")


def message(script: dict) -> dict:
    return {"id": "msg_scripted", "type": "message", "role": "assistant", "model": "scripted",
            "content": message_blocks(script), "stop_reason": message_stop(script), "stop_sequence": None,
            "usage": {"input_tokens": 7, "output_tokens": 5}, "unknown_to_charter": {"kept": [1, 2.50, "é"]}}


def message_events(script: dict) -> list:
    pieces, calls = said(script)
    events = [("message_start", {"message": message({**script, "text": None, "calls": [], "thoughts": None})
                                 | {"content": [], "stop_reason": None}}), ("ping", {})]
    number = 0

    def block(start: dict, deltas: list):
        nonlocal number
        events.append(("content_block_start", {"index": number, "content_block": start}))
        events.extend(("content_block_delta", {"index": number, "delta": delta}) for delta in deltas)
        events.append(("content_block_stop", {"index": number}))
        number += 1

    if script.get("thoughts"):
        block({"type": "thinking", "thinking": "", "signature": ""},
              [{"type": "thinking_delta", "thinking": piece} for piece in script["thoughts"]]
              + [{"type": "signature_delta", "signature": "c2lnbmVk"}])
    if pieces:
        block({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces])
    for call in calls:
        block({"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}},
              [{"type": "input_json_delta", "partial_json": piece} for piece in call["arguments"]])
    events.append(("message_delta", {"delta": {"stop_reason": message_stop(script), "stop_sequence": None},
                                     "usage": {"output_tokens": 5}}))
    events.append(("message_stop", {}))
    return [(kind, {"type": kind} | data) for kind, data in events]


# OpenAI's Responses.

def response_items(script: dict) -> list:
    pieces, calls = said(script)
    items = []
    if pieces:
        items.append({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "".join(pieces), "annotations": []}]})
    for call in calls:
        items.append({"id": "fc_" + call["id"], "type": "function_call", "status": "completed", "call_id": call["id"],
                      "name": call["name"], "arguments": "".join(call["arguments"])})
    return items


def response(script: dict, body: dict, items: list | None = None, status: str = "completed") -> dict:
    return {"id": "resp_scripted", "object": "response", "created_at": 1770000000, "status": status, "error": None,
            "incomplete_details": None, "instructions": body.get("instructions"), "metadata": {}, "model": "scripted",
            "output": response_items(script) if items is None else items, "parallel_tool_calls": True,
            "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "usage": None if status == "in_progress" else {
                "input_tokens": 7, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 12},
            "unknown_to_charter": {"kept": [1, 2.50, "é"]}}


def response_events(script: dict, body: dict) -> list:
    pieces, calls = said(script)
    events = [(kind, {"response": response(script, body, [], "in_progress")})
              for kind in ("response.created", "response.in_progress")]
    items = response_items(script)
    number = 0
    if pieces:
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        events.append(("response.output_item.added", {"output_index": 0, "item": {
            "id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}}))
        events.append(("response.content_part.added", place | {"part": part}))
        events += [("response.output_text.delta", place | {"delta": piece, "logprobs": []}) for piece in pieces]
        events.append(("response.output_text.done", place | {"text": "".join(pieces), "logprobs": []}))
        events.append(("response.content_part.done", place | {"part": part | {"text": "".join(pieces)}}))
        events.append(("response.output_item.done", {"output_index": 0, "item": items[0]}))
        number = 1
    opened = []
    for at, call in enumerate(calls, number):  # the calls interleave
        events.append(("response.output_item.added", {"output_index": at, "item": {
            **items[at], "status": "in_progress", "arguments": ""}}))
        opened.append((at, {"item_id": items[at]["id"], "output_index": at}, call))
    for row in range(max((len(call["arguments"]) for call in calls), default=0)):
        events += [("response.function_call_arguments.delta", place | {"delta": call["arguments"][row]})
                   for _, place, call in opened if row < len(call["arguments"])]
    for at, place, call in opened:
        events.append(("response.function_call_arguments.done", place | {
            "name": call["name"], "arguments": "".join(call["arguments"])}))
        events.append(("response.output_item.done", {"output_index": at, "item": items[at]}))
    events.append(("response.completed", {"response": response(script, body)}))
    return [(kind, {"type": kind, "sequence_number": at} | data) for at, (kind, data) in enumerate(events)]


# OpenAI's older completions: a chat completion, or an event of one, with its text where they have it.

def completion(said: dict) -> dict:
    choices = []
    for choice in said["choices"]:
        text = (choice.get("message") or choice.get("delta") or {}).get("content") or ""
        choices.append({"text": text, "index": choice["index"], "logprobs": None, "finish_reason": choice["finish_reason"]})
    return said | {"id": "cmpl-scripted", "object": "text_completion", "choices": choices}


# What has numbers for an answer.

def embeddings(body: dict) -> dict:
    """In base64, little-endian float32, where the client asks for that."""
    import base64
    import struct
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vector = [0.25, -0.5, 1.0]
    value = base64.b64encode(struct.pack("<3f", *vector)).decode() if body.get("encoding_format") == "base64" else vector
    return {"object": "list", "model": "scripted", "usage": {"prompt_tokens": 3, "total_tokens": 3},
            "data": [{"object": "embedding", "index": at, "embedding": value} for at in range(len(inputs))]}


def moderations(body: dict) -> dict:
    return {"id": "modr-1", "model": "scripted-moderation", "results": [
        {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.01},
         "category_applied_input_types": {"violence": ["text"]}}]}
