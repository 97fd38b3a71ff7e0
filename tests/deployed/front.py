#!/usr/bin/env python3
"""Stands before the emulator as a domain of one's own stands before API Gateway.

    front.py PORT EMULATOR      the newest HTTP API of the emulator, at http://127.0.0.1:PORT

The emulator tells its APIs apart by names below `localhost` that not every system resolves, or by a
path. So the deployed system gets an address (`SiteUrl`), and what comes there is passed on.
"""

import http.client
import json
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What concerns one connection only (RFC 9110, 7.6.1), and what the client here writes itself.
OF_THE_CONNECTION = {"connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    emulator = None
    api = None

    def pass_on(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
        status, answered, content = self.ask(body, headers)
        self.send_response(status)
        for name, value in answered:
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def ask(self, body, headers):
        try:
            emulator = http.client.HTTPConnection(self.emulator, timeout=60)
            try:
                path = f"/_aws/execute-api/{self.find_api()}/$default{self.path}"
                emulator.request(self.command, path, body, headers)
                answer = emulator.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                emulator.close()
        except (OSError, http.client.HTTPException, LookupError) as error:
            return 502, [("Content-Type", "text/plain")], f"{error}\n".encode()

    def find_api(self):
        if Front.api is None:
            # Its own account of things; who asks is of no account here.
            signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/aws4_request"}
            request = urllib.request.Request(f"http://{self.emulator}/v2/apis", headers=signed)
            with urllib.request.urlopen(request, timeout=10) as answer:
                apis = json.load(answer)["items"]
            if not apis:
                raise LookupError("nothing is deployed yet")
            Front.api = max(apis, key=lambda api: api["createdDate"])["apiId"]
        return Front.api

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Front.emulator = urllib.parse.urlparse(sys.argv[2]).netloc
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Front)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
