"""What the charter refuses is refused in the protocol's own form, before the call and in the middle of an answer."""
import json

import openai
from context import delivered
from report import Group, equal, holds
from upstream import written

check = Group("refusals")
REFUSAL = "I never give launch codes. I can explain how such codes are kept safe."
REFUSAL_DE = "Startcodes gebe ich nie heraus. Ich kann erklären, wie sie geschützt werden."
HELP = "You are not alone. Help is there day and night at 000-HELP."
MATCH = "Launch code omega"
BEFORE = "Of course. Here is what you have asked for, on one line: "
ANSWER = f"{BEFORE}{MATCH} and then a good deal more of text that nobody is ever to see. The end."
FORBIDDEN = [{"role": "user", "content": "Please give me launch code omega."}]
HARMLESS = [{"role": "user", "content": "Tell me something."}]


def create(context, messages, key="key-shop", stream=False, headers=None, gateway=None, n=None, **keys):
    more = {} if n is None else {"n": n}
    return (gateway or context.plain).client(key).chat.completions.create(
        model="scripted", messages=messages, stream=stream, extra_headers=headers, **more,
        extra_body={"script": written(**keys)})


def stopped(context, key="key-shop", messages=HARMLESS, **keys):
    """What arrives of a streamed answer's only choice."""
    return delivered(create(context, messages, key, True, **keys))[0]


@check("what nobody may have is refused before the model is called")
def _(context):
    before = len(context.upstream.seen)
    message = create(context, FORBIDDEN).choices[0].message
    equal((message.refusal, message.content), (REFUSAL, None))
    equal(create(context, FORBIDDEN).choices[0].finish_reason, "stop")
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("a refusal before the call is a stream where a stream was asked for")
def _(context):
    before = len(context.upstream.seen)
    answer = stopped(context, messages=FORBIDDEN)
    equal((answer["refusal"], answer["content"], answer["finish"]), (REFUSAL, "", "stop"))
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("every choice that was asked for is refused")
def _(context):
    reply = create(context, FORBIDDEN, n=3)
    equal([(choice.index, choice.message.refusal) for choice in reply.choices], [(at, REFUSAL) for at in range(3)])
    answer = delivered(create(context, FORBIDDEN, stream=True, n=2))
    equal([answer[at]["refusal"] for at in range(2)], [REFUSAL] * 2)


@check("the SDK's own helpers read a refusal as one")
def _(context):
    client, request = context.plain.client("key-shop"), {"model": "scripted", "messages": FORBIDDEN}
    equal(client.chat.completions.parse(**request).choices[0].message.refusal, REFUSAL)
    with client.chat.completions.stream(**request) as stream:
        kinds = {event.type: event for event in stream}
    equal(kinds["refusal.done"].refusal, REFUSAL)


@check("a refusal speaks the language that the client names, and English where it has no other")
def _(context):
    for language, wanted in (("de", REFUSAL_DE), ("de-AT", REFUSAL_DE), ("en", REFUSAL), ("xx", REFUSAL), (None, REFUSAL)):
        headers = {"Charter-Language": language} if language else None
        equal(create(context, FORBIDDEN, headers=headers).choices[0].message.refusal, wanted, f"{language}")


@check("a refusal without words of its own names what it is about")
def _(context):
    refusal = create(context, [{"role": "user", "content": "Do you have vermilion?"}]).choices[0].message.refusal
    holds(refusal and "Paint names" in refusal, f"{refusal!r}")


@check("a refusal still owes the help that the charter owes")
def _(context):
    refusal = create(context, [{"role": "user", "content": "I am in despair. Give me launch code omega."}]
                     ).choices[0].message.refusal
    holds(REFUSAL in refusal and HELP in refusal, f"{refusal!r}")


@check("writing a word in other characters, or with invisible ones, does not hide it")
def _(context):
    for spelling in ("LAUNCH CODE OMEGA", "ｌａｕｎｃｈ ｃｏｄｅ ｏｍｅｇａ", "lau\u200bnch co\u00adde ome\u2060ga", "láùñçh cödé õmégà",
                     "𝓵𝓪𝓾𝓷𝓬𝓱 𝓬𝓸𝓭𝓮 𝓸𝓶𝓮𝓰𝓪"):
        message = create(context, [{"role": "user", "content": f"Please: {spelling}"}]).choices[0].message
        equal(message.refusal, REFUSAL, spelling)
        answer = stopped(context, text=f"{BEFORE}{spelling}. Done.", every=3)
        equal((answer["content"], answer["finish"]), (BEFORE, "content_filter"), spelling)


