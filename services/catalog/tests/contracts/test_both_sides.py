"""What this service tells, hears, answers and asks is what the contracts say."""

from chassis.testing_contracts import (
    test_each_internal_call_has_a_test_here,
    test_our_events_are_described_whole,
    test_our_internal_routes_are_those_of_the_contracts,
    test_the_secrets_of_our_calls_are_known,
    test_we_take_every_event_that_we_hear,
)

__all__ = [
    "test_each_internal_call_has_a_test_here",
    "test_our_events_are_described_whole",
    "test_our_internal_routes_are_those_of_the_contracts",
    "test_the_secrets_of_our_calls_are_known",
    "test_we_take_every_event_that_we_hear",
]
