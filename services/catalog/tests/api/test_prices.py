"""Promotions in prices: from the first minute of the first day to the last of the last, in the account's zone, by itself."""

from __future__ import annotations

from datetime import datetime

import pytest

from chassis import tenants
from chassis.testing import counted_statements

NORMAL, HALF = (None, "116.00"), ("50.00", "58.00")


@pytest.fixture
def clock(monkeypatch):
    """`clock("2026-03-10T06:00:00Z")`: what time it is."""

    def turn(moment: str) -> None:
        monkeypatch.setattr(tenants, "utcnow", lambda: datetime.fromisoformat(moment))

    return turn


@pytest.fixture
def zone(deliver, event_of):
    """`zone("Europe/Madrid", version=2)`: auth tells the account's time zone."""

    def tell(name: str, *, version: int = 1, account_id: int = 1) -> None:
        deliver(event_of("AccountUpdated", {"timezone": name}, account_id=account_id, version=version))

    return tell


@pytest.fixture
def price(client):
    """A product's (discounted price, final price) now; detail, list and barcode agree."""

    def look(made, **how):
        detail = client.get(f"/api/products/{made['id']}/", **how).json
        assert client.get("/api/products/?ordering=id", **how).json == [detail]
        assert client.get(f"/api/products/?sku={made['sku']}", **how).json == [detail]
        return detail["discounted_price"], detail["final_price"]

    return look


def test_both_prices_follow_the_promotion(client, product, promotion, price):
    made = product(price="18.50", tax_rate="0.16")
    running = promotion(made, discount_percent="15")
    assert price(made) == ("15.73", "18.25"), "18.50 less 15 % is 15.725; with tax 18.2468"
    client.patch(f"/api/promotions/{running['id']}/", {"discount_percent": 100})
    assert price(made) == ("0.00", "0.00")
    client.patch(f"/api/promotions/{running['id']}/", {"is_active": False})
    assert price(made) == (None, "21.46")


def test_a_changed_product_answers_its_discounted_price(client, product, promotion):
    made = product(price="100")
    promotion(made, discount_percent="25")
    path = f"/api/products/{made['id']}/"
    for change in ({"price": "200"}, {"current_stock": 3}, {}):
        answer = client.patch(path, change).json
        assert (answer["price"], answer["discounted_price"], answer["final_price"]) == ("200.00", "150.00", "174.00")
        assert client.get(path).json == answer


def test_frequent_only_never_shows_in_a_public_price(client, product, promotion, price):
    made = product(price="100")
    tag = client.get(f"/api/products/{made['id']}/").headers["ETag"]
    promotion(made, discount_percent="50", target_audience="FREQUENT_ONLY")
    assert price(made) == NORMAL
    assert client.get(f"/api/products/{made['id']}/").headers["ETag"] == tag


