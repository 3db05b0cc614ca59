#!/usr/bin/env bash
# Shows it all from nothing, on a machine with a Docker Engine and Compose: images, `docker compose up`, a manifest in the
# folder, a row in the table, an artifact in S3, metrics and dashboards, kill and up again, an upgrade, down and up, the socket
# proxy. A verdict a step; exit code 1 where one fails. Everything is called drydock-try and is gone afterwards, but for images.
#   try.sh            everything (three minutes once the images are there)
#   try.sh --short    up, folder, table, S3, metrics
#   try.sh --keep     leaves it running
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/try" && pwd)
deploy=$(dirname "$here")
root=$(dirname "$deploy")
project=drydock-try
cache=${DRYDOCK_TRY_CACHE:-$root/node_modules/.cache/drydock-bin}
. "$here/compose.sh"
. "$here/images.sh"
. "$here/steps.sh"

short=false keep=false
for word in "$@"; do
  case $word in
    --short) short=true ;;
    --keep) keep=true ;;
    *) echo "try.sh [--short] [--keep]" >&2; exit 2 ;;
  esac
done

mkdir -p "$cache"
exec 9>"$cache/try.lock"
flock -n 9 || { echo 'another try is under way' >&2; exit 1; }
work=$(mktemp -d)
trap 'clean_up' EXIT
trap 'exit 130' INT TERM

docker version >/dev/null 2>&1 || { echo 'no Docker Engine answers' >&2; exit 1; }
find_compose "$cache" || exit 1
must 'images are there' images
remove_all
must 'a folder of its own is set up' set_up
must 'compose up, healthy' up
must 'a manifest in the folder runs' folder_runs
step 'a row in the table runs' row_runs
step 'an artifact goes by way of S3' artifact_moves
step 'probes and http templates reach pods, pods reach pods' network_works
step 'Prometheus scrapes it' metrics_are_scraped
if ! $short; then
  step 'each dashboard has data' dashboards_have_data
  step 'kill -9 of daemon and database, up again: nothing lost, nothing twice' survives_kill
  step 'another image tag: drains, the workflow goes on' upgrades
  step 'down and up again: nothing lost, nothing twice' survives_down
  step 'SIGTERM: ends within seconds, containers go on' drains
  step 'through the socket proxy, and no further' proxy_holds
  step 'doctor finds and mends what was left behind' doctor_mends
  step 'the guides’ commands do what they say' guides_hold
fi
$keep || step 'down leaves nothing behind' goes_down
summary
