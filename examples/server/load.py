#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Keeps a server busy with many streaming clients and measures it.

Every client sends the next request as soon as the last one has ended. All text
is counted by the tokens that the server says at the end of each stream. What
is not as it should be, from a status to the end of a stream, is an error; the
exit status is 1 if there was one.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Totals:
    lock: threading.Lock = field(default_factory=threading.Lock)
    requests: int = 0
    tokens: int = 0
    first_token_seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def connect(options: argparse.Namespace) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(options.host, options.port, timeout=120)


def get(options: argparse.Namespace, path: str) -> str:
    connection = connect(options)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def read_metric(options: argparse.Namespace, name: str) -> float:
    return float(re.search(f"^{name} (.+)$", get(options, "/metrics"),
                           re.MULTILINE)[1])


def stream(connection: http.client.HTTPConnection, request: dict,
           totals: Totals) -> None:
    start = time.monotonic()
    connection.request("POST", "/v1/completions", json.dumps(request),
                       {"Content-Type": "application/json"})
    reply = connection.getresponse()
    if reply.status != 200:
        raise ValueError(f"status {reply.status}: {reply.read()[:200]!r}")
    first, usage, last = None, None, b""
    while line := reply.readline():
        if not line.startswith(b"data: {"):
            last = line if line != b"\n" else last
            continue
        event = json.loads(line[6:])
        if "error" in event:
            raise ValueError(f"an error in a stream: {event['error']}")
        if first is None and event["choices"] and event["choices"][0]["text"]:
            first = time.monotonic() - start
        usage = event["usage"] or usage
    if last != b"data: [DONE]\n" or not usage:
        raise ValueError("a stream that does not end as it should")
    with totals.lock:
        totals.requests += 1
        totals.tokens += usage["completion_tokens"]
        if first is not None:
            totals.first_token_seconds.append(first)


def run_client(options: argparse.Namespace, model: str, index: int,
               end: float, totals: Totals) -> None:
    connection = connect(options)
    count = 0
    while time.monotonic() < end:
        request = {
            "model": model, "prompt": f"{options.prompt} {index} {count}",
            "max_tokens": options.tokens, "seed": 1000 * index + count,
            "temperature": options.temperature,
            "stream": True, "stream_options": {"include_usage": True}}
        count += 1
        try:
            stream(connection, request, totals)
        except (ValueError, OSError, http.client.HTTPException) as error:
            with totals.lock:
                totals.errors.append(f"client {index}: {error}")
            connection.close()
            connection = connect(options)
            time.sleep(0.1)
    connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--tokens", type=int, default=128,
                        help="most tokens of a request")
    parser.add_argument("--temperature", type=float, default=0,
                        help="0, as --bench of programs; drawing takes time")
    parser.add_argument("--prompt", default="Once upon a time")
    options = parser.parse_args()
    model = json.loads(get(options, "/v1/models"))["data"][0]["id"]
    totals = Totals()
    start = time.monotonic()
    clients = [
        threading.Thread(target=run_client, args=(
            options, model, index, start + options.seconds, totals))
        for index in range(options.clients)]
    for client in clients:
        client.start()
    # Memory after a tenth of the time has all that clients need.
    time.sleep(options.seconds / 10)
    memory = [read_metric(options, "process_resident_memory_bytes")]
    while any(client.is_alive() for client in clients):
        time.sleep(min(5, options.seconds / 10))
        memory.append(read_metric(options, "process_resident_memory_bytes"))
    seconds = time.monotonic() - start
    firsts = sorted(totals.first_token_seconds) or [0.0]
    print(f"{totals.requests} requests, {totals.tokens} tokens, "
          f"{seconds:.1f} s: {totals.tokens / seconds:.1f} tokens/s")
    print(f"first text: median {firsts[len(firsts) // 2]:.3f} s, "
          f"worst {firsts[-1]:.3f} s")
    print(f"memory: {memory[0] / 2**20:.1f} MiB after a tenth, at most "
          f"{max(memory) / 2**20:.1f} MiB, {memory[-1] / 2**20:.1f} MiB at "
          "the end")
    print(f"errors: {len(totals.errors)}")
    for error in totals.errors[:10]:
        print(error)
    return 1 if totals.errors else 0


if __name__ == "__main__":
    sys.exit(main())