# Mexico City is UTC-6 all year; Madrid has summer time from 2026-03-29 01:00Z to 2026-10-25 01:00Z; Apia is UTC+13.
@pytest.mark.parametrize(
    ("name", "first_day", "last_day", "begins", "ends"),
    [
        (None, "2026-03-10", "2026-03-12", "2026-03-10T06:00:00Z", "2026-03-13T06:00:00Z"),
        ("America/Mexico_City", "2026-07-01", "2026-07-01", "2026-07-01T06:00:00Z", "2026-07-02T06:00:00Z"),
        ("Europe/Madrid", "2026-03-29", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Madrid", "2026-10-25", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("Pacific/Apia", "2026-01-01", "2026-01-02", "2025-12-31T11:00:00Z", "2026-01-02T11:00:00Z"),
    ],
)
def test_days_begin_and_end_at_midnight_of_the_account(
    product, promotion, price, clock, zone, name, first_day, last_day, begins, ends
):
    if name:
        zone(name)
    made = product(price="100")
    promotion(made, discount_percent="50", start_date=first_day, end_date=last_day)
    for moment, expected in (
        (begins.replace("00:00Z", "00:00.000001Z"), HALF),
        (begins, HALF),
        (_second_before(begins), NORMAL),
        (_second_before(ends), HALF),
        (ends, NORMAL),
    ):
        clock(moment)
        assert price(made) == expected, moment


def _second_before(moment: str) -> str:
    at = datetime.fromisoformat(moment).timestamp() - 1
    return datetime.fromtimestamp(at, tz=datetime.fromisoformat(moment).tzinfo).isoformat()


def test_a_changed_zone_counts_at_once(product, promotion, price, clock, zone):
    made = product(price="100")
    promotion(made, discount_percent="50", start_date="2026-03-10", end_date="2026-03-10")
    clock("2026-03-10T03:00:00Z")
    seen = [price(made)]
    for version, name in enumerate(("Europe/Madrid", "America/Mexico_City", "Asia/Tokyo"), 1):
        zone(name, version=version)
        seen.append(price(made))
    assert seen == [NORMAL, HALF, NORMAL, HALF]


def test_each_account_has_its_own_midnight(product, promotion, price, clock, zone):
    zone("Asia/Tokyo", account_id=2)
    clock("2026-03-09T15:00:00Z")
    made = {account: product(price="100", account_id=account) for account in (1, 2)}
    for account in made:
        promotion(made[account], account, discount_percent="50", start_date="2026-03-10", end_date="2026-03-10")
    seen = [price(made[account], account_id=account) for account in (1, 2, 1, 2)]
    assert seen == [NORMAL, HALF, NORMAL, HALF]


def test_the_etag_changes_with_the_day(client, product, promotion, clock):
    made = product(price="100")
    promotion(made, discount_percent="50", start_date="2026-03-10", end_date="2026-03-10")
    path = f"/api/products/{made['id']}/"
    tags = []
    for moment in ("2026-03-10T05:59:59Z", "2026-03-10T06:00:00Z", "2026-03-11T06:00:00Z"):
        clock(moment)
        tags.append(client.get(path).headers["ETag"])
        assert client.get(path, headers={"If-None-Match": tags[-1]}).status == 304
    assert tags[0] == tags[2] != tags[1]
    assert client.get(path, headers={"If-None-Match": tags[1]}).status == 200
    assert client.patch(path, {"name": "x"}, headers={"If-Match": tags[1]}).status == 412


@pytest.mark.parametrize("audience", ["ALL", "FREQUENT_ONLY"])
def test_a_hold_tells_the_running_promotion(product, promotion, hold, clock, audience):
    made, plain = product(price="100"), product()
    promotion(made, start_date="2026-03-09", end_date="2026-03-09")
    today = promotion(
        made, name="Martes", discount_percent="33.5", target_audience=audience,
        start_date="2026-03-10", end_date="2026-03-10",
    )  # fmt: skip
    promotion(plain, is_active=False)
    expected = {"id": today["id"], "name": "Martes", "discount_percent": "33.50", "target_audience": audience}
    for moment, promotions in (
        ("2026-03-10T06:00:00Z", [expected, None]),
        ("2026-03-11T05:59:59Z", [expected, None]),
        ("2026-03-11T06:00:00Z", [None, None]),
    ):
        clock(moment)
        lines = hold({made["id"]: 1, plain["id"]: 1}).json["lines"]
        assert [line["promotion"] for line in lines] == promotions
        assert lines[0]["list_price"] == "100.00"


def test_a_hold_asked_for_again_keeps_its_promotion(client, product, promotion, hold):
    made = product(price="100")
    running = promotion(made)
    first = hold({made["id"]: 1})
    client.delete(f"/api/promotions/{running['id']}/")
    assert hold({made["id"]: 1}, order_uid=first.json["order_uid"]).data == first.data


def test_another_accounts_promotion_changes_nothing(client, product, promotion, price):
    made = product(price="100")
    foreign = product(account_id=2)
    promotion(foreign, account_id=2, discount_percent="50")
    assert price(made) == NORMAL


def test_reads_stay_one_statement_in_any_zone(client, app, product, promotion, zone, hold):
    zone("Asia/Tokyo")
    made = product()
    promotion(made)
    client.get(f"/api/products/{made['id']}/")
    for path in (f"/api/products/{made['id']}/", f"/api/products/?sku={made['sku']}"):
        with counted_statements(app) as seen:
            client.get(path)
        assert len(seen) == 1, seen
    with counted_statements(app) as placed:
        assert hold({made["id"]: 1}).status == 200
    assert len(placed) == 7, placed
