"""Settings that would make nonsense of prices are refused at start."""

from __future__ import annotations

import pytest

from chassis.settings import SettingsError
from sales.config import Config


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_birthday_discount_is_a_percentage(percent):
    with pytest.raises(SettingsError, match="BIRTHDAY_DISCOUNT_PERCENT"):
        Config.from_env(database_url="sqlite://", birthday_discount_percent=percent)
