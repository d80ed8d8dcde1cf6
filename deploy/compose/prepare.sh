#!/bin/sh
# Before the first `docker compose up`, and again after every pull: makes the secrets that are not there yet, and writes
# .env, from which Compose takes the address and the commit. Secrets, addresses and what else was put into .env stay.
set -eu
umask 077

# version_at_least WANTED FOUND: by the first two numbers
version_at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$1" ]
}

# What is missing or too old on this machine, as one sentence a line.
lacking() {
    engine=$(docker version --format '{{.Client.Version}}' 2> /dev/null || true)
    compose=$(docker compose version --short 2> /dev/null | sed 's/^v//' || true)
    if [ -z "$engine" ]; then
        echo "Docker is not installed."
    elif ! version_at_least 23.0 "$engine"; then
        echo "Docker $engine is too old: 23 or later is needed."
    fi
    if [ -z "$compose" ]; then
        echo "Docker has no 'compose' command: the Compose plugin 2.24 or later is needed."
    elif ! version_at_least 2.24 "$compose"; then
        echo "Docker Compose $compose is too old: 2.24 or later is needed."
    fi
}
cd "$(dirname "$0")/../.."
secrets=deploy/compose/secrets
. deploy/secrets.sh

# Only this folder's owner can enter it. The files in it are readable, because containers run as another user.
mkdir -p "$secrets/mounted"
chmod 700 "$secrets"
chmod 755 "$secrets/mounted"

# mounted NAME: a file for containers, from standard input
mounted() {
    cat > "$secrets/mounted/$1.new"
    chmod 644 "$secrets/mounted/$1.new"
    mv "$secrets/mounted/$1.new" "$secrets/mounted/$1"
}

# In RabbitMQ each service may touch its own queues and the exchange that all share, where it publishes under its own name only.
definitions() {
    comma=
    printf '{"vhosts": [{"name": "/"}], "users": ['
    for service in $services; do
        printf '%s\n {"name": "%s", "password": "%s", "tags": []}' "$comma" "$service" "$(kept "rabbitmq.$service")"
        comma=,
    done
    comma=
    printf '], "topic_permissions": ['
    for service in $services; do
        printf '%s\n {"user": "%s", "vhost": "/", "exchange": "mostrador.events", "write": "^%s\\\\..*", "read": ".*"}' \
            "$comma" "$service" "$service"
        comma=,
    done
    comma=
    printf '], "permissions": ['
    for service in $services; do
        own="^(mostrador|$service)\\\\..*"
        printf '%s\n {"user": "%s", "vhost": "/", "configure": "%s", "write": "%s|^amq\\\\.default$", "read": "%s"}' \
            "$comma" "$service" "$own" "$own" "$own"
        comma=,
    done
    printf ']}\n'
}

for service in $services; do
    printf 'postgresql+psycopg://%s:%s@postgres:5432/%s' "$service" "$(kept "postgresql.$service")" "$service" |
        mounted "$service.database_url"
    printf 'amqp://%s:%s@rabbitmq:5672/%%2F' "$service" "$(kept "rabbitmq.$service")" | mounted "$service.amqp_url"
    keys "$service" | mounted "$service.service_keys"
    printf '%s %s\n' "$service" "$(kept "postgresql.$service")"
done | mounted postgresql.roles
keys gateway | mounted gateway.service_keys
kept postgresql.superuser | mounted postgresql.superuser
kept signing-key-passphrase | mounted auth.signing_key_passphrase
kept pin-pepper | mounted customers.pin_pepper
first=$([ -s "$secrets/admin.password" ] || echo yes)
kept admin.password "${MOSTRADOR_ADMIN_PASSWORD:-$(random | cut -c 1-20)}" | mounted auth.admin_password
kept employees.password | mounted demo.employees_password
definitions | mounted rabbitmq.definitions.json

email=$(kept admin.email "${MOSTRADOR_ADMIN_EMAIL:-admin@mostrador.local}")
username=$(kept admin.username "${MOSTRADOR_ADMIN_USERNAME:-admin}")
address=${MOSTRADOR_ADDRESS:-$(sed -n 's/^MOSTRADOR_ADDRESS=//p' .env 2> /dev/null || true)}
port=${MOSTRADOR_PORT:-$(sed -n 's/^MOSTRADOR_PORT=//p' .env 2> /dev/null || true)}
tls=${MOSTRADOR_TLS:-$(sed -n 's/^MOSTRADOR_TLS=//p' .env 2> /dev/null || true)}
own='^(# Written by deploy/compose/prepare\.sh|MOSTRADOR_(ADDRESS|PORT|ADMIN_EMAIL|ADMIN_USERNAME|COMMIT)=)'
others=$(grep -Ev "$own" .env 2> /dev/null || true)
cat > .env.new <<END
# Written by deploy/compose/prepare.sh, which leaves other lines alone. No secret is in here.
MOSTRADOR_ADDRESS=${address:=127.0.0.1}
MOSTRADOR_PORT=${port:=8080}
MOSTRADOR_ADMIN_EMAIL=$email
MOSTRADOR_ADMIN_USERNAME=$username
MOSTRADOR_COMMIT=$(git rev-parse HEAD 2> /dev/null || true)
END
[ -z "$others" ] || printf '%s\n' "$others" >> .env.new
mv .env.new .env

url=http$([ "$tls" != self-signed ] || echo s)://$address:$port
password="as it was printed the first time; a new one: docker compose exec auth-worker chassis auth reset-password $email"
exported=…
if [ -n "$first" ]; then
    password=$(kept admin.password)
    exported=$password
fi
cat <<END
start     docker compose up --build --wait
address   $url
login     $email (or $username)   password: $password
read      $url/api/v1/schema/swagger-ui/ (to try), $url/api/v1/schema/redoc/ (to read)

For the examples and the README's requests:
    export SHOP_URL=$url SHOP_LOGIN=$email SHOP_PASSWORD='$exported'
    docker compose run --rm examples
END

lacks=$(lacking)
if [ -n "$lacks" ]; then
    {
        printf '\nBefore you start it:\n%s\n' "$lacks"
        echo "https://docs.docker.com/engine/install/ tells how to install both (Debian 12's own packages are too old)."
    } >&2
fi
