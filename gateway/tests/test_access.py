"""Who passes: the token's state, its signature, and the three refusals on each surface."""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.tests.conftest import Platform
from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import Auth, Service, token_claims

MISSING = {"detail": "Authentication credentials were not provided."}
INVALID = {"detail": "Given token not valid for any token type", "code": "token_not_valid"}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}


def public_pem(auth: Auth) -> bytes:
    return (
        auth.keys["first"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def hmac_signed(auth: Auth, secret: bytes) -> str:
    """By hand: PyJWT refuses a public key as a secret."""
    signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(token_claims())}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def signed_as_rs256(auth: Auth, **header: object) -> str:
    """A signature that is right, under a header that names another algorithm."""
    signed = f"{encoded({'kid': 'first', **header})}.{encoded(token_claims())}"
    signature = auth.keys["first"].sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_header(auth: Auth, **header: object) -> str:
    _, claims, signature = auth.token().split(".")
    return f"{encoded({'alg': 'RS256', 'kid': 'first', **header})}.{claims}.{signature}"


def unsigned(auth: Auth, algorithm: str) -> str:
    return f"{encoded({'alg': algorithm, 'kid': 'first'})}.{encoded(token_claims())}."


def tampered(auth: Auth) -> str:
    header, _, signature = auth.token().split(".")
    return f"{header}.{encoded(token_claims(user_id=2))}.{signature}"


def foreign(auth: Auth) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(token_claims(), key, algorithm="RS256", headers={"kid": "first"})


def bit_flipped(auth: Auth) -> str:
    token = auth.token()
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]


NOW = time.time()
HOSTILE: dict[str, Callable[[Auth], str]] = {
    "alg none": lambda auth: unsigned(auth, "none"),
    "alg NONE": lambda auth: unsigned(auth, "NONE"),
    "alg none, signature kept": lambda auth: with_header(auth, alg="none"),
    "HS256 with the public PEM": lambda auth: hmac_signed(auth, public_pem(auth)),
    "HS256 with the JWK": lambda auth: hmac_signed(auth, json.dumps(auth.jwk("first")).encode()),
    "HS256 in the header": lambda auth: with_header(auth, alg="HS256"),
    "RS384": lambda auth: jwt.encode(token_claims(), auth.keys["first"], algorithm="RS384", headers={"kid": "first"}),
    "RS512": lambda auth: jwt.encode(token_claims(), auth.keys["first"], algorithm="RS512", headers={"kid": "first"}),
    "PS256": lambda auth: jwt.encode(token_claims(), auth.keys["first"], algorithm="PS256", headers={"kid": "first"}),
    "another header over its signature": lambda auth: with_header(auth, x=1),
    "RS512 in the header, signed as RS256": lambda auth: signed_as_rs256(auth, alg="RS512"),
    "no alg, signed as RS256": lambda auth: signed_as_rs256(auth),
    "no kid": lambda auth: jwt.encode(token_claims(), auth.keys["first"], algorithm="RS256"),
    "unknown kid": lambda auth: auth.token(headers={"kid": "other"}),
    "kid is a path": lambda auth: auth.token(headers={"kid": "../../etc/passwd"}),
    "crit": lambda auth: auth.token(headers={"crit": ["exp"]}),
    "foreign key": foreign,
    "its own jwk": lambda auth: with_header(auth, jwk=auth.jwk("first")),
    "its own jku": lambda auth: with_header(auth, jku="http://127.0.0.1:1/keys"),
    "tampered claims": tampered,
    "flipped bit": bit_flipped,
    "empty signature": lambda auth: auth.token().rpartition(".")[0] + ".",
    "two parts": lambda auth: auth.token().rpartition(".")[0],
    "four parts": lambda auth: auth.token() + ".AAAA",
    "five parts": lambda auth: auth.token() + ".AAAA.AAAA",
    "expired": lambda auth: auth.token(exp=int(NOW) - 1),
    "expired for long": lambda auth: auth.token(exp=1),
    "no exp": lambda auth: auth.token(exp=None),
    "exp is no time": lambda auth: tampered_exp(auth, "9999999999"),
    "exp is infinite": lambda auth: tampered_exp(auth, 1e400),
    "not yet valid": lambda auth: auth.token(nbf=int(NOW) + 3600),
    "wrong issuer": lambda auth: auth.token(iss="somebody"),
    "no issuer": lambda auth: auth.token(iss=None),
    "wrong audience": lambda auth: auth.token(aud="other-api"),
    "no audience": lambda auth: auth.token(aud=None),
    "several audiences": lambda auth: auth.token(aud=["mostrador-api", "x"]),
    "a refresh token": lambda auth: auth.token(type="refresh"),
    "no type": lambda auth: auth.token(type=None),
    "no session": lambda auth: auth.token(sid=None),
    "session is a path": lambda auth: auth.token(sid="../keys/jwks.json"),
    "session is a dot file": lambda auth: auth.token(sid=".ready"),
    "session is empty": lambda auth: auth.token(sid=""),
    "session is a number": lambda auth: auth.token(sid=7),
    "session is too long": lambda auth: auth.token(sid="s" * 65),
    "garbage": lambda auth: "abc",
    "garbage in three parts": lambda auth: f"{'A' * 40}.{'B' * 40}.{'C' * 342}",
    "claims are a list": lambda auth: f"{encoded({'alg': 'RS256'})}.{encoded([1])}.{'C' * 342}",
    "too long": lambda auth: auth.token(padding="x" * 5000),
    "two tokens": lambda auth: f"{auth.token()} {auth.token()}",
    "with a comma": lambda auth: f"{auth.token()},{auth.token()}",
}


