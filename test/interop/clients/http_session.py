"""What WHIP and WHEP clients do over HTTP, by the standard library alone."""

import json
import sys
import threading
import urllib.error
import urllib.request

saying = threading.Lock()


def say(**fields):
    """One JSON object per line: what the test reads. Any thread may say it; print() alone writes a line's
    end apart from the line, and another thread's line gets between."""
    with saying:
        print(json.dumps(fields), flush=True)


def ask(method, url, token, content_type=None, body=None, headers=None):
    """Returns (status, headers, text); an error status is an answer like any other."""
    request = urllib.request.Request(url, method=method, headers=dict(headers or {}))
    request.add_header("Authorization", f"Bearer {token}")
    if content_type:
        request.add_header("Content-Type", content_type)
    data = None if body is None else body.encode()
    try:
        with urllib.request.urlopen(request, data=data, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class Session:
    """A WHIP or WHEP session: made by an offer, ended by DELETE."""

    def __init__(self, endpoint, token, offer):
        self.token = token
        status, headers, text = ask("POST", endpoint, token, "application/sdp", offer)
        if status != 201:
            sys.exit(f"POST answered {status}: {text}")
        self.url = headers["Location"]
        self.etag = headers["ETag"]
        self.answer = text

    def trickle(self, fragment, etag=None):
        kind = "application/trickle-ice-sdpfrag"
        headers = {"If-Match": etag or self.etag}
        return ask("PATCH", self.url, self.token, kind, fragment, headers)

    def delete(self):
        status, _, _ = ask("DELETE", self.url, self.token)
        return status
