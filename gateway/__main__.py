"""The gateway's command: `render` writes its folder, `run` becomes nginx, `reload` tells the one that runs, `agent` serves it."""

import os
import sys

from gateway.settings import SettingsError

USAGE = """usage: gateway render | run | reload | agent

  render   write the configuration into MOSTRADOR_GATEWAY_HOME
  run      the same, then nginx in the foreground
  reload   write it for the nginx that runs there, which takes it over without losing a request
  agent    the side process: public keys and missed revocations
"""


def main() -> int:
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in ("render", "run", "reload", "agent"):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        if command == "agent":
            from gateway.agent import run_agent  # the agent has no use for the memory of jinja and yaml

            run_agent(os.environ)
        else:
            from gateway import nginx
            from gateway.render import render

            home = render(os.environ, reload=command == "reload")
            print(f"gateway: wrote {home}/conf/nginx.conf", flush=True)
            if command == "run":
                nginx.become_nginx(home)
            if command == "reload":
                nginx.reload_nginx(home)
    except SettingsError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
