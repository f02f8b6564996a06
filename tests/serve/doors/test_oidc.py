"""Signing in by a provider's word: who comes in with which role, and which words are not believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from knocking import WORDS, Client, Hall
from provider import Provider, running

from volant.core.errors import BadInput, BadValue, NotFound
from volant.serve.doors import Book, add_user
from volant.serve.doors.audit import entries
from volant.serve.doors.oidc import load
from volant.serve.doors.users import change_user, user

SETTINGS = """
issuer = "{issuer}"
client_id = "volant"
client_secret_file = "secret"
url = "https://volant.test"
[roles]
"robots-admin" = "admin"
"robots" = "operator"
"everybody" = "viewer"
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


@pytest.fixture
def away(tmp_path: Path, provider: Provider, quick_hashes: None) -> Iterator[tuple[Hall, Client]]:
    """A door that believes the provider, and a browser in front of it."""
    provider.claims = {"sub": "7", "preferred_username": "ada@example.com", "groups": ["robots", "everybody"]}
    provider.lies, provider.unsigned = {}, False
    (tmp_path / "oidc.toml").write_text(SETTINGS.format(issuer=provider.issuer))
    (tmp_path / "secret").write_text("quiet\n")
    hall = Hall(tmp_path / "home", oidc=tmp_path / "oidc.toml")
    yield hall, hall.client(scheme="https", accept="text/html")
    hall.book.close()


def went(client: Client, provider: Provider) -> str:
    """The path that the provider sends the browser back to."""
    answer = client.get("/oidc/start?next=/floor")
    assert answer.status_code == 303, answer.text
    parts = urlsplit(provider.sign_in(answer.headers["location"]))
    return f"{parts.path}?{parts.query}"


def test_who_the_provider_knows_comes_in_with_the_highest_role_of_its_groups(away: Any, provider: Provider) -> None:
    hall, client = away
    assert "/oidc/start?next=/" in client.get("/login").text
    answer = client.get(went(client, provider))
    assert (answer.status_code, answer.headers["location"]) == (303, "/floor")
    assert client.get("/floor").json() == {
        "who": "ada-example.com", "role": "operator", "path": "/floor", "bytes": 0
    }  # fmt: skip
    provider.claims["groups"] = ["robots-admin", "robots"]
    assert client.get(went(client, provider)).status_code == 303
    assert user(hall.book, "ada-example.com").role == "admin"
    assert user(hall.book, "ada-example.com").identity == f"{provider.issuer} 7"
    assert [one.details.get("how") for one in entries(hall.book) if one.what == "session/begin"] == ["oidc"] * 2


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody"},
        {"aud": ["somebody", "else"]},
        {"exp": 1_763_000_000},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"iat": 1_999_000_000},
    ],
    ids=str,
)
def test_a_word_that_does_not_fit_is_not_believed(away: Any, provider: Provider, lies: dict[str, Any]) -> None:
    hall, client = away
    provider.lies = lies
    answer = client.get(went(client, provider))
    assert answer.status_code == 409, answer.text
    assert "cannot be believed" in answer.text
    assert client.get("/floor").status_code == 303
    assert entries(hall.book)[0].what == "session/refused"


def test_a_word_that_is_signed_by_the_public_key_is_not_believed(away: Any, provider: Provider) -> None:
    _, client = away
    provider.unsigned = True
    assert "cannot be believed" in client.get(went(client, provider)).text


def test_keys_that_the_provider_changed_are_fetched_anew(away: Any, provider: Provider) -> None:
    from joserfc.jwk import RSAKey

    _, client = away
    assert client.get(went(client, provider)).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
    assert client.get(went(client, provider)).status_code == 303


def test_nobody_comes_back_twice_late_or_in_another_browser(away: Any, provider: Provider) -> None:
    hall, client = away
    back = went(client, provider)
    stranger = hall.client(scheme="https", accept="text/html")
    assert stranger.get(back).status_code == 409
    assert client.get(back).status_code == 409, "the state was used up"
    back = went(client, provider)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 409
    back = went(client, provider)
    hall.later(601)
    assert client.get(back).status_code == 409
    back = went(client, provider)
    assert client.get(back.replace("iss=http", "iss=https")).status_code == 409
    assert client.get("/oidc/back").status_code == 409
    assert client.get("/oidc/back?error=access_denied&state=x").status_code == 409


def test_who_has_no_role_or_is_shut_out_stays_out(away: Any, provider: Provider) -> None:
    hall, client = away
    provider.claims["groups"] = ["painters"]
    assert "no role" in client.get(went(client, provider)).text
    provider.claims["groups"] = "everybody"
    assert client.get(went(client, provider)).status_code == 303
    change_user(hall.book, "ada-example.com", by="admin", at=hall.now, disabled=True)
    assert "shut" in client.get(went(client, provider)).text


def test_a_name_that_is_taken_is_not_handed_over(away: Any, provider: Provider) -> None:
    hall, client = away
    add_user(hall.book, "ada-example.com", "admin", by="test", at=hall.now, password=WORDS)
    assert client.get(went(client, provider)).status_code == 409
    assert user(hall.book, "ada-example.com").identity == ""


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    book = Book.open(tmp_path)
    path = tmp_path / "oidc.toml"
    with pytest.raises(NotFound):
        load(path, book)
    sound = 'issuer = "https://id.example"\nclient_id = "volant"\nurl = "https://volant.example"\n'
    for wrong, error in (
        ("issuer = 5", BadInput),
        (sound + "surprise = 1", BadInput),
        (sound + 'default = "king"', BadValue),
        (sound + '[roles]\nx = "king"', BadValue),
        (sound.replace("https://id", "http://id"), BadValue),
        (sound.replace("https://volant", "http://volant"), BadValue),
        (sound + 'client_secret_file = "none"', NotFound),
    ):
        path.write_text(wrong)
        with pytest.raises(error):
            load(path, book)
    path.write_text(sound)
    assert load(path, book).provider.label == "Company account"
    book.close()
