"""Files come in by tus 1.0.0, with every extension but concatenation.

An offset that is acknowledged is on disk. A finished upload lands in the lake by itself, and ``GET`` says what the gate
made of it. Specification: the tus resumable upload protocol, version 1.0.0.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..core.errors import BadValue, NotFound, VolantError
from .doors.refusal import Refusal, refusal_of
from .doors.who import Who, who_of
from .drafts import About, DiskFull, Draft, Drafts, fresh_id, metadata
from .landing import land
from .sums import DIGESTS, proof_of

if TYPE_CHECKING:
    from .house import House

__all__ = ["Uploads", "routes"]

VERSION = "1.0.0"
_EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
_BLOCK = 1 << 20
_DAY = 86_400_000_000_000
_KIND = "application/offset+octet-stream"


@dataclass(eq=False)
class Uploads:
    """The uploads of a house. One upload may have at most ``most`` bytes, one person ``open`` unfinished ones.

    ``days`` after its last byte an unfinished upload may be thrown away.
    """

    house: House
    most: int = 64 << 30
    open: int = 200
    days: float = 7.0
    drafts: Drafts = field(init=False)
    _writers: dict[str, asyncio.Event] = field(default_factory=dict)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _landing: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _looked: int = 0

    def __post_init__(self) -> None:
        self.drafts = Drafts(self.house.home)

    async def start(self) -> None:
        """Begin to serve."""
        await self.resume()

    async def resume(self) -> None:
        """Throw away what ran out, and land what was received before a crash; every hour is enough."""
        if self.house.clock() < self._looked:
            return
        self._looked = self.house.clock() + _DAY // 24
        await asyncio.to_thread(self.drafts.sweep, self.house.clock())
        for draft, about in await asyncio.to_thread(lambda: list(self.drafts.all())):
            if about.state == "received":
                self._land(draft)

    def _land(self, draft: Draft) -> None:
        async def work() -> None:
            # A lake that cannot be written now can be later: the upload stays received, and a look at it tries again.
            with suppress(VolantError, OSError):
                await self.house.do(lambda lake: land(lake, draft))
            self._landing.pop(draft.folder.name, None)

        if draft.folder.name not in self._landing:
            self._landing[draft.folder.name] = asyncio.create_task(work())

    async def stop(self) -> None:
        """Wait for what is landing."""
        await asyncio.gather(*self._landing.values())

    async def begin(self, request: Request, who: Who) -> Response:
        """POST: make an upload, perhaps with its first bytes."""
        length, later = request.headers.get("upload-length"), request.headers.get("upload-defer-length")
        if (length is None) == (later is None) or later not in (None, "1"):
            raise BadValue("Say Upload-Length, or Upload-Defer-Length: 1.")
        size = -1 if length is None else self._sized(length)
        said = metadata(request.headers.get("upload-metadata", ""))
        now = self.house.clock()
        mine = await asyncio.to_thread(
            lambda: sum(a.who == who.name and a.state == "receiving" for _, a in self.drafts.all())
        )
        if mine >= self.open:
            return _refused(Refusal(429, "TooMany", f"You have {mine} unfinished uploads.", do="Finish some first."))
        about = About(fresh_id(), who.name, now, self._ends(now), size, said, bool(who.token))
        draft = await asyncio.to_thread(self.drafts.begin, about)
        headers = {"location": f"/uploads/{about.id}", "upload-expires": _date(about.ends)}
        if request.headers.get("content-type", "").startswith(_KIND) or size == 0:
            answer = await self._receive(request, draft, about, 0)
            if answer.status_code != 204:
                return answer
            headers["upload-offset"] = answer.headers["upload-offset"]
        return _said(201, headers)

    async def patch(self, request: Request, who: Who) -> Response:
        """PATCH: more bytes, which must begin where the last ones ended."""
        draft, about = await self._mine(request, who)
        if not request.headers.get("content-type", "").startswith(_KIND):
            return _refused(Refusal(415, "WrongKind", f"A PATCH carries {_KIND}."))
        offset = request.headers.get("upload-offset", "")
        if not offset.isdecimal():
            raise BadValue("Upload-Offset is missing or no number.")
        return await self._receive(request, draft, about, int(offset))

    async def _receive(self, request: Request, draft: Draft, about: About, offset: int) -> Response:
        """Let a newer request for an upload take over from an older one that hangs, then write."""
        name = about.id
        if name in self._writers:
            self._writers[name].set()
        async with self._lock(name):
            stop = self._writers[name] = asyncio.Event()
            try:
                return await self._write(request, draft, offset, stop)
            finally:
                if self._writers.get(name) is stop:
                    self._writers.pop(name)

    async def _write(self, request: Request, draft: Draft, offset: int, stop: asyncio.Event) -> Response:
        about = await asyncio.to_thread(draft.about)
        there = await asyncio.to_thread(draft.offset, about)
        if offset != there:
            return _refused(
                Refusal(409, "WrongOffset", f"The upload goes on at {there}, not at {offset}.",
                        do="Ask for the offset by HEAD.", headers={"upload-offset": str(there)})
            )  # fmt: skip
        about = self._lengthened(request, about)
        proof = proof_of(request.headers.get("upload-checksum", ""))
        if proof is not None:
            await asyncio.to_thread(draft.hold, there)
        digest = DIGESTS[proof[0]]() if proof else None
        now, whole = there, False
        try:
            async for block in _blocks(request, stop):
                if about.length >= 0 and now + len(block) > about.length:
                    raise BadValue(f"The upload has {about.length} bytes, and this is more.")
                if now + len(block) > self.most:
                    return _refused(_too_large(self.most))
                if digest is not None:
                    digest.update(block)
                now = await asyncio.to_thread(draft.write, about, now, block)
            whole = True
        except DiskFull:
            await asyncio.to_thread(draft.cut, about, there)
            raise
        finally:
            if proof is None:
                await asyncio.to_thread(draft.settle, about)
            elif not whole:
                await asyncio.to_thread(draft.cut, about, there)
        if proof is not None and digest is not None:
            if digest.digest() != proof[1]:
                await asyncio.to_thread(draft.cut, about, there)
                return _refused(Refusal(460, "WrongSum", "The checksum of this chunk differs.", do="Send it again."))
            await asyncio.to_thread(draft.settle, about)
            await asyncio.to_thread(draft.release)
        return await self._went(draft, about, now)

    async def _went(self, draft: Draft, about: About, offset: int) -> Response:
        """A chunk is on disk: say so, and let a whole upload land."""
        done = offset == about.length
        about = msgspec.structs.replace(
            about, ends=self._ends(self.house.clock()), state="received" if done else "receiving"
        )
        await asyncio.to_thread(draft.tell, about)
        if done:
            self._land(draft)
        return _said(204, {"upload-offset": str(offset), "upload-expires": _date(about.ends)})

    async def head(self, request: Request, who: Who) -> Response:
        """HEAD: how far it is."""
        draft, about = await self._mine(request, who)
        if about.id in self._writers:  # whoever asks has lost the connection that still seems to write
            self._writers[about.id].set()
        async with self._lock(about.id):
            offset = await asyncio.to_thread(draft.offset, about)
        headers = {"upload-offset": str(offset), "cache-control": "no-store", "upload-expires": _date(about.ends)}
        headers |= {"upload-length": str(about.length)} if about.length >= 0 else {"upload-defer-length": "1"}
        if about.said:
            words = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in about.said.items())
            headers["upload-metadata"] = ",".join(words)
        return _said(200, headers)

    async def drop(self, request: Request, who: Who) -> Response:
        """DELETE: the client does not want it any more; what landed stays in the lake."""
        draft, about = await self._mine(request, who)
        if about.id in self._writers:
            self._writers[about.id].set()
        if about.id in self._landing:
            return _refused(Refusal(409, "Landing", "It is on its way into the lake.", do="Ask again in a moment."))
        async with self._lock(about.id):
            await asyncio.to_thread(draft.remove)
        return _said(204, {})

    async def show(self, request: Request, who: Who) -> Response:
        """GET: what became of it, with the verdict and its reasons."""
        draft, about = await self._mine(request, who)
        if about.state == "received":
            self._land(draft)
        return _shown(about, await asyncio.to_thread(draft.seen, about))

    async def list(self, who: Who) -> Response:
        """GET of all: one's own uploads of the last day, the newest first."""
        since = self.house.clock() - _DAY

        def mine() -> list[dict[str, Any]]:
            found = [(d, a) for d, a in self.drafts.all() if a.who == who.name and a.made >= since]
            return [_row(about, draft.seen(about)) for draft, about in reversed(found[-self.open :])]

        return JSONResponse({"uploads": await asyncio.to_thread(mine)}, headers={"tus-resumable": VERSION})

    async def _mine(self, request: Request, who: Who) -> tuple[Draft, About]:
        """The upload that is asked for; another's does not exist, except for an admin."""
        draft = self.drafts.find(str(request.path_params["id"]))
        about = await asyncio.to_thread(draft.about)
        if about.who != who.name and not who.may("admin"):
            raise NotFound("There is no such upload.", do="Begin it anew.")
        return draft, about

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    def _lengthened(self, request: Request, about: About) -> About:
        """A length that was left open may be said once."""
        length = request.headers.get("upload-length")
        if length is None:
            return about
        size = self._sized(length)
        if about.length not in (-1, size):
            raise BadValue("Upload-Length was said before and does not change.")
        return msgspec.structs.replace(about, length=size)

    def _sized(self, length: str) -> int:
        if not length.isdecimal() or len(length) > 18:
            raise BadValue("Upload-Length is no number of bytes.")
        if int(length) > self.most:
            raise _Answered(_refused(_too_large(self.most)))
        return int(length)

    def _ends(self, now: int) -> int:
        return now + int(self.days * _DAY)


