# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A server of examples/server and a client of it, of the standard library."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
from dataclasses import dataclass, field


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)

    def events(self) -> list[dict]:
        """The events of a stream, which must end as it should."""
        lines = self.body.decode().split("\n\n")
        assert lines[-2:] == ["data: [DONE]", ""], self.body
        assert all(line.startswith("data: ") for line in lines[:-1])
        return [json.loads(line[6:]) for line in lines[:-2]]

    def error(self) -> str:
        """The message of an error, which must look like one."""
        error = self.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}, error
        assert self.status >= 400 and error["type"], error
        return error["message"]


@dataclass
class Server:
    """A running server; what it does not survive is an error."""
    program: str
    options: list[str] = field(default_factory=list)

    def __enter__(self) -> Server:
        self.process = subprocess.Popen(
            [self.program, "--port=0", *self.options],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening at http://127\.0\.0\.1:(\d+), "
                             r"model (.+)\n", line)
        assert match, line
        self.port = int(match[1])
        self.model = match[2]
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is not None:
            self.process.kill()
            self.process.wait()
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        output = self.process.communicate(timeout=60)[0]
        assert self.process.returncode == 0, self.process.returncode
        assert output.endswith("ended\n"), output

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def request(self, method: str, path: str, body=None,
                headers: dict[str, str] | None = None) -> Reply:
        """Sends one request; a body that is no bytes is sent as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        reply = Reply(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        return reply

    def get(self, path: str) -> Reply:
        return self.request("GET", path)

    def post(self, path: str, body, **headers: str) -> Reply:
        return self.request("POST", path, body, headers)

    def send_raw(self, data: bytes, stays: bool = False) -> bytes:
        """Sends bytes, whatever they are, and reads until the end. A client
        that has said all and does not stay counts as gone."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as wire:
            wire.sendall(data)
            if not stays:
                wire.shutdown(socket.SHUT_WR)
            answer = b""
            while part := wire.recv(65536):
                answer += part
        return answer

    def metric(self, name: str) -> float:
        """A number of /metrics, by its name with its labels."""
        text = self.get("/metrics").body.decode()
        match = re.search(f"^{re.escape(name)} (.+)$", text, re.MULTILINE)
        assert match, (name, text)
        return float(match[1])
