# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a server answers, good and bad:

    check_server_api.py <server of chat.gguf>

The model talks nonsense, but always the same; its template wants a system
message first.
"""

from __future__ import annotations

import math
import sys

from server_client import Server

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
SYSTEM = {"role": "system", "content": "Be"}
USER = {"role": "user", "content": "Hi"}


def check_chat(server: Server) -> None:
    request = {"model": server.model, "messages": [SYSTEM, USER],
               "max_tokens": 12, "temperature": 0}
    reply = server.post(CHAT, request)
    assert reply.status == 200, reply
    whole = reply.json()
    assert whole["object"] == "chat.completion" and whole["created"] > 1e9
    assert whole["id"].startswith("chatcmpl-")
    assert whole["model"] == server.model
    [choice] = whole["choices"]
    assert choice["index"] == 0 and choice["logprobs"] is None
    assert choice["message"]["role"] == "assistant"
    text = choice["message"]["content"]
    assert text and choice["finish_reason"] == "length", whole
    usage = whole["usage"]
    assert usage["completion_tokens"] == 12
    assert usage["total_tokens"] == usage["prompt_tokens"] + 12

    # The same as a stream, with and without the usage at its end.
    for options in (None, {"include_usage": True}, {"include_usage": False}):
        request |= {"stream": True, "stream_options": options}
        reply = server.post(CHAT, request)
        assert reply.headers["Content-Type"] == "text/event-stream"
        events = reply.events()
        assert len({event["id"] for event in events}) == 1
        if options == {"include_usage": True}:
            last = events.pop()
            assert last["choices"] == []
            assert last["usage"]["completion_tokens"] == 12
            # The prompt lies in a session now.
            cached = last["usage"]["prompt_tokens_details"]["cached_tokens"]
            assert cached == usage["prompt_tokens"] - 1
            assert all(event["usage"] is None for event in events)
        else:
            assert all("usage" not in event for event in events)
        deltas = [event["choices"][0]["delta"] for event in events]
        assert deltas[0] == {"role": "assistant", "content": ""}
        assert deltas[-1] == {}
        assert "".join(d.get("content", "") for d in deltas) == text
        reasons = [event["choices"][0]["finish_reason"] for event in events]
        assert set(reasons[:-1]) == {None} and reasons[-1] == "length"

    # The content in parts, the newer names, fields that change nothing.
    same = {
        "model": server.model, "max_completion_tokens": 12, "temperature": 0,
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "B"},
                                              {"type": "text", "text": "e"}]},
            {"role": "user", "content": "Hi", "name": "somebody"}],
        "n": 1, "user": "u", "stream": False, "stop": None, "tools": None,
        "response_format": {"type": "text"}, "logit_bias": {}, "top_p": 1,
        "metadata": {"a": "b"}, "store": False, "seed": 3}
    reply = server.post(CHAT, same)
    assert reply.json()["choices"][0]["message"]["content"] == text, reply

    # An answer of the assistant is a message like others.
    more = server.post(CHAT, {
        "model": server.model, "max_tokens": 1,
        "messages": [SYSTEM, USER, whole["choices"][0]["message"], USER]})
    assert more.status == 200, more

    # The same seed draws the same, and another one another text.
    def draw(seed: int) -> str:
        reply = server.post(CHAT, request | {
            "stream": False, "stream_options": None, "temperature": 1.5,
            "seed": seed, "frequency_penalty": 0.5, "presence_penalty": -0.5})
        return reply.json()["choices"][0]["message"]["content"]
    assert draw(5) == draw(5)
    assert len({draw(seed) for seed in range(4)}) > 1


def check_stops(server: Server) -> None:
    request = {"model": server.model, "prompt": "the", "temperature": 0,
               "max_tokens": 20}
    text = server.post(COMPLETIONS, request).json()["choices"][0]["text"]
    stop = text[2:5]
    for stops in (stop, [stop], ["not there, surely", stop]):
        reply = server.post(COMPLETIONS, request | {"stop": stops})
        [choice] = reply.json()["choices"]
        assert choice["text"] == text[:text.find(stop)], (choice, text)
        assert choice["finish_reason"] == "stop"
    # A stream holds back what may become a stop string.
    reply = server.post(COMPLETIONS,
                        request | {"stop": stop, "stream": True})
    streamed = "".join(e["choices"][0]["text"] for e in reply.events())
    assert streamed == text[:text.find(stop)]


def check_completions(server: Server) -> None:
    request = {"model": server.model, "prompt": "the", "temperature": 0,
               "max_tokens": 8}
    whole = server.post(COMPLETIONS, request).json()
    assert whole["object"] == "text_completion"
    text = whole["choices"][0]["text"]
    for prompt in (["the"],):
        reply = server.post(COMPLETIONS, request | {"prompt": prompt})
        assert reply.json()["choices"][0]["text"] == text
    echo = server.post(COMPLETIONS, request | {"echo": True}).json()
    assert echo["choices"][0]["text"] == "the" + text
    # Token ids; the end of the context.
    reply = server.post(COMPLETIONS, request | {"prompt": [1, 2, 3]})
    assert reply.json()["usage"]["prompt_tokens"] == 3
    reply = server.post(COMPLETIONS, request | {
        "prompt": [[5] * 60], "max_tokens": 100})
    [choice] = reply.json()["choices"]
    assert choice["finish_reason"] in ("length", "stop"), choice
    assert reply.json()["usage"]["total_tokens"] <= 65
    # 16 tokens unless it says something else; one token that must come.
    default = {"model": server.model, "prompt": "the", "temperature": 0}
    reply = server.post(COMPLETIONS, default).json()
    assert reply["usage"]["completion_tokens"] <= 16
    forced = server.post(COMPLETIONS, request | {
        "max_tokens": 3, "logit_bias": {"65": 100}}).json()
    letters = set(forced["choices"][0]["text"])
    assert len(letters) == 1, forced
    other = server.post(COMPLETIONS, request | {
        "max_tokens": 3, "logit_bias": {"65": -100, "66": 100}}).json()
    assert set(other["choices"][0]["text"]) != letters


def check_probabilities(server: Server) -> None:
    request = {"model": server.model, "messages": [SYSTEM, USER],
               "max_tokens": 6, "temperature": 0, "logprobs": True,
               "top_logprobs": 3}
    [choice] = server.post(CHAT, request).json()["choices"]
    entries = choice["logprobs"]["content"]
    assert len(entries) == 6
    for entry in entries:
        best = entry["top_logprobs"]
        assert len(best) == 3
        rates = [rated["logprob"] for rated in best]
        assert rates == sorted(rates, reverse=True)
        assert math.fsum(map(math.exp, rates)) <= 1 + 1e-6
        # The most likely one is taken.
        assert entry["logprob"] == rates[0] <= 0
        assert bytes(entry["bytes"]).decode(errors="replace") == entry["token"]
    events = server.post(CHAT, request | {"stream": True}).events()
    streamed = [entry for event in events
                for entry in (event["choices"][0]["logprobs"]
                              or {"content": []})["content"]]
    assert streamed == entries
    plain = server.post(CHAT, request | {"top_logprobs": None}).json()
    [choice] = plain["choices"]
    assert all(e["top_logprobs"] == [] for e in choice["logprobs"]["content"])


# Changes of a good request, and what the error says.
REFUSED = [
    (CHAT, {"model": None}, "'model' is required"),
    (CHAT, {"model": 5}, "'model' expects a string"),
    (CHAT, {"messages": None}, "'messages' is required"),
    (CHAT, {"messages": []}, "'messages' expects a list of at least one"),
    (CHAT, {"messages": "Hi"}, "'messages' expects a list"),
    (CHAT, {"messages": ["Hi"]}, "'messages[0]' expects an object"),
    (CHAT, {"messages": [{}]}, "'messages[0].role' is required"),
    (CHAT, {"messages": [SYSTEM, {"role": "user"}]},
     "'messages[1].content' is required"),
    (CHAT, {"messages": [{"role": "tool", "content": "a"}]},
     "'messages[0].role' expects"),
    (CHAT, {"messages": [{"role": "user", "content": 1}]},
     "'messages[0].content' expects a string or a list"),
    (CHAT, {"messages": [{"role": "user", "content": ["a"]}]},
     "'messages[0].content[0]' expects an object"),
    (CHAT, {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "a"}}]}]},
     "'messages[0].content[0].type' expects \"text\""),
    (CHAT, {"messages": [USER | {"colour": "red"}]},
     "'messages[0].colour' is not a field"),
    (CHAT, {"temperature": "hot"}, "'temperature' expects a number"),
    (CHAT, {"temperature": 2.5}, "'temperature' expects a number from 0 to 2"),
    (CHAT, {"temperature": -1}, "'temperature' expects a number"),
    (CHAT, {"top_p": 1.5}, "'top_p' expects"),
    (CHAT, {"top_k": -1}, "'top_k' expects an integer"),
    (CHAT, {"max_tokens": 1.5}, "'max_tokens' expects an integer"),
    (CHAT, {"max_tokens": -1}, "'max_tokens' expects an integer"),
    (CHAT, {"max_tokens": 1 << 40}, "'max_tokens' expects an integer"),
    (CHAT, {"max_tokens": True}, "'max_tokens' expects an integer"),
    (CHAT, {"max_tokens": 5, "max_completion_tokens": 5}, "'max_tokens' cannot"),
    (CHAT, {"n": 2}, "'n' is not supported with another value than 1"),
    (CHAT, {"seed": 0.5}, "'seed' expects an integer"),
    (CHAT, {"seed": 1 << 63}, "'seed' expects an integer"),
    (CHAT, {"stop": ""}, "'stop' expects"),
    (CHAT, {"stop": 5}, "'stop' expects"),
    (CHAT, {"stop": ["a"] * 17}, "'stop' expects"),
    (CHAT, {"stop": ["a", None]}, "'stop' expects"),
    (CHAT, {"stop": "a" * 1025}, "'stop' expects"),
    (CHAT, {"logit_bias": [1]}, "'logit_bias' expects"),
    (CHAT, {"logit_bias": {"a": 1}}, "'logit_bias' expects"),
    (CHAT, {"logit_bias": {"-1": 1}}, "'logit_bias' expects"),
    (CHAT, {"logit_bias": {"1": 101}}, "'logit_bias' expects"),
    (CHAT, {"logit_bias": {"1": "a"}}, "'logit_bias' expects"),
    (CHAT, {"logit_bias": {"298": 1}}, "'logit_bias' expects token ids below"),
    (CHAT, {"presence_penalty": 3}, "'presence_penalty' expects"),
    (CHAT, {"frequency_penalty": -3}, "'frequency_penalty' expects"),
    (CHAT, {"stream": 1}, "'stream' expects true or false"),
    (CHAT, {"stream_options": {}}, "'stream_options' is only for streams"),
    (CHAT, {"stream": True, "stream_options": []}, "'stream_options' expects"),
    (CHAT, {"stream": True, "stream_options": {"a": 1}},
     "'stream_options.a' is not a field"),
    (CHAT, {"top_logprobs": 2}, "'top_logprobs' needs 'logprobs'"),
    (CHAT, {"logprobs": True, "top_logprobs": 21}, "'top_logprobs' expects"),
    (CHAT, {"response_format": {"type": "json_object"}},
     "'response_format' is not supported"),
    (CHAT, {"tools": [{"type": "function"}]}, "'tools' is not supported"),
    (CHAT, {"colour": "red"}, "'colour' is not a field of this request"),
    (COMPLETIONS, {"prompt": None}, "'prompt' is required"),
    (COMPLETIONS, {"prompt": 5}, "'prompt' expects"),
    (COMPLETIONS, {"prompt": []}, "'prompt' expects"),
    (COMPLETIONS, {"prompt": ["a", "b"]}, "'prompt' expects"),
    (COMPLETIONS, {"prompt": [1, "b"]}, "'prompt' expects"),
    (COMPLETIONS, {"prompt": [-1]}, "'prompt' expects"),
    (COMPLETIONS, {"prompt": [298]}, "'prompt' expects token ids below 298"),
    (COMPLETIONS, {"prompt": [1] * 64}, "the prompt has 64 tokens"),
    (COMPLETIONS, {"logprobs": 1}, "'logprobs' is not supported"),
    (COMPLETIONS, {"best_of": 3}, "'best_of' is not supported"),
    (COMPLETIONS, {"messages": []}, "'messages' is not a field"),
    ("/v1/embeddings", {"input": "a"}, "models of this kind do not do that"),
]


def check_refused(server: Server) -> None:
    good = {
        CHAT: {"model": server.model, "messages": [SYSTEM, USER],
               "max_tokens": 1},
        COMPLETIONS: {"model": server.model, "prompt": "a", "max_tokens": 1},
        "/v1/embeddings": {"model": server.model},
    }
    for path, change, message in REFUSED:
        reply = server.post(path, good[path] | change)
        assert reply.status == 400, (change, reply)
        assert message in reply.error(), (change, reply)
    reply = server.post(CHAT, good[CHAT] | {"model": "other"})
    assert reply.status == 404 and "'other'" in reply.error()
    assert reply.json()["error"]["code"] == "model_not_found"
    # What the template says.
    reply = server.post(CHAT, good[CHAT] | {"messages": [USER]})
    assert reply.status == 422 and "expects a system message" in reply.error()
    reply = server.post(CHAT, good[CHAT] | {
        "messages": [SYSTEM, {"role": "user", "content": "long " * 100}]})
    assert reply.status == 400
    assert reply.json()["error"]["code"] == "context_length_exceeded"


def main() -> None:
    with Server(sys.argv[1], ["--sessions=3", "--threads=2"]) as server:
        [model] = server.get("/v1/models").json()["data"]
        assert model["id"] == server.model and model["object"] == "model"
        assert server.get("/health").json() == {"status": "ok"}
        check_chat(server)
        check_stops(server)
        check_completions(server)
        check_probabilities(server)
        check_refused(server)
        replies = 'bitnet_http_replies_total{path="/v1/chat/completions",'
        assert server.metric(replies + 'status="400"}') > 30
        assert server.metric(replies + 'status="200"}') > 10
        assert server.metric('bitnet_requests_total{end="failed"}') == 0
        assert server.metric("bitnet_generated_tokens_total") > 100
        assert server.metric("bitnet_first_token_seconds_count") > 10
    with Server(sys.argv[1], ["--name=a/b", "--ctx=32"]) as server:
        assert server.model == "a/b"
        reply = server.post(COMPLETIONS, {"model": "a/b", "prompt": [1] * 32})
        assert reply.status == 400 and "32 positions" in reply.error()


main()