class _Answered(Exception):
    """The answer is known already."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


def routes(house: House, uploads: Uploads | None = None) -> list[BaseRoute]:
    """/uploads for a house, behind its door: the right ``collect`` is asked for there."""
    them = uploads or Uploads(house)
    house.rooms.append(them)

    async def answered(request: Request, verbs: dict[str, Callable[..., Any]]) -> Response:
        method = request.headers.get("x-http-method-override", request.method).upper()
        if method == "OPTIONS":
            return _said(204, {"tus-version": VERSION, "tus-extension": _EXTENSIONS, "tus-max-size": str(them.most),
                               "tus-checksum-algorithm": ",".join(DIGESTS)})  # fmt: skip
        if method not in verbs:
            return _refused(Refusal(405, "WrongMethod", f"Nothing can be asked by {method:.12} here."))
        if method != "GET" and request.headers.get("tus-resumable") != VERSION:
            return _refused(
                Refusal(412, "WrongVersion", f"Say Tus-Resumable: {VERSION}.", headers={"tus-version": VERSION})
            )
        await them.resume()
        try:
            answer: Response = await verbs[method](request, who_of(request))
        except ClientDisconnect:
            return _said(400, {})  # nobody hears it, but the door may have words of its own
        except _Answered as known:
            return known.answer
        except DiskFull as error:
            return _refused(Refusal(507, "DiskFull", error.what, do=error.do))
        except VolantError as error:
            return _refused(refusal_of(error))
        return answer

    async def every(request: Request) -> Response:
        return await answered(request, {"POST": them.begin, "GET": lambda _, who: them.list(who)})

    async def one(request: Request) -> Response:
        verbs = {"HEAD": them.head, "PATCH": them.patch, "DELETE": them.drop, "GET": them.show}
        return await answered(request, verbs)

    methods = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]
    return [Route("/uploads", every, methods=methods), Route("/uploads/{id}", one, methods=methods)]


async def _blocks(request: Request, stop: asyncio.Event) -> AsyncIterator[bytes]:
    """The body in blocks of about a MiB, until it ends or a newer request takes over."""
    stream, waiting = request.stream(), bytearray()
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(stream, None))
            await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                with suppress(asyncio.CancelledError, ClientDisconnect):
                    await following
                raise ClientDisconnect
            try:
                block = following.result()
            except ClientDisconnect:
                if waiting:
                    yield bytes(waiting)
                raise
            waiting += block or b""
            if len(waiting) >= _BLOCK or (block is None and waiting):
                yield bytes(waiting)
                waiting.clear()
            if block is None:
                return
    finally:
        stopped.cancel()


def _too_large(most: int) -> Refusal:
    return Refusal(413, "TooLarge", f"One upload has at most {most} bytes.", headers={"tus-max-size": str(most)})


def _said(status: int, headers: dict[str, str]) -> Response:
    return Response(None, status, {"tus-resumable": VERSION, **headers})


def _refused(refusal: Refusal) -> Response:
    answer = refusal.response()
    answer.headers["tus-resumable"] = VERSION
    return answer


def _date(ns: int) -> str:
    return formatdate(ns / 1e9, usegmt=True)


def _row(about: About, offset: int) -> dict[str, Any]:
    keys = ("id", "state", "why", "made", "length", "episodes")
    return {key: getattr(about, key) for key in keys} | {
        "offset": offset,
        "take": about.said.get("take", ""),
        "task": about.said.get("task", ""),
    }


def _shown(about: About, offset: int) -> Response:
    return JSONResponse(_row(about, offset), headers={"tus-resumable": VERSION, "cache-control": "no-store"})
