"""schemathesis over the merged OpenAPI document, through the gateway, as every kind of caller.

`tests/test_fuzz.py` asks each operation a few things, the same at each run. `make fuzz` goes on with ever new ones:

    make fuzz                                                   # until Ctrl-C
    make fuzz F="--seconds 600 --seed 7 --only /api/orders/"    # the seed is printed, so that a find can be had again

Checked of every answer: no 5xx; its status, content type, headers and body are documented; methods that are not there get 405;
nobody without a token, and no role that is not named, gets through where the document asks for one.

Of schemathesis' other checks these would say things that are not true here:

- `negative_data_rejection`, `missing_required_header`: unknown fields are ignored, and "5" is taken for 5 (contract of the POS surface).
- `positive_data_acceptance`: a schema can't say that a product exists, that stock suffices, or that dates don't overlap.
- `ignored_auth`: sends each request again, with its effects; the caller `nobody` asks the same.
- `use_after_free`, `ensure_resource_availability`, `object_level_authorization`: want the document's links, which it has not; the
  services' own tests delete, read again and look into other companies.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.meta import CoverageScenario, coverage_scenario
from schemathesis.schemas import APIOperation as Operation
from schemathesis.specs.openapi import checks

from cashier import From
from chassis.apidocs.refusals import ALWAYS
from company import ROLES, Company
from native.platform import Platform

DOCUMENT = Path(__file__).resolve().parent.parent / "contracts" / "openapi" / "mostrador.json"
STRANGERS = {"nobody": {}, "forger": {"Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"}}
CALLERS = (*ROLES, *STRANGERS)
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
ANY_REQUEST = {refusal.problem.status for refusal in ALWAYS}
ADDRESS = "127.0.0.66"
"""Where the fuzzing comes from: failed logins are counted by address, and the tests beside it want to log in, too."""
HIT = 0.7
"""How often a parameter that names something names what is there."""
FIELDS = {"product": "product_id", "supplier": "supplier_id", "customer": "customer_id"}
"""What a field of a body is called as a parameter of a path."""
OWN = ("email", "username", "password", "new_password")
"""Left out of what one changes of oneself: the next login needs them."""
GENERATION = settings(database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@dataclass
class Finding:
    """What an answer had that it should not."""

    operation: str
    caller: str
    text: str
    failures: Sequence[Exception] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, ...]:
        """Findings of one kind are one finding."""
        return self.operation, *sorted({f"{type(failure).__name__} {failure}"[:200] for failure in self.failures})


def operations(document: Path = DOCUMENT) -> list[Operation[Any, Any, Any, Any]]:
    """All operations; those that delete come last."""
    raw = json.loads(document.read_text())
    for methods in raw["paths"].values():
        for operation in methods.values():
            # Else schemathesis makes up tokens of its own, or leaves ours out; `x-roles` say the same.
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(raw)
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def cases(operation: Operation[Any, Any, Any, Any], *, examples: int, seed: int | None = None) -> list[Case]:
    """What to ask of an operation: the methods it has not, `examples` systematic things (limits and what lies beyond them, in
    every place), half as many random ones by its schema and, of its body, a quarter against it, which take longest to make.
    Without a seed always the same.
    """
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    config = operation.schema.config.generation_for(operation=operation)
    systematic = [
        case
        for case in operation.schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config)
        if case.method != "TRACE"  # nginx refuses it before it looks at the path, so it can't say what is allowed there
    ]
    methods = [case for case in systematic if _asks_for_another_method(case)]
    others = [case for case in systematic if not _asks_for_another_method(case)]
    chosen = random.Random(f"{operation.label} {seed}").sample(others, min(examples, len(others)))
    shares = zip(modes, (examples // 2, examples // 4 if operation.body else 0), strict=True)
    return [
        *methods,
        *chosen,
        *(case for mode, share in shares for case in _generated(operation.as_strategy(mode), share, seed)),
    ]


class Fuzzer:
    """Asks one platform."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.company = Company(url)
        self.http = requests.Session()
        self.http.mount("http://", From(ADDRESS))
        self.asked = 0

    def ask(self, cases: Sequence[Case]) -> list[Finding]:
        """Ask all of this, by turns as every caller; what was found, one of a kind."""
        found: dict[tuple[str, ...], Finding] = {}
        for number, case in enumerate(cases):
            # What is aimed at depends on the case alone, so that each run asks the same.
            caller = "OWNER" if _asks_for_another_method(case) else CALLERS[number % len(CALLERS)]
            finding = self._ask(case, caller, random.Random(f"{case.operation.label} {number}"))
            if finding:
                found.setdefault(finding.kind, finding)
        return list(found.values())

    def _ask(self, generated: Case, caller: str, chance: random.Random) -> Finding | None:
        case = self._aimed(generated, chance)
        for left in (2, 1, 0):
            headers = STRANGERS[caller] if caller in STRANGERS else self.company.headers(caller)
            self.asked += 1
            answer = case.call(base_url=self.url, session=self.http, headers=headers, timeout=40)
            if not left:
                break
            if answer.status_code == 503:  # on a busy machine a service may ask for a moment; it may not go on so
                time.sleep(float(answer.headers.get("retry-after", ["1"])[0]))
            elif answer.status_code == 401 and caller not in STRANGERS and _is_protected(case):
                self.company.renew(
                    caller
                )  # it has logged itself out, or was deleted: ask again as somebody who is there
            else:
                break
        try:
            case.validate_response(
                answer, checks=CHECKS, additional_checks=[_status_is_listed, _only_the_named_get_through(caller)]
            )
        except FailureGroup as group:
            return Finding(case.operation.label, caller, str(group), group.exceptions)
        return None

    def _aimed(self, generated: Case, chance: random.Random) -> Case:
        """The same case, in which what names something mostly names what is there."""
        case = generated.derive()
        known = {**self.company.known, "uid": self._uids(case.operation.path)}

        def aimed(name: str, value: Any) -> Any:
            values = known.get(FIELDS.get(name, name))
            return chance.choice(values) if values and chance.random() < HIT else value

        def walked(value: Any) -> Any:
            if isinstance(value, dict):
                return {
                    name: walked(inner) if isinstance(inner, dict | list) else aimed(name, inner)
                    for name, inner in value.items()
                }
            return [walked(inner) for inner in value] if isinstance(value, list) else value

        case.path_parameters = {name: aimed(name, value) for name, value in (case.path_parameters or {}).items()}
        if isinstance(case.body, dict | list):
            case.body = walked(case.body)
        if case.operation.path == "/api/users/me/" and isinstance(case.body, dict):
            case.body = {name: value for name, value in case.body.items() if name not in OWN}
        return case

    def _uids(self, path: str) -> list[Any]:
        kind = path.removeprefix("/api/v1/").partition("/")[0]
        return self.company.known.get(f"{kind}_uid", [])


