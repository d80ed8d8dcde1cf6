# Sourced by who makes secrets: deploy/compose/prepare.sh, deploy/kubernetes/secrets.sh. They set $secrets, a folder that only its
# owner can enter: each secret is made once, at random, and kept there in a file of its own.

services="auth catalog sales customers analytics"
# Who calls whom under /internal/: docs/architecture.md.
pairs="sales>catalog sales>customers sales>auth catalog>sales customers>sales auth>customers customers>auth gateway>auth auth>gateway"
# What the gateway proves itself by to the services that it does not call itself.
pairs="$pairs gateway>catalog gateway>sales gateway>customers gateway>analytics"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# kept NAME [VALUE]: prints the secret of that name, made on its first use: VALUE, or at random
kept() {
    if [ ! -s "$secrets/$1" ]; then
        printf '%s' "${2:-$(random)}" > "$secrets/$1.new"
        mv "$secrets/$1.new" "$secrets/$1"
    fi
    cat "$secrets/$1"
}

# keys WHO: the pairs WHO takes part in, as MOSTRADOR_SERVICE_KEYS has them
keys() {
    comma=
    for pair in $pairs; do
        case $pair in
            "$1>"* | *">$1")
                printf '%s%s=%s' "$comma" "$pair" "$(kept "pair.${pair%>*}.${pair#*>}")"
                comma=,
                ;;
        esac
    done
}
