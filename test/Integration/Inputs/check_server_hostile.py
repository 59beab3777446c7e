# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a server does with requests that are wrong, and goes on:

    check_server_hostile.py <server of chat.gguf>
"""

from __future__ import annotations

import gzip
import json
import socket
import sys

from server_client import Server

CHAT = "/v1/chat/completions"
LIMIT = 10000

# Bodies that are no requests, and what the error says.
BODIES = [
    (b"", "not valid JSON"),
    (b"{", "not valid JSON"),
    (b'{"model": "a"} x', "not valid JSON"),
    (b"{'model': 'a'}", "not valid JSON"),
    (b'{"temperature": NaN}', "not valid JSON"),
    (b'{"temperature": 1e999}', "not valid JSON"),
    (b'{"model": "\xff"}', "not valid JSON"),
    (b'{"model": "\xc0\xaf"}', "not valid JSON"),
    (b'{"model": "\xed\xa0\x80"}', "not valid JSON"),
    (b'{"model": "\\ud800"}', "not valid JSON"),
    (b'\xff\xfe{\x00}\x00', "not valid JSON"),
    (b'{"model": "a\x00"}', "not valid JSON"),
    (b"[]", "not a JSON object"),
    (b"null", "not a JSON object"),
    (b'"text"', "not a JSON object"),
    (b"[" * 5000, "nested too deeply"),
    (b"1" * 10000, "not valid JSON"),
    (b'{"messages": [' + b"{}," * 2500 + b"{}]}", "'model' is required"),
    (b"[" * 4000 + b"]" * 4000, "nested too deeply"),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested too deeply"),
    (b"{}", "'model' is required"),
]

# Lines that are no requests of HTTP.
RAW = [
    b"\r\n\r\n",
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET /health\r\n\r\n",
    b"GET /health HTTP/9.9\r\n\r\n",
    b"BREW /health HTTP/1.1\r\n\r\n",
    b"GET " + b"/a" * 5000 + b" HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\n" + b"A" * 10000 + b": b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nRange: bytes=5-1\r\n\r\n",
    b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}"
    % CHAT.encode(),
    b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    % CHAT.encode(),
    b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{" % CHAT.encode(),
    b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: -5\r\n\r\n{}" % CHAT.encode(),
]


def check_paths(server: Server) -> None:
    for method, path, status in [
            ("GET", "/", 404), ("POST", "/", 404), ("PUT", "/x", 404),
            ("DELETE", "/x", 404), ("OPTIONS", "/x", 404),
            ("GET", "/v1/chat/completions/", 404), ("GET", "/v1", 404),
            ("GET", "/" + "a" * 8000, 404), ("GET", "/%00%0a%ff", 404),
            ("GET", CHAT, 405), ("PUT", CHAT, 405), ("DELETE", CHAT, 405),
            ("PATCH", CHAT, 405), ("OPTIONS", CHAT, 405),
            ("POST", "/health", 405), ("POST", "/v1/models", 405)]:
        body = {} if method in ("POST", "PUT", "PATCH") else None
        reply = server.request(method, path, body)
        assert reply.status == status and reply.error(), (method, path, reply)
        if status == 405:
            expected = "POST" if path == CHAT else "GET, HEAD"
            assert reply.headers["Allow"] == expected, reply
    reply = server.request("HEAD", "/health")
    assert reply.status == 200 and reply.body == b""


def check_bodies(server: Server, good: dict) -> None:
    for body, message in BODIES:
        reply = server.post(CHAT, body)
        assert reply.status == 400, (body[:50], reply)
        assert message in reply.error(), (body[:50], reply)
    # An unpaired surrogate is an error; a pair, and any other character, none.
    text = "\U0001f600 \u4e2d \u0000 \u202e"
    reply = server.post(CHAT, good | {"messages": good["messages"] + [
        {"role": "user", "content": text}]})
    assert reply.status == 200, reply

    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "application/jsonx", "", "multipart/form-data",
                 'multipart/form-data; boundary="x"'):
        reply = server.post(CHAT, json.dumps(good).encode(),
                            **{"Content-Type": kind})
        assert reply.status == 415, (kind, reply)
        assert "application/json" in reply.error()
    form = (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
            b"--x--\r\n")
    reply = server.post(CHAT, form,
                        **{"Content-Type": "multipart/form-data; boundary=x"})
    assert reply.status == 415, reply
    reply = server.post(CHAT, json.dumps(good).encode(),
                        **{"Content-Type": "Application/JSON; charset=utf-8"})
    assert reply.status == 200, reply

    # Compressed bodies, and the limit of what comes out of them.
    packed = gzip.compress(json.dumps(good).encode())
    reply = server.post(CHAT, packed, **{"Content-Encoding": "gzip"})
    assert reply.status == 200, reply
    reply = server.post(CHAT, packed, **{"Content-Encoding": "zstd"})
    assert reply.status == 415, reply
    reply = server.post(CHAT, packed[:-9], **{"Content-Encoding": "gzip"})
    assert reply.status in (200, 400), reply
    reply = server.post(CHAT, b"not gzip", **{"Content-Encoding": "gzip"})
    assert reply.status == 400, reply
    for bomb in (gzip.compress(b" " * 50000), gzip.compress(b" " * 5000000)):
        reply = server.post(CHAT, bomb, **{"Content-Encoding": "gzip"})
        assert reply.status == 413, reply


def check_sizes(server: Server, good: dict) -> None:
    text = json.dumps(good).encode()
    reply = server.post(CHAT, text + b" " * (LIMIT - len(text)))
    assert reply.status == 200, reply
    for size in (LIMIT + 1, 50 * LIMIT):
        reply = server.post(CHAT, text + b" " * (size - len(text)))
        assert reply.status == 413 and reply.error(), (size, reply)
        assert server.post("/nothing", b" " * size).status == 404
    # In chunks, which do not say how many will come.
    connection = server.connect()
    connection.request("POST", CHAT, (b" " * 1000 for _ in range(20)),
                       {"Content-Type": "application/json"},
                       encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    # The same connection can be used again after a refusal.
    connection = server.connect()
    for size, status in ((LIMIT + 1, 413), (LIMIT, 400), (LIMIT + 1, 413)):
        connection.request("POST", CHAT, b" " * size,
                           {"Content-Type": "application/json"})
        reply = connection.getresponse()
        assert reply.status == status, (size, reply.status)
        reply.read()
    connection.close()


def check_wires(server: Server) -> None:
    for data in RAW:
        answer = server.send_raw(data)
        first = answer.split(b"\r\n")[0]
        assert answer == b"" or first.split(b" ")[1][:1] == b"4", (data, answer)
    # Clients that go before they have said all, or before they have read all.
    for data in (b"", b"G", b"GET /health HTTP/1.1\r\nHost",
                 b"GET /metrics HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port)) as wire:
            wire.sendall(data)
    # HTTP/1.0 knows no chunks.
    body = json.dumps({"model": server.model, "prompt": "a", "temperature": 0,
                       "max_tokens": 3}).encode()
    answer = server.send_raw(
        b"POST /v1/completions HTTP/1.0\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body), stays=True)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], answer
    assert b"chunked" not in head.lower()
    assert json.loads(rest)["usage"]["completion_tokens"] == 3, answer


def main() -> None:
    with Server(sys.argv[1], [f"--most-body={LIMIT}", "--sessions=2",
                              "--threads=2"]) as server:
        good = {"model": server.model, "max_tokens": 1,
                "messages": [{"role": "system", "content": "Be"}]}
        assert server.post(CHAT, good).status == 200
        check_paths(server)
        check_bodies(server, good)
        check_sizes(server, good)
        check_wires(server)
        assert server.post(CHAT, good).status == 200
        assert server.metric("bitnet_requests_running") == 0
        assert server.metric('bitnet_requests_total{end="failed"}') == 0


main()
