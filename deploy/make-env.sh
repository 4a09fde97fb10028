#!/bin/sh
# Writes deploy/.env.example as .env, with a random password for each empty one, and makes the issuer of deploy/token.sh
# with the services' own tokens, good for a year: sh deploy/make-env.sh [FILE]
# What is there already is left alone: Postgres keeps the passwords it was made with.
set -euC
umask 077
cd "$(dirname "$0")/.."
while IFS= read -r line; do
    case $line in
        [A-Z]*=) printf '%s%s\n' "$line" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
        *) printf '%s\n' "$line" ;;
    esac
done < deploy/.env.example > "${1:-.env}"

issuer=${ISSUER_DIR:-deploy/issuer}
if [ ! -e "$issuer" ]; then
    mkdir "$issuer"
    openssl genpkey -algorithm ed25519 -out "$issuer/key.pem"
    public=$(openssl pkey -in "$issuer/key.pem" -pubout -outform DER | tail -c 32 | openssl base64 -A | tr '+/' '-_' | tr -d '=')
    printf '{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"compose","x":"%s"}]}\n' "$public" > "$issuer/jwks.json"
    for service in orders gateway; do
        sh deploy/token.sh service "$service" 31536000 > "$issuer/$service.token"
    done
    # Read by the containers' user; the folder is closed to everybody else here.
    chmod 644 "$issuer/jwks.json" "$issuer"/*.token
fi
