"""Keys of phone numbers, and the countries of time zones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from customers.domain.phones import country_of, from_query, phone_key


@pytest.mark.parametrize(
    ("written", "country", "key"),
    [
        ("5544332211", "MX", "+525544332211"),
        ("+52 1 (55) 4433.2211", "US", "+525544332211"),
        ("00 52 1 55 4433 2211", "MX", "+525544332211"),
        ("５５４４３３２２１１", "MX", "+525544332211"),
        ("\u202a+52 55 4433 2211\u202c", "MX", "+525544332211"),
        ("5544332211\u200b", "MX", "+525544332211"),
        ("1 202 555 0123", "MX", "12025550123"),
        ("1 202 555 0123", "US", "+12025550123"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("2345 6789", "GT", "+50223456789"),
        ("555-9876", "MX", "5559876"),
        ("55 EXT 9", "MX", "55ext9"),
        ("-", "MX", "-"),
        ("+999 1234", "MX", "+9991234"),
        ("9" * 20, "MX", "9" * 20),
    ],
)
def test_the_key_is_the_number_in_e164_or_its_characters(written, country, key):
    assert phone_key(written, country) == key
    assert phone_key(key, country) == key


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("America/Mexico_City", "MX"), ("America/Tijuana", "MX"), ("US/Pacific", "US"), ("Asia/Calcutta", "IN"),
        ("Europe/Amsterdam", "NL"), ("UTC", "MX"), ("Etc/GMT+6", "MX"),
    ],
)  # fmt: skip
def test_a_zones_country(zone, country):
    assert country_of(zone) == country


@pytest.mark.parametrize(
    ("arrived", "meant"), [(" 5255", "+5255"), ("+5255", "+5255"), ("5255", "5255"), (" abc", "abc"), (" +52", "+52")]
)
def test_a_blank_in_front_of_a_number_was_a_plus(arrived, meant):
    assert from_query(arrived) == meant


def test_a_process_that_sees_no_number_does_not_load_the_library():
    code = "import customers.app, customers.sweeps, customers.consumers, customers.cli, sys; print('phonenumbers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
