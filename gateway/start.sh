#!/bin/sh
# The container's start: the agent, restarted when it dies, and nginx, whose end is the container's.
set -eu
file=${MOSTRADOR_SECRETS_DIR:-/run/secrets}/service_keys
if [ -z "${MOSTRADOR_SERVICE_KEYS:-}" ] && [ -r "$file" ]; then
    MOSTRADOR_SERVICE_KEYS=$(cat "$file")
    export MOSTRADOR_SERVICE_KEYS # njs can read the environment, but no files outside the gateway's folder
fi
python3 -m gateway render # before the agent looks: forgets that a former start was ready
while :; do
    python3 -m gateway agent || true
    sleep 1
done &
exec python3 -m gateway run
