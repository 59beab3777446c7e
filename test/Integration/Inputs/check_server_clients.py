# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Many clients at once, clients that go, too many clients, and the end:

    check_server_clients.py <server of storyteller> [--any-memory]
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from server_client import Reply, Server

COMPLETIONS = "/v1/completions"
PROMPTS = ["Once upon a time", "The king", "A little girl", "One day"]


def make_request(server: Server, prompt: str, tokens: int) -> dict:
    return {"model": server.model, "prompt": prompt, "max_tokens": tokens,
            "temperature": 0, "stream": True,
            "stream_options": {"include_usage": True}}


def read_text(reply: Reply) -> str:
    assert reply.status == 200, reply
    return "".join(choice["text"] for event in reply.events()
                   for choice in event["choices"])


def wait_for(what: str, condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def check_many(server: Server) -> None:
    """32 clients get what one alone gets, and leave no memory behind."""
    alone = {prompt: read_text(server.post(
        COMPLETIONS, make_request(server, prompt, 24))) for prompt in PROMPTS}
    assert len(set(alone.values())) == len(PROMPTS)

    def ask(index: int) -> None:
        prompt = PROMPTS[index % len(PROMPTS)]
        reply = server.post(COMPLETIONS, make_request(server, prompt, 24))
        assert read_text(reply) == alone[prompt], (prompt, reply)

    def ask_all() -> float:
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(ask, range(64)))
        return server.metric("process_resident_memory_bytes")

    ask_all()
    before = ask_all()
    after = ask_all()
    # Allocators keep some pages for each thread, those of sanitizers many.
    assert after - before < 8 << 20 or "--any-memory" in sys.argv, (
        before, after)
    assert server.metric('bitnet_requests_total{end="finished"}') == 4 + 3 * 64


def begin_stream(server: Server, tokens: int):
    connection = server.connect()
    connection.request(
        "POST", COMPLETIONS,
        json.dumps(make_request(server, "Once upon a time", tokens)),
        {"Content-Type": "application/json"})
    return connection, connection.getresponse()


def check_leaving(server: Server) -> None:
    """A client that goes frees its session, whether it streams or waits."""
    count = 8
    streams = [begin_stream(server, 480) for _ in range(count)]
    whole = server.connect()
    whole.request("POST", COMPLETIONS, json.dumps(
        make_request(server, "The king", 480)
        | {"stream": False, "stream_options": None}),
        {"Content-Type": "application/json"})
    assert streams[0][1].readline().startswith(b"data: ")
    for connection, reply in streams:
        reply.close()
        connection.close()
    whole.close()
    wait_for("sessions to be free", lambda: server.metric(
        "bitnet_requests_running") + server.metric(
        "bitnet_requests_queued") == 0)
    # All but the first can not have come to their end before.
    assert server.metric('bitnet_requests_total{end="cancelled"}') >= count - 1
    assert server.metric('bitnet_requests_total{end="failed"}') == 0


def check_full(server: Server) -> None:
    """One session and no queue: the second client is told to come again."""
    for _ in range(50):
        connection, reply = begin_stream(server, 480)
        refused = server.post(COMPLETIONS, make_request(server, "The king", 1))
        reply.close()
        connection.close()
        # Otherwise the first had come to its end already.
        if refused.status == 429:
            break
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"]["code"] == "queue_full"
    assert server.metric('bitnet_requests_total{end="refused"}') == 1
    wait_for("the session to be free",
             lambda: server.metric("bitnet_requests_running") == 0)
    assert read_text(server.post(
        COMPLETIONS, make_request(server, "The king", 5)))


def check_end(server: Server) -> None:
    """What runs or waits comes to its end; what comes then is refused."""
    streams = [begin_stream(server, 480) for _ in range(8)]
    server.process.send_signal(signal.SIGTERM)
    wait_for("the end to begin",
             lambda: server.get("/health").status == 503)
    refused = server.post(COMPLETIONS, make_request(server, "The king", 1))
    assert refused.status == 503, refused
    for connection, reply in streams:
        text = reply.read()
        assert text.endswith(b"data: [DONE]\n\n"), text[-200:]
        connection.close()
    assert server.process.wait(30) == 0


def check_second_signal(server: Server) -> None:
    """The second signal ends everything at once."""
    streams = [begin_stream(server, 480) for _ in range(8)]
    for _ in range(2):
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert server.process.wait(30) == 0
    for connection, _ in streams:
        connection.close()


def main() -> None:
    program = sys.argv[1]
    with Server(program, ["--sessions=4", "--threads=2"]) as server:
        check_many(server)
    one = ["--sessions=1", "--threads=1"]
    with Server(program, one) as server:
        check_leaving(server)
    with Server(program, [*one, "--queue=0"]) as server:
        check_full(server)
    with Server(program, one) as server:
        check_end(server)
    with Server(program, one) as server:
        check_second_signal(server)
    assert threading.active_count() == 1


main()
