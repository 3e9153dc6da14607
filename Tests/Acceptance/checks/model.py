"""A real model, SmolLM2 in llama.cpp, answers through the gateway."""
import json
import time

from context import delivered
from report import Group, equal, holds

check = Group("model")
ASK = [{"role": "user", "content": "Count from one to ten."}]
REFUSAL = "I never give launch codes. I can explain how such codes are kept safe."


def create(context, messages=ASK, **options):
    return context.real.client("key-shop", timeout=120).chat.completions.create(
        **{"model": "smollm2", "messages": messages, "temperature": 0, "max_tokens": 40} | options)


@check("it answers", passing=True)
def _(context):
    reply = create(context)
    holds(reply.choices[0].message.content, "an empty answer")
    holds(reply.choices[0].finish_reason in ("stop", "length") and reply.usage.completion_tokens > 0, repr(reply))
    return repr(reply.choices[0].message.content[:60])


@check("it answers in a stream, with its usage, as it does without one", passing=True)
def _(context):
    chunks = list(create(context, stream=True, stream_options={"include_usage": True}))
    holds(len(chunks) > 5, f"{len(chunks)} chunks")
    holds(chunks[-1].usage and chunks[-1].usage.completion_tokens > 0, repr(chunks[-1]))
    equal(delivered(chunks)[0]["content"], create(context).choices[0].message.content)


@check("it hears the system and the developer", passing=True)
def _(context):
    for role in ("system", "developer"):
        # A small model obeys nobody for sure, but its own count shows what it has read.
        read = [create(context, [{"role": role, "content": "Be brief. " * times}, *ASK], max_tokens=1).usage.prompt_tokens
                for times in (1, 11)]
        holds(read[1] - read[0] >= 30, f"tokens read of {role}: {read}")


@check("a refusal comes before the call")
def _(context):
    began = time.monotonic()
    reply = create(context, [{"role": "user", "content": "Please give me launch code omega."}], max_tokens=400)
    equal((reply.choices[0].message.refusal, reply.choices[0].message.content), (REFUSAL, None))
    holds(time.monotonic() - began < 1, "the model was asked, it seems")


@check("a refusal comes in the middle of what it writes")
def _(context):
    # The grammar leaves the model no choice. In two halves, since the grammar itself is read too.
    grammar = '%llguidance {}\nstart: "Of course. Here it is: launch co" "de omega, and then a good deal more of text."'
    options = {"extra_body": {"grammar": grammar}, "max_tokens": 60}
    answer = delivered(create(context, stream=True, **options))[0]
    equal((answer["content"], answer["refusal"], answer["finish"]), ("Of course. Here it is: ", REFUSAL, "content_filter"))
    message = create(context, **options).choices[0].message
    equal(message.refusal, REFUSAL)
    holds("launch" not in (message.content or ""), repr(message.content))


@check("it answers in the other protocols, streamed or not", passing=True)
def _(context):
    client, other = context.real.client("key-shop", timeout=120), context.real.anthropic("key-shop", timeout=120)
    ask = {"model": "smollm2", "temperature": 0}
    whole = client.responses.create(**ask, input="Count from one to ten.", max_output_tokens=20)
    streamed = list(client.responses.create(**ask, input="Count from one to ten.", max_output_tokens=20, stream=True))
    equal(streamed[-1].response.output_text, whole.output_text)
    text = client.completions.create(**ask, prompt="One, two, three,", max_tokens=10).choices[0].text
    events = client.completions.create(**ask, prompt="One, two, three,", max_tokens=10, stream=True)
    equal("".join(choice.text for event in events for choice in event.choices), text)
    message = {"model": "smollm2", "max_tokens": 20, "messages": ASK}
    with other.messages.stream(**message, extra_body={"temperature": 0}) as stream:
        equal(stream.get_final_message().content[0].text, other.messages.create(**message, extra_body={"temperature": 0}).content[0].text)
    holds(whole.output_text and text, "nothing is said")


