"""An object store that speaks as much of S3 as artifacts need, and that can be slow, busy, broken or hostile.

It believes nothing that is not signed: each signature (AWS4-HMAC-SHA256) is computed again from the request as it came.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

BUCKET = "artifacts"
REGION = "eu-test-1"
KEY_ID = "AKTEST0000000000FAKE"
SECRET = "test/secret+of/no+account"  # of this fake alone
LAST_MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)

Fault = Literal["busy", "refused", "slow", "broken off", "huge", "answer lost", "other writer", "echo"]
Conditions = Literal["known", "unknown", "ignored"]


@dataclass
class FakeObjectStore:
    """One bucket.

    Attributes:
        objects: what it holds, by key.
        asked: method, key and whether the put was conditional, of each request that was signed well.
        refused: requests that were not.
        faults: what happens to the next gets, first to last; afterwards all is well.
        put_faults: the same for puts.
        conditions: whether `If-None-Match` is known, answered with 501, or ignored.
        slow_s: seconds that a slow answer takes.
    """

    address: str
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    put_faults: list[Fault] = field(default_factory=list)
    conditions: Conditions = "known"
    slow_s: float = 2.0

    @property
    def environment(self) -> dict[str, str]:
        """Variables of somebody who may use it."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }


@contextmanager
def object_store() -> Iterator[FakeObjectStore]:
    """Answer on a free port of the loopback until the end of the block."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    store = handler.store = FakeObjectStore(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    store: FakeObjectStore

    def do_GET(self) -> None:
        key, fault = self._admitted(b"")
        if key is None or self._failed(fault):
            return
        text = self.store.objects.get(key)
        if text is None:
            self._say(404, f"<Error><Code>NoSuchKey</Code><Key>{key}</Key></Error>".encode())
        elif fault == "huge":
            self._say(200, b"{", length=64 * 1024 * 1024)
        elif fault == "broken off":
            self._say(200, text[: len(text) // 2], length=len(text))
        else:
            self._say(200, text)

    def do_PUT(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        key, fault = self._admitted(text)
        if key is None or self._failed(fault):
            return
        conditional = self.headers.get("If-None-Match") == "*"
        if conditional and self.store.conditions == "unknown":
            self._say(501, b"<Error><Code>NotImplemented</Code></Error>")
        elif conditional and fault == "other writer":
            self._say(409, b"<Error><Code>ConditionalRequestConflict</Code></Error>")
        elif conditional and self.store.conditions == "known" and key in self.store.objects:
            self._say(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self.store.objects[key] = text
            if fault == "answer lost":
                self.close_connection = True
                return
            self._say(200, b"")

    def _admitted(self, body: bytes) -> tuple[str | None, Fault | None]:
        """The key that is asked for, path style, if the request is signed well; and what shall happen to it."""
        path = urlsplit(self.path).path
        wrong = _wrong_signature(self.command, path, self.headers, body)
        if wrong or not path.startswith(f"/{BUCKET}/"):
            self.store.refused.append(f"{self.command} {path}: {wrong or 'no such bucket'}")
            self._say(
                403 if wrong else 404, f"<Error><Code>{wrong or 'NoSuchBucket'}</Code></Error>".encode()
            )
            return None, None
        key = path.removeprefix(f"/{BUCKET}/")
        condition = " once" if self.headers.get("If-None-Match") == "*" else ""
        self.store.asked.append(f"{self.command} {key}{condition}")
        planned = self.store.put_faults if self.command == "PUT" else self.store.faults
        return key, planned.pop(0) if planned else None

    def _failed(self, fault: Fault | None) -> bool:
        """Whether the fault was an answer by itself."""
        if fault == "busy":
            self._say(503, b"<Error><Code>SlowDown</Code></Error>")
        elif fault == "refused":
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif fault == "echo":  # a store that tells whoever may read a log what it should not
            self._say(400, f"<Error>{KEY_ID} {SECRET}</Error>".encode())
        elif fault == "slow":
            time.sleep(self.store.slow_s)
            return False
        else:
            return False
        return True

    def _say(self, code: int, text: bytes, length: int | None = None) -> None:
        try:
            self.send_response(code)
            self.send_header("Content-Length", str(len(text) if length is None else length))
            self.send_header("ETag", f'"{hashlib.md5(text, usedforsecurity=False).hexdigest()}"')
            self.send_header("Last-Modified", LAST_MODIFIED)
            self.end_headers()
            self.wfile.write(text)
        except OSError:  # nobody waits any more
            self.close_connection = True
        if length is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _wrong_signature(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    """What is wrong with the signature; empty when nothing is."""
    said = _SIGNED.fullmatch(headers.get("Authorization", ""))
    if said is None:
        return "AccessDenied"
    key_id, day, region, names, signature = said.groups()
    if (key_id, region) != (KEY_ID, REGION):
        return "InvalidAccessKeyId"
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256") != digest:
        return "XAmzContentSHA256Mismatch"
    needed = {"host", "x-amz-content-sha256", "x-amz-date"} | (
        {"if-none-match"} if "If-None-Match" in headers else set()
    )
    if not needed <= set(names.split(";")):
        return "HeadersNotSigned"
    signed = "".join(f"{name}:{' '.join(str(headers[name]).split())}\n" for name in names.split(";"))
    canonical = f"{method}\n{path}\n\n{signed}\n{names}\n{digest}"
    scope = f"{day}/{region}/s3/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashed}"
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(signature, expected) else "SignatureDoesNotMatch"
