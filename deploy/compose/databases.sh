#!/bin/sh
# PostgreSQL's image runs this once, in an empty cluster: a database and a role of the same name for each service.
# A role can enter its own database only; nobody but the superuser can enter the rest.
set -eu
admin() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres "$@"; }

echo 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;' | admin
while read -r role password; do
    # From standard input, not from the command line, which every process of the container could see.
    admin <<END
\set role $role
\set password $password
CREATE ROLE :"role" LOGIN PASSWORD :'password' CONNECTION LIMIT 40;
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
END
done < /run/secrets/roles