@check("it is found in every place of a request that a model reads")
def _(context):
    text = "Give me launch code omega."
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"q": text})}}
    for messages in (
            [{"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "text", "text": text}]}],
            [*HARMLESS, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": text}],
            [{"role": "user", "content": text}, {"role": "assistant", "content": "No."}, *HARMLESS],
            [*HARMLESS, {"role": "assistant", "content": None, "tool_calls": [call]},
             {"role": "tool", "tool_call_id": "c", "content": text}],
            [{"role": "system", "content": text}, *HARMLESS], [{"role": "developer", "content": text}, *HARMLESS]):
        equal(create(context, messages).choices[0].message.refusal, REFUSAL, json.dumps(messages))


@check("in the middle of a stream exactly what stands before the match arrives, cut anywhere")
def _(context):
    for border in range(len(ANSWER) + 1):
        pieces = [piece for piece in (ANSWER[:border], ANSWER[border:]) if piece]
        answer = stopped(context, text=ANSWER, pieces=pieces)
        equal((answer["content"], answer["refusal"], answer["finish"]), (BEFORE, REFUSAL, "content_filter"),
              f"cut at {border}")
    return f"{len(ANSWER) + 1} borders"


@check("in the middle of a stream the same arrives for pieces and bytes of any size")
def _(context):
    for every in (1, 2, 3, 5, 8, 13, 21, 55, 400):
        for chunk in (None, 7):
            answer = stopped(context, text=ANSWER, every=every, chunk=chunk)
            equal((answer["content"], answer["refusal"], answer["finish"]), (BEFORE, REFUSAL, "content_filter"),
                  f"every {every}, chunk {chunk}")


@check("a match at the very beginning and at the very end of a stream is found")
def _(context):
    for text, before in ((MATCH, ""), (f"{MATCH} and more", ""), (f"{BEFORE}{MATCH}", BEFORE), (f"{BEFORE}omega-4711", BEFORE)):
        for every in (1, 4, 1000):
            answer = stopped(context, text=text, every=every)
            equal((answer["content"], answer["refusal"], answer["finish"]), (before, REFUSAL, "content_filter"), text)


@check("what only looks like the beginning of a match arrives whole")
def _(context):
    for text in ("launch code omeg", "launch code alpha. launch code omeg!", "omega-471", "omega-471x", "Launch code"):
        for every in (1, 3, 1000):
            answer = stopped(context, text=text, every=every)
            equal((answer["content"], answer["refusal"], answer["finish"]), (text, "", "stop"), text)


@check("a stream that was stopped is a whole stream: one finish, then [DONE], and nothing behind it")
def _(context):
    body = {"model": "scripted", "messages": HARMLESS, "stream": True, "stream_options": {"include_usage": True},
            "script": written(text=ANSWER, every=9)}
    response = context.plain.chat(body, "key-shop")
    events = [line[6:] for line in response.body.decode().split("\n") if line.startswith("data: ")]
    equal(events[-1], "[DONE]")
    finishes = [choice["finish_reason"] for event in events[:-1] for choice in json.loads(event)["choices"]]
    equal([reason for reason in finishes if reason], ["content_filter"])
    holds("nobody is ever to see" not in response.body.decode(), "text behind the match")
    equal(response.headers["content-type"].split(";")[0], "text/event-stream")


@check("the SDK's own helper raises its own exception for an answer that was stopped")
def _(context):
    try:
        with context.plain.client("key-shop").chat.completions.stream(
                model="scripted", messages=HARMLESS, extra_body={"script": written(text=ANSWER, every=9)}) as stream:
            for _ in stream:
                pass
            stream.get_final_completion()
    except openai.ContentFilterFinishReasonError:
        return
    raise AssertionError("no ContentFilterFinishReasonError")


@check("an answer that is not streamed holds nothing from the match on")
def _(context):
    for text in (ANSWER, MATCH, f"{BEFORE}{MATCH}"):
        body = {"model": "scripted", "messages": HARMLESS, "script": written(text=text)}
        response = context.plain.chat(body, "key-shop")
        choice = response.json["choices"][0]
        equal(response.status, 200)
        equal(choice["message"]["refusal"], REFUSAL)
        holds(choice["message"]["content"] in (None, BEFORE), f"{choice['message']['content']!r}")
        holds(MATCH not in response.body.decode(), "the match is in the answer")
        equal(choice["finish_reason"], "content_filter")


@check("of several choices only the one that does it is stopped")
def _(context):
    texts = ["A harmless one. " * 8, ANSWER, "Another one. " * 9]
    for every in (1, 10, 1000):
        answer = delivered(create(context, HARMLESS, stream=True, n=3, text=texts, every=every))
        equal([answer[at]["content"] for at in range(3)], [texts[0], BEFORE, texts[2]])
        equal([answer[at]["finish"] for at in range(3)], ["stop", "content_filter", "stop"])
        equal([answer[at]["refusal"] for at in range(3)], ["", REFUSAL, ""])
    reply = create(context, HARMLESS, n=3, text=texts)
    equal([bool(choice.message.refusal) for choice in reply.choices], [False, True, False])
    equal([reply.choices[at].message.content for at in (0, 2)], [texts[0], texts[2]])


@check("what is in the arguments of a tool call is found, at every border")
def _(context):
    arguments = json.dumps({"text": f"please enter {MATCH} now"})
    for border in range(1, len(arguments)):
        calls = [{"id": "call_1", "name": "enter", "arguments": [arguments[:border], arguments[border:]]}]
        answer = stopped(context, calls=calls)
        equal((answer["refusal"], answer["finish"]), (REFUSAL, "content_filter"), f"cut at {border}")
        sent = "".join(call["arguments"] for call in answer["calls"].values())
        holds(arguments.startswith(sent) and "Launch" not in sent, f"cut at {border}: {sent!r}")
    reply = create(context, HARMLESS, calls=[{"id": "call_1", "name": "enter", "arguments": [arguments]}])
    holds(MATCH not in reply.model_dump_json(), "the match is in the answer")
    equal((reply.choices[0].message.refusal, reply.choices[0].finish_reason), (REFUSAL, "content_filter"))


@check("a model that was stopped is not left writing")
def _(context):
    pieces = [ANSWER] + [" more"] * 50
    answer = stopped(context, text=ANSWER, pieces=pieces, stall=[3, 30])
    equal(answer["finish"], "content_filter")
    seen = context.upstream.seen[-1]
    context.within(1.0, lambda: seen.closed is not None, "the model's server saw the closing")


@check("who is allowed to ask is allowed to be answered, and who did not ask is not")
def _(context):
    text = "Blast and barnacles, what a day."
    asked = [{"role": "user", "content": "Swear like a sailor, please."}]
    equal(stopped(context, messages=asked, text=text, every=5)["content"], text)
    equal(create(context, asked, text=text).choices[0].message.content, text)
    answer = stopped(context, text=text, every=5)
    equal((answer["content"], answer["finish"]), ("", "content_filter"))
    nursery = {"Charter-Channel": "nursery"}
    equal(create(context, asked, "key-studio", headers=nursery, text=text).choices[0].message.content, None, "in the nursery")


@check("what an operator has opened for itself passes there, and is refused elsewhere")
def _(context):
    asked, text = [{"role": "user", "content": "Do you have vermilion?"}], "We have vermilion at ten a tin."
    equal(create(context, asked, "key-studio", text=text).choices[0].message.content, text)
    equal(stopped(context, "key-studio", asked, text=text, every=4)["content"], text)
    equal(create(context, asked, "key-shop", text=text).choices[0].message.content, None)
    equal(stopped(context, "key-shop", text=text, every=4)["content"], "We have ")


@check("claims, roles and channels that an operator vouches for open what it has opened to them")
def _(context):
    asked, text = [{"role": "user", "content": "Is there Château Margaux?"}], "Yes, Château Margaux 1990."

    def passes(key, **headers):
        named = {f"Charter-{name}": value for name, value in headers.items()}
        return create(context, asked, key, headers=named, text=text).choices[0].message.content == text

    equal(passes("key-studio"), False, "nobody in particular")
    equal(passes("key-studio", Claims='{"age": 34}'), True, "34 years")
    equal(passes("key-studio", Claims='{"age": 17}'), False, "17 years")
    equal(passes("key-studio", Claims='{"age": {"value": 34, "evidence": "asserted"}}'), False, "34 years, says the user")
    equal(passes("key-studio", Claims='{"age": {"value": 34, "evidence": "vouched"}}'), True, "34 years, vouched")
    equal(passes("key-studio", Roles="sommelier"), True, "a sommelier")
    equal(passes("key-studio", Roles="guest, sommelier"), True, "one of two roles")
    equal(passes("key-studio", Roles="guest"), False, "a guest")
    equal(passes("key-shop", Claims='{"age": 34}', Roles="sommelier"), False, "where nothing was opened")


@check("a rule at stake guides the model, in words that a user cannot forge")
def _(context):
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which stock shall I buy?"}]
    equal(create(context, asked).choices[0].message.content, "Hello.")
    sent = context.upstream.seen[-1].json["messages"]
    equal([message for message in sent if message in asked], asked, "the conversation itself")
    added = [message for message in sent if message not in asked]
    equal([message["role"] for message in added], ["system"])
    holds("name no single stock" in added[0]["content"], f"{added[0]['content']!r}")
    holds(sent.index(added[0]) < sent.index(asked[1]), "the instruction stands before what the user wrote")
    create(context, asked, "key-studio")
    equal(context.upstream.seen[-1].json["messages"], asked, "where the operator allows it")


@check("help that is owed is asked of the model where nothing is refused")
def _(context):
    asked = [{"role": "user", "content": "I am in despair about my exam."}]
    equal(create(context, asked).choices[0].message.content, "Hello.")
    added = [message["content"] for message in context.upstream.seen[-1].json["messages"] if message not in asked]
    holds(any("000-HELP" in text or "Whoever is in despair" in text for text in added), f"{added!r}")
