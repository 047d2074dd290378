#!/bin/sh
# Makes the program's role and database, as the superuser of a new server; LEDGER_PASSWORD is the role's password.
set -eu
# The password goes in by the environment: arguments can be read by every process of the machine.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password LEDGER_PASSWORD
CREATE ROLE fileledger LOGIN PASSWORD :'password';
CREATE DATABASE fileledger OWNER fileledger;
SQL
