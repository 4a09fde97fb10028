#!/bin/sh
# Writes deploy/.env.example as .env, with a random password for each empty one: sh deploy/make-env.sh [FILE]
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
