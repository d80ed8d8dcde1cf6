"""Passwords: which may be set, and the form in which they are hashed, the same for every keyboard (RFC 8265)."""

from __future__ import annotations

from precis_i18n import get_profile

from chassis.passwords import Passwords
from chassis.text import nfc

MIN_LENGTH, MAX_LENGTH = 8, 128
_LONGEST = 1024  # no password is as long, and preparing one takes a microsecond a character
_OPAQUE = get_profile("OpaqueString")


class BadPassword(ValueError):
    """A password with control characters or others that not every keyboard writes alike."""


def new_password(password: str) -> str:
    """A new password as it is hashed; BadPassword."""
    try:
        return _OPAQUE.enforce(password)
    except UnicodeEncodeError:
        raise BadPassword from None


def prepared(password: str) -> str:
    """A password as it is compared. One that could not be set today stays, but for its Unicode form."""
    if (password.isascii() and password.isprintable()) or len(password) > _LONGEST:
        return password
    try:
        return new_password(password)
    except BadPassword:
        return nfc(password)


class UserPasswords(Passwords):
    """Hashes of prepared passwords. Older hashes are of what was typed, and are good for those who type the same bytes.

    How often it hashes depends on the typed password alone, so its time does not show whether the user exists.
    """

    def hash(self, password: str) -> str:
        """A hash to store, with its salt and parameters in it."""
        return super().hash(prepared(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of `stored`, in its prepared form or as it was typed."""
        forms = dict.fromkeys((prepared(password), password))
        return any(super(UserPasswords, self).verify(stored, form) for form in forms)

    def stale(self, stored: str, password: str) -> bool:
        """Whether `stored`, a hash of `password`, is to be replaced: by its parameters, or by the form that it is of."""
        if self.outdated(stored):
            return True
        form = prepared(password)
        return form != password and not super().verify(stored, form)
