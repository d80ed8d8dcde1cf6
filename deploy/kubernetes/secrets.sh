#!/bin/sh
# The Secrets that the manifests refer to, for one namespace: sh secrets.sh FOLDER | kubectl apply -n mostrador -f -
# They are made once, at random, and kept in FOLDER; the same FOLDER prints the same again. Keep it out of the repository.
set -eu
umask 077
secrets=${1:?usage: secrets.sh FOLDER}
. "$(dirname "$0")/../secrets.sh"
mkdir -p "$secrets"
chmod 700 "$secrets"

# secret NAME TYPE [KEY VALUE]…
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s, labels: { app.kubernetes.io/part-of: mostrador } }\ntype: %s\nstringData:\n' "$1" "$2"
    shift 2
    while [ $# -gt 0 ]; do
        if [ -n "$2" ]; then printf '  %s: "%s"\n' "$1" "$2"; fi
        shift 2
    done
}

for service in $services; do
    database=$(kept "postgresql.$service")
    broker=$(kept "rabbitmq.$service")
    secret "$service-postgresql" kubernetes.io/basic-auth username "$service" password "$database"
    secret "$service-rabbitmq" Opaque username "$service" password "$broker"
    secret "$service" Opaque \
        database_url "postgresql+psycopg://$service:$database@postgresql-rw:5432/$service?sslmode=require" \
        amqp_url "amqp://$service:$broker@rabbitmq:5672/%2F" \
        service_keys "$(keys "$service")"
    case $service in
        auth)
            printf '  signing_key_passphrase: "%s"\n' "$(kept signing-key-passphrase)"
            printf '  admin_email: "%s"\n' "$(kept admin.email "${MOSTRADOR_ADMIN_EMAIL:-admin@mostrador.local}")"
            printf '  admin_username: "%s"\n' "$(kept admin.username "${MOSTRADOR_ADMIN_USERNAME:-admin}")"
            printf '  admin_password: "%s"\n' "$(kept admin.password "${MOSTRADOR_ADMIN_PASSWORD:-$(random | cut -c 1-20)}")"
            ;;
        customers) printf '  pin_pepper: "%s"\n' "$(kept pin-pepper)" ;;
    esac
done
secret gateway Opaque service_keys "$(keys gateway)"
