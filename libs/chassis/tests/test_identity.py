"""Only our own tokens get in: everything else is the same 401."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chassis import keys
from chassis.identity import ServiceIdentity, TokenVerifier, sign_service_token, verify_service_token
from chassis.keys import RemoteKeyring
from chassis.problems import InvalidToken
from chassis.testing import KID


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(token_for, signing_key):
    good = token_for()
    header, payload, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    pem = signing_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())

    def signed(key=signing_key, algorithm="RS256", headers=None, **changes):
        body = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(body, key, algorithm=algorithm, headers={"kid": KID, **(headers or {})})

    def hs256(secret):
        import hmac
        from hashlib import sha256

        signing_input = b64(json.dumps({"alg": "HS256", "kid": KID, "typ": "JWT"}).encode()) + "." + payload
        return signing_input + "." + b64(hmac.new(secret, signing_input.encode(), sha256).digest())

    yield "alg none", b64(json.dumps({"alg": "none", "kid": KID}).encode()) + "." + payload + "."
    yield "HS256 with the public key", hs256(pem)
    yield "RS384", signed(algorithm="RS384")
    yield "PS256", signed(algorithm="PS256")
    yield "another key", signed(key=other)
    yield "unknown kid", signed(headers={"kid": "nobody"})
    yield "kid is a path", signed(headers={"kid": "../../etc/passwd"})
    yield "no kid", jwt.encode(claims, signing_key, algorithm="RS256")
    yield "crit", signed(headers={"crit": ["exp"]})
    yield "wrong issuer", signed(iss="someone")
    yield "wrong audience", signed(aud="elsewhere")
    yield "audience in a list", signed(aud=["mostrador-api", "x"])
    yield "expired", signed(exp=now - 60)
    yield "not yet valid", signed(nbf=now + 60)
    yield "issued in the future", signed(iat=now + 60)
    yield "refresh token", signed(type="refresh")
    yield "a user who says it is a client", signed(kind="client")
    yield "a client who says it is a user", signed(role="CLIENT")
    yield "neither user nor client", signed(kind="service")
    for claim in ("exp", "iss", "aud", "sub", "sid", "jti", "account_id", "user_id", "type"):
        yield f"no {claim}", signed(**{claim: None})
    yield "account is text", signed(account_id="1")
    yield "account is a boolean", signed(account_id=True)
    yield "tampered payload", f"{header}.{b64(json.dumps({**claims, 'role': 'OWNER'}).encode())}.{signature}"
    yield "tampered signature", f"{header}.{payload}.{signature[:-4]}AAAA"
    yield "empty signature", f"{header}.{payload}."
    yield "two segments", f"{header}.{payload}"
    yield "four segments", good + ".x"
    yield "garbage", "not-a-token"


def test_forged_tokens_are_all_the_same_401(client, token_for, signing_key):
    expected = {"detail": "Given token not valid for any token type", "code": "token_not_valid"}
    for what, token in forged(token_for, signing_key):
        answer = client.get("/api/widgets/", token=token)
        assert (answer.status, answer.json) == (401, expected), what


def test_the_role_says_the_kind_of_a_token_of_before_the_claim(token_for, signing_key, jwks_file):
    verifier = TokenVerifier(RemoteKeyring(jwks_file.as_uri()), issuer="mostrador", audience="mostrador-api")
    for role, kind in (("EMPLOYEE", "user"), ("CLIENT", "client")):
        claims = jwt.decode(token_for(role), options={"verify_signature": False})
        assert verifier.verify(token_for(role)).kind == claims.pop("kind") == kind
        old = jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": KID})
        assert verifier.verify(old).kind == kind


def test_a_token_is_refused_once_it_has_expired_although_its_signature_is_known(app, token_for, jwks_file):
    verifier = TokenVerifier(RemoteKeyring(jwks_file.as_uri()), issuer="mostrador", audience="mostrador-api")
    token = token_for()
    assert verifier.verify(token).role == "ADMIN"
    real = time.time
    try:
        time.time = lambda: real() + 3600 + 6
        with pytest.raises(Exception, match="Bad request"):
            verifier.verify(token)
    finally:
        time.time = real


def test_service_tokens_open_internal_paths_to_their_pair_only(client, settings):
    made = client.post("/api/widgets/", {"name": "abc", "price": 1}).json
    path = f"/internal/widgets/{made['id']}/"
    secret = "test-secret-of-sales-to-toy-0123456789abcdef"
    settings.service_keys.append(f"sales>toy={secret}")
    settings.service_keys.append("auth>toy=test-secret-of-auth-to-toy-0123456789abcdef")
    try:
        assert client.internal("sales", "GET", path).json == made
        assert client.internal("sales", "GET", path, account_id=2).status == 404
        assert client.internal("auth", "GET", path).status == 403
        for token in (
            sign_service_token("wrong-secret-0123456789-0123456789-01", caller="sales", callee="toy", account_id=1),
            sign_service_token(secret, caller="sales", callee="catalog", account_id=1),
            jwt.encode({"iss": "sales", "aud": "toy", "iat": 1, "exp": 2}, secret, headers={"kid": "sales>toy"}),
        ):
            assert client.get(path, token=token).status == 404
    finally:
        del settings.service_keys[-2:]


def test_a_service_token_counts_only_with_each_of_its_claims_right(settings):
    secret = "test-secret-of-sales-to-toy-0123456789abcdef-0123456789"
    settings.service_keys.append(f"sales>toy={secret}")
    now = int(time.time())
    right = {"iss": "sales", "aud": "toy", "iat": now, "exp": now + 60, "account_id": 1}

    def verify(kid="sales>toy", algorithm="HS256", **claims):
        kept = {name: value for name, value in {**right, **claims}.items() if value is not None}
        return verify_service_token(jwt.encode(kept, secret, algorithm=algorithm, headers={"kid": kid}), settings)

    try:
        assert verify() == ServiceIdentity("sales", 1)
        for wrong in (
            {"aud": "catalog"}, {"aud": ["toy"]}, {"aud": None}, {"iss": "auth"}, {"iss": None}, {"iat": None}, {"exp": None},
            {"exp": now - 60}, {"iat": now + 60}, {"account_id": "1"}, {"account_id": True},
            {"kid": "sales>catalog"}, {"kid": "auth>toy"}, {"kid": "toy"}, {"algorithm": "HS384"},
        ):  # fmt: skip
            with pytest.raises(InvalidToken):
                verify(**wrong)
    finally:
        settings.service_keys.pop()


class Counting:
    """Counts fetches of a JWKS document."""

    def __init__(self, document):
        self.document, self.fetched = document, 0

    def __call__(self, url, timeout):
        self.fetched += 1
        if self.document is None:
            raise OSError("down")
        import io

        return io.BytesIO(self.document)


def test_unknown_keys_cause_at_most_one_fetch_in_ten_seconds(monkeypatch, jwks_file):
    source = Counting(jwks_file.read_bytes())
    monkeypatch.setattr(keys.urllib.request, "urlopen", source)
    keyring = RemoteKeyring("http://auth/jwks")
    assert keyring.find(KID) is not None
    for number in range(1000):
        assert keyring.find(f"unknown-{number}") is None
    assert source.fetched == 1


def test_a_rotated_key_is_picked_up_and_known_keys_outlive_auth(monkeypatch, jwks_file):
    source = Counting(jwks_file.read_bytes())
    monkeypatch.setattr(keys.urllib.request, "urlopen", source)
    keyring = RemoteKeyring("http://auth/jwks", refresh_after=0, min_interval=0)
    assert keyring.find(KID) is not None
    document = json.loads(jwks_file.read_text())
    source.document = json.dumps({"keys": [*document["keys"], {**document["keys"][0], "kid": "new"}]}).encode()
    assert keyring.find("new") is not None
    source.document = None
    assert keyring.find(KID) is not None
