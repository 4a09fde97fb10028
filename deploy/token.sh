#!/bin/sh
# Prints a token for the system of docker-compose.yml: sh deploy/token.sh "ROLE …" [SUBJECT [SECONDS]]
# Its issuer is a key in deploy/issuer, which deploy/make-env.sh makes; a deployment for others has a real issuer instead.
set -eu
cd "$(dirname "$0")/.."
roles=${1:?customer, manager, warehouse, finance, auditor or service; several in quotes}
now=$(date +%s)
url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
head=$(printf '{"alg":"EdDSA","typ":"JWT","kid":"compose"}' | url)
claims=$(printf '{"iss":"https://issuer.oms.local","aud":"oms","sub":"%s","roles":"%s","nbf":%d,"exp":%d}' \
    "${2:-CUST123}" "$roles" "$now" "$((now + ${3:-3600}))" | url)
text=$(mktemp)
trap 'rm -f "$text"' EXIT
printf '%s.%s' "$head" "$claims" > "$text"
signature=$(openssl pkeyutl -sign -inkey "${ISSUER_DIR:-deploy/issuer}/key.pem" -rawin -in "$text" | url)
printf '%s.%s.%s\n' "$head" "$claims" "$signature"
