"""Published keys and their rotation, as a verifier of another service sees them."""

from dataclasses import replace
from datetime import timedelta

import jwt
from sqlalchemy import delete, update

from auth.domain.models import SigningKey
from auth.domain.signing_keys import generate
from auth.keystore import KeyStore
from auth.sweeps import retire_keys
from auth.usecases.keys import add_key
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.keys import parse_jwks
from chassis.testing import KID

PATHS = ("/api/auth/jwks/", "/.well-known/jwks.json")


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def rotate(database, settings, ahead=0.0):
    key = generate(settings.signing_key_passphrase)
    with database.transaction(ALL_ACCOUNTS) as session:
        add_key(session, key=key, ahead=timedelta(seconds=ahead))
    return key.kid


def move(database, kid, seconds):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(
            update(SigningKey).where(SigningKey.kid == kid).values(signs_from=utcnow() - timedelta(seconds=seconds))
        )


def test_both_addresses_publish_the_public_half_only(client):
    documents = [client.get(path, role=None).json for path in PATHS]
    assert documents[0] == documents[1]
    (key,) = documents[0]["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}


def test_a_token_verifies_with_what_is_published(client, door):
    access = door.login().json["access"]
    keys = parse_jwks(client.get(PATHS[0], role=None).data)
    claims = jwt.decode(
        access, keys[kid_of(access)], algorithms=["RS256"], audience="mostrador-api", issuer="mostrador"
    )
    assert claims["user_id"] == 1


def test_rotation_publishes_first_and_signs_later(client, door, database, settings):
    old = door.login().json["access"]
    new_kid = rotate(database, settings, ahead=60)
    assert len(client.get(PATHS[0], role=None).json["keys"]) == 2
    assert kid_of(door.login().json["access"]) == kid_of(old)
    move(database, new_kid, 0)
    new = door.login().json["access"]
    assert kid_of(new) == new_kid
    assert [client.get("/api/users/me/", token=token).status for token in (old, new)] == [200, 200]


def test_the_previous_key_leaves_when_its_last_token_is_over(client, door, database, settings):
    new_kid = rotate(database, settings)
    move(database, KID, 2 * settings.access_seconds)
    move(database, new_kid, settings.access_seconds)
    retire_keys(database, settings)
    assert len(client.get(PATHS[0], role=None).json["keys"]) == 2
    move(database, new_kid, settings.access_seconds + 120)
    retire_keys(database, settings)
    assert [key["kid"] for key in client.get(PATHS[0], role=None).json["keys"]] == [new_kid]
    assert door.login().status == 200


def test_a_key_outlives_the_longest_tokens_of_either_surface(client, database, settings):
    patient = replace(settings, b2b_access_seconds=2 * settings.access_seconds)
    new_kid = rotate(database, settings)
    move(database, KID, 3 * settings.access_seconds)
    for seconds, kept in ((settings.access_seconds + 120, 2), (patient.b2b_access_seconds + 120, 1)):
        move(database, new_kid, seconds)
        retire_keys(database, patient)
        assert len(client.get(PATHS[0], role=None).json["keys"]) == kept


def test_another_process_hears_of_a_rotation_after_its_cache(database, settings):
    now = type(settings)(**{**settings.__dict__, "key_cache_seconds": 3600.0})
    other = KeyStore(database, now)
    assert len(other.document()["keys"]) == 1
    rotate(database, settings)
    assert len(other.document()["keys"]) == 1, "it does not ask the database for every token"
    other._read_at -= 3600.0
    assert len(other.document()["keys"]) == 2


def test_without_a_key_the_service_is_not_ready_and_says_so(client, door, database):
    assert client.get("/readyz", role=None).status == 200
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(delete(SigningKey))
    assert client.get("/readyz", role=None).status == 503
    answer = door.login()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