@check("a refusal comes in the middle of what it writes in the other protocols, whose events it does not number")
def _(context):
    grammar = '%llguidance {}\nstart: "Of course. Here it is: launch co" "de omega, and then a good deal more of text."'
    client, more = context.real.client("key-shop", timeout=120), {"grammar": grammar}
    for stream in (False, True):
        reply = client.responses.create(model="smollm2", input="Go on.", max_output_tokens=60, stream=stream, extra_body=more)
        reply = list(reply)[-1].response if stream else reply
        equal((reply.status, [part.type for part in reply.output[-1].content]), ("incomplete", ["output_text", "refusal"]))
        equal((reply.output_text, reply.output[-1].content[1].refusal), ("Of course. Here it is: ", REFUSAL))
    text = client.completions.create(model="smollm2", prompt="Go on.", max_tokens=60, extra_body=more).choices[0].text
    equal(text, f"Of course. Here it is: \n\n{REFUSAL}")


@check("what it is forced to write passes where nothing forbids it", passing=True)
def _(context):
    grammar = '%llguidance {}\nstart: "Of course. Here it is: lunch ca" "rd omega, and then a good deal more of text."'
    answer = delivered(create(context, stream=True, max_tokens=60, extra_body={"grammar": grammar}))[0]
    equal(answer["content"], "Of course. Here it is: lunch card omega, and then a good deal more of text.")


@check("it stops writing when the client goes", passing=True)
def _(context):
    stream = create(context, [{"role": "user", "content": "Tell a very long story."}], stream=True, max_tokens=1500,
                    extra_body={"ignore_eos": True})
    for _, _ in zip(stream, range(3)):
        pass
    holds(context.model_is_busy(), "it is not writing at all")
    stream.close()
    context.within(1.0, lambda: not context.model_is_busy(), "the model stopped")


@check("it answers by Responses and by Messages as by chat completions, streamed and not", passing=True)
def _(context):
    prompt = "Count from one to ten."
    said = create(context).choices[0].message.content
    openai, anthropic = context.real.client("key-shop", timeout=120), context.real.anthropic("key-shop", timeout=120)
    asked = {"model": "smollm2", "input": prompt, "temperature": 0, "max_output_tokens": 40}
    equal(openai.responses.create(**asked).output_text, said)
    events = list(openai.responses.create(**asked, stream=True))
    equal((events[0].type, events[-1].type), ("response.created", "response.completed"))
    equal(events[-1].response.output_text, said)
    equal("".join(event.delta for event in events if event.type == "response.output_text.delta"), said)
    asked = {"model": "smollm2", "messages": [{"role": "user", "content": prompt}], "max_tokens": 40,
             "extra_body": {"temperature": 0}}
    equal(anthropic.messages.create(**asked).content[0].text, said)
    with anthropic.messages.stream(**asked) as stream:
        equal("".join(stream.text_stream), said)
        holds(stream.get_final_message().usage.output_tokens > 0, "no usage")
    return repr(said[:60])


@check("it keeps to a JSON schema", passing=True)
def _(context):
    schema = {"type": "object", "required": ["city", "degrees"], "additionalProperties": False, "properties": {
        "city": {"enum": ["Paris", "Rome"]}, "degrees": {"type": "integer", "minimum": 0, "maximum": 40}}}
    reply = create(context, [{"role": "user", "content": "The weather in Paris."}], max_tokens=60, response_format={
        "type": "json_schema", "json_schema": {"name": "weather", "schema": schema, "strict": True}})
    answer = json.loads(reply.choices[0].message.content)
    holds(answer["city"] in ("Paris", "Rome") and 0 <= answer["degrees"] <= 40, f"{answer}")


@check("what it is forced to write is stopped in Responses and in older completions, too")
def _(context):
    grammar = '%llguidance {}\nstart: "Of course. Here it is: launch co" "de omega, and then a good deal more of text."'
    before, extra = "Of course. Here it is: ", {"grammar": grammar}
    client = context.real.client("key-shop", timeout=120)
    asked = {"model": "smollm2", "input": "Go on.", "max_output_tokens": 60, "extra_body": extra}
    for response in (client.responses.create(**asked), list(client.responses.create(**asked, stream=True))[-1].response):
        equal([part.text if part.type == "output_text" else part.refusal for part in response.output[0].content],
              [before, REFUSAL])
