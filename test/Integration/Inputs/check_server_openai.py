# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package openai as a client:

    check_server_openai.py <server of chat.gguf> <server of embeddings>
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import openai

from server_client import Server

MESSAGES = [{"role": "system", "content": "Be"},
            {"role": "user", "content": "Hi"}]


def make_client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1",
                         api_key="none", max_retries=0)


def check_texts(server: Server, client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [server.model]
    options = {"model": server.model, "messages": MESSAGES, "temperature": 0,
               "max_completion_tokens": 10, "seed": 1}
    whole = client.chat.completions.create(**options)
    text = whole.choices[0].message.content
    assert text and whole.choices[0].finish_reason == "length"
    assert whole.usage.completion_tokens == 10

    def stream(_: int) -> str:
        pieces = []
        for chunk in client.chat.completions.create(
                **options, stream=True,
                stream_options={"include_usage": True}):
            if chunk.choices:
                pieces.append(chunk.choices[0].delta.content or "")
            else:
                assert chunk.usage.completion_tokens == 10
        return "".join(pieces)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(stream, range(16))) == {text}

    rated = client.chat.completions.create(**options, logprobs=True,
                                           top_logprobs=2)
    assert len(rated.choices[0].logprobs.content) == 10
    assert len(rated.choices[0].logprobs.content[0].top_logprobs) == 2

    prompt = client.completions.create(model=server.model, prompt="the",
                                       max_tokens=5, temperature=0)
    streamed = client.completions.create(model=server.model, prompt="the",
                                         max_tokens=5, temperature=0,
                                         stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == \
        prompt.choices[0].text
    # What the API does not have goes as "extra_body".
    client.completions.create(
        model=server.model, prompt="the", max_tokens=5,
        extra_body={"top_k": 5, "min_p": 0.1, "typical_p": 0.9,
                    "repetition_penalty": 1.1})


def expect(kind: type[openai.APIStatusError], call, **options) -> None:
    try:
        call(**options)
    except kind as error:
        assert error.body["message"], error
    else:
        raise AssertionError(f"no {kind}")


def check_errors(server: Server, client: openai.OpenAI) -> None:
    create = client.chat.completions.create
    expect(openai.NotFoundError, create, model="other", messages=MESSAGES)
    expect(openai.BadRequestError, create, model=server.model,
           messages=MESSAGES, temperature=5)
    expect(openai.BadRequestError, create, model=server.model,
           messages=MESSAGES, extra_body={"colour": "red"})
    expect(openai.UnprocessableEntityError, create, model=server.model,
           messages=MESSAGES[1:])
    expect(openai.BadRequestError, client.embeddings.create,
           model=server.model, input="a")


def main() -> None:
    with Server(sys.argv[1], ["--sessions=4"]) as server:
        client = make_client(server)
        check_texts(server, client)
        check_errors(server, client)
        client.close()
    with Server(sys.argv[2]) as server:
        client = make_client(server)
        made = client.embeddings.create(model=server.model,
                                        input=["a", "the hi"])
        exact = client.embeddings.create(model=server.model, input="the hi",
                                         encoding_format="float")
        assert len(made.data) == 2
        assert max(abs(a - b) for a, b in zip(
            made.data[1].embedding, exact.data[0].embedding)) < 1e-7
        client.close()


main()
