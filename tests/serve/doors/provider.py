"""A small OpenID provider on this machine: discovery, keys, sign-in without a form, and a token for a code."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey


@dataclass
class Provider:
    """Whom it signs in, and what it may lie about."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "7", "preferred_username": "ada@example.com"})
    lies: dict[str, Any] = field(default_factory=dict)
    unsigned: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    now: int = 1_764_000_000
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, url: str) -> str:
        """What a browser does at the provider's: the address that it is sent back to."""
        said = dict(parse_qsl(urlsplit(url).query))
        code = f"code{len(self.asked)}"
        self.asked[code] = said
        return said["redirect_uri"] + "?" + urlencode({"code": code, "state": said["state"], "iss": self.issuer})

    def token(self, said: dict[str, str], authorization: str) -> dict[str, Any]:
        """The token for a code, where the verifier fits and the client is who it says."""
        asked = self.asked.pop(said["code"])
        proof = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if (
            proof != asked["code_challenge"]
            or client != "volant:quiet"
            or asked["redirect_uri"] != said["redirect_uri"]
        ):
            return {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer, "aud": "volant", "iat": self.now, "exp": self.now + 300, "nonce": asked["nonce"],
            **self.claims, **self.lies,
        }  # fmt: skip
        if self.unsigned:
            word = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.key.as_pem(private=False)))
        else:
            word = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": word}

    def answer(self, path: str) -> dict[str, Any]:
        """What it says of itself."""
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, listening."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            said = {name: values[0] for name, values in parse_qs(body).items()}
            found = provider.token(said, self.headers.get("authorization", ""))
            self._say(found, 400 if "error" in found else 200)

        def _say(self, value: dict[str, Any], status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
