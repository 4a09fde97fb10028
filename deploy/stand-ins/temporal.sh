#!/bin/sh
# The schema, then the server; the namespace once that answers.
set -eu
BIND_ON_IP=$(getent hosts "$(hostname)" | awk 'NR == 1 { print $1 }')
export BIND_ON_IP TEMPORAL_ADDRESS="$BIND_ON_IP:7233"
sql() {
    database=$1 && shift
    SQL_PASSWORD=$POSTGRES_PWD temporal-sql-tool --plugin "$DB" --ep "$POSTGRES_SEEDS" --port "$DB_PORT" \
        --user "$POSTGRES_USER" --db "$database" "$@"
}
if [ "${SKIP_DB_CREATE:-false}" != true ]; then
    sql temporal create-database
    sql temporal_visibility create-database
fi
sql temporal setup-schema -v 0.0
sql temporal update-schema --schema-name postgresql/v12/temporal
sql temporal_visibility setup-schema -v 0.0
sql temporal_visibility update-schema --schema-name postgresql/v12/visibility
(
    until temporal operator cluster health | grep -q SERVING; do sleep 1; done
    temporal operator namespace describe --namespace "$DEFAULT_NAMESPACE" ||
        temporal operator namespace create --namespace "$DEFAULT_NAMESPACE" --retention "$DEFAULT_NAMESPACE_RETENTION"
) > /dev/null 2>&1 &
exec temporal-server --root /etc/temporal --env docker start
