"""Names, tokens and the rules of signing keys: no database, no HTTP."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest

from auth.domain.names import join_name, login_key, split_full_name
from auth.domain.signing_keys import generate, retired, signer, unseal
from auth.domain.tokens import new_refresh_token, token_hash

Key = namedtuple("Key", "kid signs_from")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Juan Carlos Pérez", ("Juan", "Carlos Pérez")),
        ("  María   García ", ("María", "García")),
        ("Cher", ("Cher", "")),
    ],
)
def test_full_names_split_and_join(full, parts):
    assert split_full_name(full) == parts
    assert join_name(*parts) == " ".join(full.split())


def test_login_names_compare_without_case():
    assert login_key(" Admin@Enterprise.COM ") == login_key("admin@enterprise.com")


def test_refresh_tokens_are_256_random_bits():
    first, second = new_refresh_token(), new_refresh_token()
    assert first != second
    assert len(first) == 43
    assert token_hash(first) != token_hash(second)


def test_a_new_key_signs_only_from_its_time_on():
    keys = [Key("old", NOON), Key("new", NOON + HOUR)]
    assert signer(keys, NOON - HOUR) is None
    assert signer(keys, NOON).kid == "old"
    assert signer(keys, NOON + HOUR - timedelta(seconds=1)).kid == "old"
    assert signer(keys, NOON + HOUR).kid == "new"


def test_a_key_is_retired_when_its_last_token_is_over_and_the_newest_never():
    keys = [Key("older", NOON - HOUR), Key("old", NOON), Key("new", NOON + HOUR)]
    assert retired(keys, NOON + timedelta(minutes=59), HOUR) == []
    assert [key.kid for key in retired(keys, NOON + HOUR, HOUR)] == ["older"]
    assert [key.kid for key in retired(keys, NOON + 999 * HOUR, HOUR)] == ["older", "old"]


def test_a_private_key_opens_with_its_passphrase_only():
    key = generate("right passphrase")
    assert "ENCRYPTED" in key.private_pem
    assert set(key.public_jwk) == {"kty", "use", "alg", "kid", "n", "e"}
    assert unseal(key.private_pem, "right passphrase").key_size == 2048
    with pytest.raises(ValueError):
        unseal(key.private_pem, "wrong passphrase")
