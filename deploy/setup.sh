#!/bin/sh
# Makes what `docker compose up` needs beside this folder: .env, and secrets/ with random ones. What is there stays.
set -eu
cd "$(dirname "$0")"

socket=${DOCKER_PROXIED_SOCKET:-/var/run/docker.sock}
uid=$(id -u)
gid=$(id -g)
# The daemon is not to be root, whoever sets it up.
[ "$uid" -ne 0 ] || { uid=1000; gid=1000; }

if [ ! -f .env ]; then
  {
    cat .env.example
    echo
    echo '# Written by setup.sh: who owns the watched folder, and who may use the Docker socket.'
    echo "DRYDOCK_UID=$uid"
    echo "DRYDOCK_GID=$gid"
    [ ! -S "$socket" ] || echo "DOCKER_GID=$(stat -c %g "$socket")"
  } >.env
  echo 'wrote .env'
fi

# The folder is closed, its files are not: each is mounted by itself into the container that needs it.
mkdir -p -m 700 secrets
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
for name in api-token postgres-password grafana-password s3-secret-key; do
  [ -s "secrets/$name" ] || { random >"secrets/$name" && echo "wrote secrets/$name"; }
done
# Registry credentials in the form of ~/.docker/config.json.
[ -s secrets/registry-auth.json ] || echo '{"auths": {}}' >secrets/registry-auth.json
chmod 444 secrets/*

mkdir -p workflows
[ "$(id -u)" -ne 0 ] || chown "$uid:$gid" workflows
