#!/bin/sh
# The container's start: the agent, restarted when it dies, and nginx, whose end is the container's.
set -eu
python3 -m gateway render # before the agent looks: forgets that a former start was ready
while :; do
    python3 -m gateway agent || true
    sleep 1
done &
exec python3 -m gateway run
