"""Auth tells the gateways of ended sessions as the gateway's contract shows it."""

from chassis.testing_services import PlayedService


def test_a_logout_is_told_as_agreed(door, gateway: PlayedService, contracts):
    agreed = contracts.internal("gateway", "revocations")
    door.logout(door.login().json["access"])
    ((method, path, body, caller),) = gateway.calls
    assert (method, path) == (agreed["method"], agreed["path"])
    assert caller.caller in agreed["callers"]
    shown = agreed["examples"][0]["request"]
    assert body.keys() == shown.keys()
    for told in body["revocations"]:
        assert {name: type(value) for name, value in told.items()} == {
            name: type(value) for name, value in shown["revocations"][0].items()
        }
