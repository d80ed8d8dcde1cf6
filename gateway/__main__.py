"""The gateway's command: `gateway render` writes its folder, `gateway run` also becomes nginx, `gateway agent` serves it."""

import os
import sys

from gateway.settings import SettingsError

USAGE = """usage: gateway render [--reload] | run | agent

  render   write the configuration into MOSTRADOR_GATEWAY_HOME; --reload: for the nginx that runs there already
  run      the same, then nginx in the foreground
  agent    the side process: public keys and missed revocations
"""


def main() -> int:
    command, options = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if command not in ("render", "run", "agent") or options not in ([], ["--reload"] if command == "render" else []):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        if command == "agent":
            from gateway.agent import run_agent  # the agent has no use for the memory of jinja and yaml

            run_agent(os.environ)
        else:
            from gateway import nginx
            from gateway.render import render

            home = render(os.environ, reload=bool(options))
            print(f"gateway: wrote {home}/conf/nginx.conf", flush=True)
            if command == "run":
                nginx.become_nginx(home)
    except SettingsError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
