"""Signing in by somebody else's word: OpenID Connect with the code flow, PKCE, a state that is ours and a nonce."""

from __future__ import annotations

import asyncio
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ...core.errors import BadInput, BadValue, NotFound, Refused
from .book import Book
from .secret import digest, fresh
from .users import User, add_user, change_user, named, user
from .who import ROLES

__all__ = ["Claims", "Leaver", "Provider", "admitted", "load"]

MINUTES = 10.0
"""How long somebody may take at the provider's."""

_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a private key. What is signed by a shared secret, or by nothing, is not believed."""

_PATIENCE = 10.0


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings file: whose word counts, for whom, and what role a claim gives.

    ``url`` is this server's own address as browsers see it. ``roles`` maps a value of ``claim`` (a list or one word) to
    a role, the highest of several wins; who has none gets ``default``, and nobody comes in where that is empty.
    ``client_secret_file`` keeps the secret out of the settings.
    """

    issuer: str
    client_id: str
    url: str
    client_secret: str = ""
    client_secret_file: str = ""
    scope: str = "openid profile email"
    name: str = "preferred_username"
    claim: str = "groups"
    default: str = ""
    label: str = "Company account"
    roles: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of who signed in: its name for the person, one for us, and words that give roles."""

    identity: str
    name: str
    words: tuple[str, ...]


@dataclass(eq=False)
class Leaver:
    """Sends people to the provider and believes what comes back, if everything fits. ``home`` keeps who is away."""

    provider: Provider
    secret: str
    book: Book
    _metadata: dict[str, Any] = field(default_factory=dict)

    async def leave(self, landing: str, at: int) -> tuple[str, str]:
        """Where to send a browser, and the secret of the cookie by which it is known when it comes back."""
        metadata = await self._about()
        state, nonce, verifier, browser = fresh(), fresh(), generate_token(48), fresh()
        payload = json.dumps(
            {"nonce": nonce, "verifier": verifier, "landing": landing, "browser": digest(browser).hex()}
        )

        def write() -> None:
            with self.book.writing() as db:
                db.execute("DELETE FROM departures WHERE ends <= ?", (at,))
                ends = at + int(MINUTES * 60e9)
                db.execute("INSERT INTO departures VALUES (?,?,?)", (digest(state), payload, ends))

        await asyncio.to_thread(write)
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self.provider.client_id,
            "code",
            redirect_uri=self.landing,
            scope=self.provider.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return str(url), browser

    async def back(self, said: dict[str, str], browser: str, at: int) -> tuple[Claims, str]:
        """Who came back, and where they wanted to go. Raises ``Refused`` where anything does not fit."""
        gone = await asyncio.to_thread(self._gone, said.get("state", ""), at)
        if not gone or not browser or digest(browser).hex() != gone["browser"]:
            raise Refused("This sign-in was not begun here, or took too long.", do="Begin again at /login.")
        if said.get("iss", self.provider.issuer) != self.provider.issuer:
            raise Refused("Another provider answered than was asked.", do="Begin again at /login.")
        if "error" in said or not said.get("code"):
            raise Refused(f"The provider did not sign you in ({said.get('error', 'no code')[:60]}).")
        metadata = await self._about()
        try:
            token = await self._token(metadata["token_endpoint"], said["code"], gone["verifier"])
            return await self._believed(token, gone["nonce"], at), gone["landing"]
        except (AuthlibBaseError, JoseError, httpx.HTTPError, ValueError, KeyError) as error:
            # What exactly did not fit is for the log of who runs the provider, not for who may be trying it out.
            raise Refused(f"The provider's word cannot be believed ({type(error).__name__}).") from error

    def _gone(self, state: str, at: int) -> dict[str, str]:
        """What was kept when somebody left; it is taken out, so that nobody comes back twice."""
        with self.book.writing() as db:
            row = db.execute(
                "DELETE FROM departures WHERE hash = ? RETURNING payload, ends", (digest(state),)
            ).fetchone()
        return dict(json.loads(row[0])) if row and row[1] > at else {}

    async def _believed(self, token: dict[str, Any], nonce: str, at: int) -> Claims:
        try:
            decoded = self._decoded(token["id_token"], await self._keys())
        except JoseError:
            decoded = self._decoded(token["id_token"], await self._keys(anew=True))  # it may have new keys
        wanted: Any = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
            "sub": {"essential": True},
        }
        given = {"nonce": nonce, "client_id": self.provider.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, given)
        claims.validate(now=at // 10**9, leeway=60)
        found = claims.get(self.provider.claim) or ()
        words = (found,) if isinstance(found, str) else tuple(str(word) for word in found)
        return Claims(f"{claims['iss']} {claims['sub']}", str(claims.get(self.provider.name) or claims["sub"]), words)

    def _decoded(self, text: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(text, keys, algorithms=_SIGNED_BY)

    async def _about(self) -> dict[str, Any]:
        """What the provider says of itself, asked once."""
        if not self._metadata:
            place = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = await self._fetched(place)
            if found.get("issuer") != self.provider.issuer:
                raise Refused(f"{place} speaks for another issuer.", do="Correct `issuer` in the OIDC settings.")
            self._metadata = found
        return self._metadata

    async def _keys(self, *, anew: bool = False) -> KeySet:
        metadata = await self._about()
        if anew or "jwks" not in metadata:
            metadata["jwks"] = await self._fetched(metadata["jwks_uri"])
        kept: Any = metadata["jwks"]
        return KeySet.import_key_set(kept)

    async def _fetched(self, place: str) -> dict[str, Any]:
        _encrypted(place)
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as client:
                answer = await client.get(place)
                answer.raise_for_status()
                return dict(answer.json())
        except (httpx.HTTPError, ValueError, TypeError) as error:
            raise Refused(f"The provider does not answer ({type(error).__name__}).", do="Try again later.") from error

    async def _token(self, place: str, code: str, verifier: str) -> dict[str, Any]:
        """The tokens for a code, asked for without a browser between."""
        _encrypted(place)
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.landing,
            "code_verifier": verifier,
        }
        # RFC 6749, 2.3.1: both parts of the client's word are escaped before they are joined.
        auth = (quote(self.provider.client_id, safe=""), quote(self.secret, safe="")) if self.secret else None
        if auth is None:
            asked["client_id"] = self.provider.client_id
        async with httpx.AsyncClient(timeout=_PATIENCE, auth=auth) as client:
            answer = await client.post(place, data=asked, headers={"accept": "application/json"})
            answer.raise_for_status()
            return dict(answer.json())

    @property
    def landing(self) -> str:
        """Where the provider sends people back to; it must know this address."""
        return self.provider.url.rstrip("/") + "/oidc/back"


def load(path: Path, book: Book) -> Leaver:
    """The provider that a TOML file names. Raises ``NotFound``, ``BadValue``."""
    try:
        provider = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Provider)
        secret = provider.client_secret
        if provider.client_secret_file:
            secret = (path.parent / provider.client_secret_file).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {error.filename}.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"The OIDC settings {path} cannot be read: {error}.") from error
    for role in (*provider.roles.values(), *filter(None, (provider.default,))):
        if role not in ROLES:
            raise BadValue(f"{path}: there is no role {role!r}.", instead=f"Roles: {', '.join(ROLES)}.")
    for place in (provider.issuer, provider.url):
        _encrypted(place)
    return Leaver(provider, secret, book)


def admitted(book: Book, provider: Provider, claims: Claims, at: int) -> User:
    """The account of who came back, made at the first time; its role follows the provider's word at every sign-in.

    A name that is taken by somebody else's account is not handed over: the account's own identity decides.
    """
    role = _role(provider, claims)
    if not role:
        raise Refused("Your account has no role here.", do=f"Ask an admin to add it to a group ({provider.claim}).")
    rows = book.ask("SELECT name FROM users WHERE identity = ?", (claims.identity,))
    if not rows:
        return add_user(book, _named(claims.name), role, by="oidc", at=at, identity=claims.identity)
    found = user(book, str(rows[0][0]))
    if found.disabled:
        raise Refused("This account is shut.", do="Ask an admin to open it.")
    return found if found.role == role else change_user(book, found.name, by="oidc", at=at, role=role)


def _role(provider: Provider, claims: Claims) -> str:
    given = [provider.roles[word] for word in claims.words if word in provider.roles]
    return min(given, key=ROLES.index, default=provider.default)


def _named(name: str) -> str:
    """A name of ours from one of theirs: an address keeps its dots and loses its @."""
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name.strip())[:64]
    return named(kept.lstrip("._-") or "somebody")


def _encrypted(place: str) -> None:
    """Refuse to speak in clear with anybody but this very machine."""
    parts = urlsplit(place)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        raise BadValue(f"{place!r} is not encrypted.", do="Use https://.")