def tampered_exp(auth: Auth, exp: object) -> str:
    claims = json.dumps(token_claims(exp=0)).replace('"exp": 0', f'"exp": {json.dumps(exp)}').encode()
    return jwt.api_jws.encode(claims, auth.keys["first"], algorithm="RS256", headers={"kid": "first"})


def test_a_good_token_passes(platform: Platform) -> None:
    answer = platform.gateway.call("GET", "/api/products/", token=platform.auth.token())
    assert answer.status == 200
    assert answer.json["service"] == "catalog"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(platform: Platform, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {platform.auth.token()}"}
    assert platform.gateway.call("GET", "/api/products/", headers).status == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused(platform: Platform, name: str) -> None:
    answer = platform.gateway.call("GET", "/api/products/", token=HOSTILE[name](platform.auth))
    assert (answer.status, answer.json) == (401, INVALID)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert platform.seen() == []


@pytest.mark.parametrize("authorization", ["", "Basic dTpw", "Token abc", "Bearer", "Bearer "])
def test_no_token_is_not_a_bad_token(platform: Platform, authorization: str) -> None:
    answer = platform.gateway.call("GET", "/api/products/", {"Authorization": authorization} if authorization else {})
    assert (answer.status, answer.json) == (401, MISSING)
    assert answer.headers.get_all("WWW-Authenticate") == ["Bearer"]
    assert platform.seen() == []


def test_two_authorization_headers_are_refused(platform: Platform) -> None:
    good = platform.auth.token()
    for first, second in ((good, "x"), ("x", good), (good, good)):
        answer = platform.gateway.call(
            "GET", "/api/products/", {"Authorization": f"Bearer {first}", "authorization": second}
        )
        assert answer.status in (400, 401)
    assert platform.seen() == []


def test_a_token_dies_with_its_expiry_although_its_signature_is_remembered(platform: Platform) -> None:
    token = platform.auth.token(exp=int(time.time()) + 2)
    assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
    assert eventually(lambda: platform.gateway.call("GET", "/api/products/", token=token).status == 401)


def test_a_signature_is_checked_again_when_its_verdict_is_old(platform: Platform) -> None:
    token = platform.auth.token(jti="verdict")
    verdict = platform.gateway.home / "verdicts" / name_of(token)
    for age in (31, -60):  # after 30 s, and when the clock was set back
        assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
        os.utime(verdict, (time.time() - age,) * 2)
        assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
        assert abs(verdict.stat().st_mtime - time.time()) < 5


def test_only_good_signatures_are_remembered(platform: Platform) -> None:
    for name in ("tampered claims", "foreign key", "wrong issuer"):
        token = HOSTILE[name](platform.auth)
        assert platform.gateway.call("GET", "/api/products/", token=token).status == 401
        assert not (platform.gateway.home / "verdicts" / name_of(token)).exists()


def test_a_remembered_signature_vouches_for_its_own_claims_only(platform: Platform) -> None:
    token = platform.auth.token(jti="own-claims", role="OWNER")
    assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
    header, claims, signature = token.split(".")
    changed = encoded(jwt.decode(token, options={"verify_signature": False}) | {"role": "ADMIN"})
    alike = claims[:-8] + "AAAAAAAA"  # as long as the right ones
    for signed in (
        f"{header}.{changed}",
        f"{header}.{alike}",
        f"{header}.{claims}A",
        f"{header}.{claims[:-4]}",
        f"{header[:-4]}.{claims}",
    ):
        assert platform.gateway.call("GET", "/api/products/", token=f"{signed}.{signature}").status == 401
    for other in (signature[:-4] + "AAAA", signature[:-4], signature + "AAAA"):
        assert platform.gateway.call("GET", "/api/products/", token=f"{header}.{claims}.{other}").status == 401
    assert platform.gateway.call("GET", "/api/products/", token=token).status == 200


def test_a_cut_verdict_is_none(platform: Platform) -> None:
    token = platform.auth.token(jti="cut")
    verdict = platform.gateway.home / "verdicts" / name_of(token)
    assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
    whole = verdict.read_text()
    for broken in ("", whole[:40], whole.partition("\n")[0], whole + "\nmore"):
        verdict.write_text(broken)
        assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
        assert verdict.read_text() == whole


def test_no_token_is_written(platform: Platform) -> None:
    token = platform.auth.token(jti="unwritten")
    assert platform.gateway.call("GET", "/api/products/", token=token).status == 200
    platform.gateway.call("GET", "/api/products/", token=token)
    signature = token.rpartition(".")[2]
    for path in platform.gateway.home.rglob("*"):
        assert path.is_dir() or signature not in path.name + path.read_text(errors="replace")


def name_of(token: str) -> str:
    signature = token.rpartition(".")[2]
    return base64.urlsafe_b64encode(hashlib.sha256(signature.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/products/", "detail"),
        ("/api/auth/logout/", "detail"),
        ("/api/v1/auth/logout/", "detail"),
        ("/api/v1/auth/sessions/3/revoke/", "detail"),
        ("/api/v1/auth/users/me/", "detail"),
        ("/api/v1/auth/logout", "status"),
        ("/api/v1/auth/tokens/abc", "status"),
        ("/api/v1/auth/tokens/revoke-all", "status"),
        ("/api/v1/product", "envelope"),
        ("/api/v1/order/abc/items?x=/y/", "envelope"),
        ("/api/v1/user/email/a@b.example", "envelope"),
    ],
)
def test_each_surface_has_its_own_refusal(platform: Platform, path: str, shape: str) -> None:
    revoked = platform.auth.token(sid="revoked-on-surface")
    (platform.gateway.home / "deny" / "revoked-on-surface").write_text("9999999999")
    for token, detail in (("", MISSING), ("x.y.z", INVALID), (revoked, REVOKED)):
        answer = platform.gateway.call("GET", path, token=token)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/json"
        if shape == "detail":
            assert answer.json == detail
        elif shape == "status":
            assert answer.json == {"status": "error", "message": "unauthorized"}
        else:
            timestamp = answer.json.pop("timestamp")
            assert abs(time.mktime(time.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())) < 5
            assert answer.json | {"timestamp": 0} == {
                "data": None, "success": False, "status_message": "unauthorized", "timestamp": 0
            }  # fmt: skip
    assert platform.seen() == []


def test_without_the_denylist_nobody_passes(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    gateway = make_gateway(auth, backends).start()
    token = auth.token()
    assert gateway.call("GET", "/api/sessions/", token=token).status == 200
    gateway.stop_agent()
    for sentinel in (gateway.home / "deny").glob(".ready-*"):
        sentinel.unlink()
    answer = gateway.call("GET", "/api/sessions/", token=token)
    assert (answer.status, answer.json) == (503, {"detail": "Service temporarily unavailable, try again later."})
    assert answer.headers["Retry-After"] == "2"
    assert gateway.call("GET", "/healthz").status == 503
    assert gateway.call("POST", "/api/auth/login/", body=b"{}").status == 200
    (gateway.home / "deny").rename(gateway.home / "gone")
    assert gateway.call("GET", "/api/sessions/", token=token).status == 503