class NotListed(Failure):
    """A status that the operation does not list."""

    __slots__ = ()


class LetThrough(Failure):
    """Somebody got an answer that was not for them."""

    __slots__ = ()


def _is_protected(case: Case) -> bool:
    return _roles(case) != ["anybody"]


def _roles(case: Case) -> list[str]:
    roles: list[str] = case.operation.definition.raw["x-roles"]
    return roles


def _only_the_named_get_through(caller: str) -> CheckFunction:
    """No success for strangers, nor for a role that the operation does not name."""

    def named_get_through(_ctx: object, response: Response, case: Case) -> None:
        if response.status_code < 400 and _is_protected(case) and caller not in _roles(case):
            raise LetThrough(
                operation=case.operation.label, title="Let through", message=f"{caller} got {response.status_code}"
            )

    return named_get_through


def _status_is_listed(_ctx: object, response: Response, case: Case) -> None:
    """Nothing but what any request may get falls under an operation's `default`."""
    listed = {*case.operation.responses.status_codes, *map(str, ANY_REQUEST)}
    if str(response.status_code) not in listed and not _asks_for_another_method(case):
        raise NotListed(operation=case.operation.label, title="Not listed", message=f"got {response.status_code}")


def _asks_for_another_method(case: Case) -> bool:
    return coverage_scenario(case) is CoverageScenario.UNSPECIFIED_HTTP_METHOD


def _generated(strategy: SearchStrategy[Case], number: int, seed: int | None) -> list[Case]:
    made: list[Case] = []
    if not number:
        return made

    @settings(GENERATION, max_examples=number, derandomize=seed is None)
    @hypothesis.given(case=strategy)
    def keep(case: Case) -> None:
        made.append(case)

    with contextlib.suppress(Unsatisfiable):  # nothing can be wrong with an operation that takes nothing
        (keep if seed is None else hypothesis.seed(seed)(keep))()
    return made


def main() -> int:
    """`make fuzz`: rounds over all operations until Ctrl-C or the time is over; 1 when something was found."""
    parser = argparse.ArgumentParser(description="Ask the API ever new things.")
    parser.add_argument("--seconds", type=float, default=math.inf, help="until Ctrl-C, if not given")
    parser.add_argument("--examples", type=int, default=20, help="systematic ones, an operation and round")
    parser.add_argument("--seed", type=int, default=None, help="of the first round")
    parser.add_argument("--only", default="", help="operations whose path begins so")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    chosen = [operation for operation in operations() if operation.path.startswith(given.only)]
    found: dict[tuple[str, ...], Finding] = {}
    unlocked = {"MOSTRADOR_LOGIN_FAILURES_PER_IP": "1000000000"}
    with (
        tempfile.TemporaryDirectory(prefix="mostrador-fuzz-") as folder,
        Platform(Path(folder, "home"), database=given.database, env=unlocked) as platform,
    ):
        fuzzer, until = Fuzzer(platform.url), time.monotonic() + given.seconds
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < until:
                print(f"seed {seed}", flush=True)
                for operation in chosen:
                    for finding in fuzzer.ask(cases(operation, examples=given.examples, seed=seed)):
                        if finding.kind not in found:
                            found[finding.kind] = finding
                            print(
                                f"\n── {finding.operation} as {finding.caller}, seed {seed}\n{finding.text}", flush=True
                            )
                    if time.monotonic() > until:
                        break
                seed += 1
    print(f"{fuzzer.asked} requests to {len(chosen)} operations: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
