"""Who may call what: every view is protected unless it says otherwise, and says so where it is defined.

`@public`, `@roles("ADMIN", "OWNER")` and `@internal("sales")` only mark a view; one hook before each request enforces
the mark, so a view without any mark wants a logged-in ADMIN, OWNER or EMPLOYEE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, g, request

from chassis import tracing
from chassis.identity import Identity, ServiceIdentity, TokenVerifier, verify_service_token
from chassis.problems import Forbidden, InvalidToken, NotAuthenticated, NotFound, Problem, TokenRevoked
from chassis.settings import Settings
from chassis.tenancy import set_tenant

View = TypeVar("View", bound=Callable[..., Any])
STAFF = ("ADMIN", "OWNER", "EMPLOYEE")


@dataclass(frozen=True, slots=True)
class Access:
    """A view's rule: open to all, to users of some roles, or to some services."""

    public: bool = False
    roles: tuple[str, ...] = STAFF
    callers: tuple[str, ...] = ()
    refusal: type[Problem] = Forbidden


def _mark(view: View, access: Access) -> View:
    view.__dict__["access"] = access
    return view


def public(view: View) -> View:
    """Anyone may call this view; a token is not looked at."""
    return _mark(view, Access(public=True))


def roles(*names: str, refusal: type[Problem] = Forbidden) -> Callable[[View], View]:
    """Users of these roles only; others get 403, with the words of `refusal`."""
    return lambda view: _mark(view, Access(roles=names, refusal=refusal))


def internal(*callers: str) -> Callable[[View], View]:
    """Only these services, by service token. The gateway doesn't route such paths at all."""
    return lambda view: _mark(view, Access(callers=callers))


def access_of(app: Flask, endpoint: str) -> Access:
    """The rule of an endpoint."""
    rule: Access = getattr(app.view_functions[endpoint], "access", Access())
    return rule


def current_user() -> Identity:
    """The user of this request; only in views that want one."""
    user: Identity = g.user
    return user


def install(app: Flask, settings: Settings, verifier: TokenVerifier, is_revoked: Callable[[str], bool]) -> None:
    """Enforce the rules before each request of `app`, and put the caller's account in force. `is_revoked(sid)`: a session."""

    @app.before_request
    def enforce() -> None:
        set_tenant(None)
        if request.endpoint is None:
            return  # 404 and 405 need no caller
        access = access_of(app, request.endpoint)
        if access.public:
            return
        if access.callers:
            service = _service(settings, access)
            g.caller = service
            set_tenant(service.account_id)
            return
        user = verifier.verify(_bearer())
        if is_revoked(user.sid):
            raise TokenRevoked
        if user.role not in access.roles:
            raise access.refusal
        g.user = user
        set_tenant(user.account_id)
        if (trace := tracing.current()) is not None:
            trace.user_id = user.user_id

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        set_tenant(None)  # threads are used again


def _bearer() -> str:
    header = request.headers.get("Authorization", "")
    if not header:
        raise NotAuthenticated
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or "," in token:
        raise InvalidToken
    return token


def _service(settings: Settings, access: Access) -> ServiceIdentity:
    try:
        service = verify_service_token(_bearer(), settings)
    except (NotAuthenticated, InvalidToken):
        raise NotFound from None  # an internal path doesn't exist for anyone else
    if service.caller not in access.callers:
        raise Forbidden
    return service


def route_table(app: Flask) -> list[tuple[str, str, Access]]:
    """(method, path, rule) of every route, for the tests that compare them with the policy and with the gateway."""
    return sorted(
        (method, rule.rule, access_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


__all__ = ["STAFF", "Access", "access_of", "current_user", "install", "internal", "public", "roles", "route_table"]
