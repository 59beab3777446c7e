# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A server of an embedding model gives what the program of the model gives:

    check_server_embeddings.py <server> <program>
"""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys

from server_client import Server

EMBEDDINGS = "/v1/embeddings"


def main() -> None:
    texts = ["a", "the hi", "the the the"]
    expected = [json.loads(subprocess.run(
        [sys.argv[2], "--embed", "--json", "-p", text], check=True,
        stdout=subprocess.PIPE).stdout) for text in texts]
    with Server(sys.argv[1], ["--threads=1"]) as server:
        request = {"model": server.model, "input": texts}
        reply = server.post(EMBEDDINGS, request)
        assert reply.status == 200, reply
        assert [entry["index"] for entry in reply.json()["data"]] == [0, 1, 2]
        for entry, vector in zip(reply.json()["data"], expected):
            assert [struct.pack("f", x) for x in entry["embedding"]] == \
                [struct.pack("f", x) for x in vector]
        tokens = reply.json()["usage"]["prompt_tokens"]
        assert tokens == reply.json()["usage"]["total_tokens"] >= 6

        packed = server.post(EMBEDDINGS, request | {
            "encoding_format": "base64", "dimensions": len(expected[0])})
        for entry, vector in zip(packed.json()["data"], expected):
            assert base64.b64decode(entry["embedding"]) == \
                struct.pack(f"<{len(vector)}f", *vector)
        single = server.post(EMBEDDINGS, request | {"input": "a"}).json()
        assert single["data"][0] == reply.json()["data"][0]
        ids = server.post(EMBEDDINGS, request | {"input": [[1, 2], [3]]})
        assert ids.json()["usage"]["prompt_tokens"] == 3

        for change, message in [
                ({"input": None}, "'input' is required"),
                ({"input": []}, "'input' expects"),
                ({"input": ["a", 5]}, "'input' expects"),
                ({"input": ["a"] * 2049}, "'input' expects"),
                ({"input": [[1] * 10000]}, "'input' expects texts of 1 to"),
                ({"encoding_format": "hex"}, "'encoding_format' expects"),
                ({"dimensions": 1}, "'dimensions' expects"),
                ({"prompt": "a"}, "'prompt' is not a field")]:
            reply = server.post(EMBEDDINGS, request | change)
            assert reply.status == 400 and message in reply.error(), reply
        reply = server.post("/v1/completions",
                            {"model": server.model, "prompt": "a"})
        assert reply.status == 400
        assert "do not do that" in reply.error()


main()
