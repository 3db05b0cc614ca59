# The steps of try.sh and what they share. Sourced.

failures=0 verdicts=()

dc() { (cd "$work" && "${compose[@]}" -p "$project" "$@"); }
# A verb of the command line, in the daemon's container.
verb() { dc exec -T drydock drydock "$@"; }
# A script of this folder, in the network of the services.
script() { docker run --rm -i --network "${project}_services" -v "$here:/try:ro" -v "$deploy:/deploy:ro" --entrypoint node "$image" "/try/$1" "${@:2}"; }
ours() { docker "$1" ls -q --filter "label=io.drydock.instance=$project" "${@:2}"; }

# step TITLE FUNCTION: its verdict and seconds; where it fails, what it said and the daemon's last lines.
step() {
  local began=$SECONDS log
  log=$(mktemp)
  # Not as a condition: there bash would pass over what fails inside.
  (set -e; "$2") >"$log" 2>&1
  if [ $? -eq 0 ]; then
    printf '  ok      %s (%d s)\n' "$1" $((SECONDS - began))
    grep '^: ' "$log" | sed 's/^: /            /'
  else
    printf '  FAILED  %s (%d s)\n' "$1" $((SECONDS - began))
    tail -40 "$log" | sed 's/^/            /'
    dc logs --no-log-prefix --tail 15 drydock 2>/dev/null | cut -c1-300 | sed 's/^/          | /'
    failures=$((failures + 1))
  fi
  rm -f "$log"
}
must() {
  local before=$failures
  step "$@"
  [ "$failures" -eq "$before" ] || exit 1
}
summary() {
  [ "$failures" -eq 0 ] && echo 'everything works' && exit 0
  echo "$failures steps failed"
  exit 1
}
# fails COMMAND…: succeeds where it does not.
fails() { if "$@" >/dev/null 2>&1; then echo "it should fail: $*"; return 1; fi; }
# say TEXT: shown below the verdict.
say() { echo ": $*"; }

# until SECONDS COMMAND…
until_true() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { echo "still not so: $*"; return 1; }
    sleep 0.3
  done
}

image=drydock-try:1
images() {
  find_images "$cache"
  local -a arguments=(--build-arg "NODE_IMAGE=$NODE_IMAGE")
  local log buildkit=1
  log=$(mktemp)
  docker buildx version >/dev/null 2>&1 || buildkit=0
  DOCKER_BUILDKIT=$buildkit docker build -q -t "$image" -f "$deploy/Dockerfile" "${arguments[@]}" "$root" >"$log" 2>&1 || { cat "$log"; return 1; }
  # The same again as the next release.
  printf 'FROM %s\nLABEL release=2\n' "$image" | DOCKER_BUILDKIT=$buildkit docker build -q -t "${image%:*}:2" - >/dev/null 2>&1
  has_image "$WORKFLOW_IMAGE" || docker pull -q "$WORKFLOW_IMAGE"
  say "daemon: $(docker image inspect -f '{{.Size}}' "$image" | awk '{printf "%d MB", $1 / 1e6}'), on $NODE_IMAGE of $(docker image inspect -f '{{.Size}}' "$NODE_IMAGE" | awk '{printf "%d MB", $1 / 1e6}')"
  [ -n "$GRAFANA_IMAGE" ] || say 'Grafana: no image to be had; its panels are asked at Prometheus instead'
  declare -p NODE_IMAGE POSTGRES_IMAGE PROMETHEUS_IMAGE VERSITYGW_IMAGE GRAFANA_IMAGE WORKFLOW_IMAGE >"$work/images"
}

set_up() {
  . "$work/images"
  cp -r "$deploy"/{compose.yaml,config,setup.sh,.env.example,prometheus,grafana} "$work/"
  sh "$work/setup.sh"
  {
    echo "DRYDOCK_IMAGE=${image%:*}"
    echo 'DRYDOCK_TAG=1'
    echo "POSTGRES_IMAGE=$POSTGRES_IMAGE"
    echo "PROMETHEUS_IMAGE=$PROMETHEUS_IMAGE"
    echo "VERSITYGW_IMAGE=$VERSITYGW_IMAGE"
    # Compose wants the image of what is scaled to none, too.
    echo "GRAFANA_IMAGE=${GRAFANA_IMAGE:-$PROMETHEUS_IMAGE}"
    echo "GRAFANAS=$([ -n "$GRAFANA_IMAGE" ] && echo 1 || echo 0)"
    echo "WORKFLOW_IMAGE=$WORKFLOW_IMAGE"
    echo 'COMPOSE_PROFILES=s3'
    # Any port that is free.
    printf '%s=0\n' DRYDOCK_PORT POSTGRES_PORT PROMETHEUS_PORT GRAFANA_PORT S3_PORT
  } >>"$work/.env"
  # The data of Prometheus is to be there within seconds.
  sed -i 's/\(scrape_interval\|evaluation_interval\):.*/\1: 2s/' "$work/prometheus/prometheus.yml"
}
setting() { sed -n "s/^$1=//p" "$work/.env" | tail -1; }

compose_up() { dc up -d --wait --wait-timeout 120 --scale grafana="$(setting GRAFANAS)" --remove-orphans; }
up() {
  echo $SECONDS >"$work/up-at"
  compose_up
  say "healthy after $((SECONDS - $(<"$work/up-at"))) s, as user $(dc exec -T drydock id -u), groups $(dc exec -T drydock id -G)"
  # From outside the API wants its token.
  local port
  port=$(dc port drydock 2746)
  case $port in 127.0.0.1:*) ;; *) echo "the API is published on $port"; return 1 ;; esac
  if dc exec -T -e DRYDOCK_TOKEN_FILE= drydock drydock list; then
    echo 'the API answers without a token'
    return 1
  fi
  verb list
}

# drop FILE [NAME SECONDS]: a manifest of this folder, into the watched one.
drop() {
  local name=${2:-${1%.yaml}}
  sed -e "s#WORKFLOW_IMAGE#$(setting WORKFLOW_IMAGE)#" -e "s/S3_SECRET_KEY/$(<"$work/secrets/s3-secret-key")/" \
    -e "s/NAME/$name/" -e "s/SECONDS/${3:-0}/" "$here/workflows/$1" >"$work/workflows/.$name.part"
  mv "$work/workflows/.$name.part" "$work/workflows/$name.yaml"
}
phase_is() { # phase_is NAME PHASE
  local file="$work/workflows/.status/$1.yaml"
  grep -q "^phase: $2" "$file"
}
ends() { # ends NAME [SECONDS]: well
  local until=$((SECONDS + ${2:-90}))
  until phase_is "$1" Succeeded 2>/dev/null; do
    if phase_is "$1" '\(Failed\|Error\)' 2>/dev/null || [ $SECONDS -ge $until ]; then
      echo "$1 did not succeed"
      cat "$work/workflows/.status/$1.yaml"
      verb get "$1"
      return 1
    fi
    sleep 0.2
  done
}
# at_work NAME: its second step runs now.
at_work() { [ -n "$(docker ps -q --filter "label=io.drydock.instance=$project" --filter "label=io.drydock.workflow=$1" --filter 'label=io.drydock.node-name='"$1[1].during")" ]; }
main_of() { docker ps -q --no-trunc --filter "label=io.drydock.instance=$project" --filter "label=io.drydock.workflow=$1" --filter label=io.drydock.role=main; }

# same_main NAME ID: where it has not ended meanwhile, the container is the one there was. (once.yaml counts its runs itself.)
same_main() {
  local now
  now=$(main_of "$1")
  [ -z "$now" ] || [ "$now" = "$2" ] || { echo "the container of $1 is another"; return 1; }
}

# stands ID: it runs, or has ended meanwhile; while there is no daemon nobody takes it away.
stands() { docker inspect -f '{{.State.Status}}' "$1" || { echo 'the container of the step is gone'; return 1; }; }

folder_runs() {
  drop hello.yaml
  ends hello 40
  local took=$((SECONDS - $(<"$work/up-at")))
  verb logs hello | grep -q 'hello from the folder'
  say "$took s from \`up\` to the first green workflow"
  [ $took -lt 60 ]
}

sql() { dc exec -T postgres psql -U drydock -d drydock -v ON_ERROR_STOP=1 -qAt -c "$1"; }
row_is() { [ "$(sql "SELECT coalesce(phase, '') FROM workflow_manifests WHERE id = $1")" = "$2" ]; }
row_runs() {
  local manifest id
  manifest=$(sed "s#WORKFLOW_IMAGE#$(setting WORKFLOW_IMAGE)#" "$here/workflows/row.yaml")
  id=$(sql "SELECT drydock_submit(\$yaml\$$manifest\$yaml\$::text)")
  until_true 30 row_is "$id" Succeeded || { sql "SELECT * FROM workflow_manifests WHERE id = $id"; return 1; }
  verb logs from-a-row | grep -q 'hello from the table'
  # One that is wrong gets its errors, and one that was rolled back never ran.
  id=$(sql "SELECT drydock_submit('{\"kind\": \"Workflow\"}'::jsonb)")
  until_true 20 sql_says "SELECT state FROM workflow_manifests WHERE id = $id" Refused
  sql "BEGIN; SELECT drydock_submit(\$yaml\$${manifest/from-a-row/rolled-back}\$yaml\$::text); ROLLBACK"
  fails verb get rolled-back
}
sql_says() { [ "$(sql "$1")" = "$2" ]; }

artifact_moves() {
  drop artifact.yaml
  ends artifact
  local object
  object=$(dc exec -T s3 find /s3/objects/artifacts -type f -name cargo.tgz -size +1000k)
  [ -n "$object" ] || { dc exec -T s3 find /s3/objects; return 1; }
  say "in the bucket: $object"
}

network_works() { drop network.yaml; ends network; }

prometheus_says() { # prometheus_says QUERY: its first value
  script query.mjs http://prometheus:9090 "$1"
}
has_value() { prometheus_says "$1" | grep -q "$2"; }
metrics_are_scraped() {
  until_true 30 has_value 'up{job="drydock"}' '^1$'
  until_true 30 has_value 'sum(argo_workflows_gauge{phase="Succeeded"})' '^[1-9]'
  say "workflows that succeeded, says Prometheus: $(prometheus_says 'sum(argo_workflows_gauge{phase="Succeeded"})')"
}

dashboards_have_data() {
  drop load.yaml
  until_true 60 sh -c "grep -q 'phase: Failed' '$work/workflows/.status/load.yaml'"
  until_true 60 has_value 'sum(argo_workflows_gauge{phase="Failed"})' '^[1-9]'
  # A rate wants two scrapes.
  sleep 5
  local said status=0
  said=$(script panels.mjs http://prometheus:9090 /deploy/grafana/dashboards) || status=1
  while read -r line; do say "$line"; done <<<"$said"
  [ "$status" -eq 0 ] || { echo "$said"; return 1; }
  if [ "$(setting GRAFANAS)" = 1 ]; then until_true 60 script get.mjs http://grafana:3000/api/health; fi
}

# What the store knows, in a form that must not change: names, uids and ends of what has ended.
ended() { verb list -o json | script ended.mjs; }

survives_kill() {
  drop once.yaml killed 20
  until_true 90 at_work killed
  ended >"$work/before"
  local container
  container=$(main_of killed)
  dc kill -s KILL drydock postgres
  sleep 2
  compose_up
  same_main killed "$container"
  ends killed
  ended | grep -v ' killed ' >"$work/after"
  diff "$work/before" "$work/after"
}

upgrades() {
  drop once.yaml upgraded 25
  until_true 90 at_work upgraded
  local container began
  container=$(main_of upgraded)
  sed -i 's/^DRYDOCK_TAG=.*/DRYDOCK_TAG=2/' "$work/.env"
  began=$SECONDS
  compose_up
  say "the next release was healthy after $((SECONDS - began)) s"
  [ "$(docker inspect -f '{{.Config.Image}}' "$(dc ps -q drydock)")" = "${image%:*}:2" ]
  same_main upgraded "$container"
  ends upgraded
}

survives_down() {
  drop once.yaml downed 15
  until_true 90 at_work downed
  local container
  container=$(main_of downed)
  ended >"$work/before"
  dc down
  stands "$container"
  compose_up
  ends downed
  ended | grep -v ' downed ' >"$work/after"
  diff "$work/before" "$work/after"
}

drains() {
  drop once.yaml drained 20
  until_true 90 at_work drained
  local container began
  container=$(main_of drained)
  began=$SECONDS
  dc stop drydock
  [ $((SECONDS - began)) -lt 10 ] || { echo "it took $((SECONDS - began)) s"; return 1; }
  say "ended after $((SECONDS - began)) s"
  [ "$(docker inspect -f '{{.State.ExitCode}}' "$(dc ps -aq drydock)")" = 0 ]
  stands "$container"
  # Dropped while nobody looks: runs when the daemon is there again.
  drop once.yaml meanwhile 0
  sleep 1
  compose_up
  ends drained
  ends meanwhile
}

proxy_holds() {
  {
    echo 'COMPOSE_PROFILES=s3,socket-proxy'
    echo 'DOCKER_SOCKET=/dev/null'
    echo 'DRYDOCK_DOCKER_HOST=tcp://socket-proxy:2375'
  } >>"$work/.env"
  compose_up
  drop once.yaml proxied 0
  ends proxied
  docker run --rm -i --network "${project}_engine" -v "$here:/try:ro" --entrypoint node "$image" /try/forbidden.mjs \
    http://socket-proxy:2375 "$project" "$(dc ps -q postgres)"
  verb logs proxied >/dev/null
  dc exec -T drydock sh -c '! test -S /var/run/docker.sock'
}

doctor_mends() {
  # As a crash long ago might have left them: a container and a volume of a workflow that nobody knows; and others' things.
  local -a leaked=(--label "io.drydock.instance=$project" --label io.drydock.workflow-uid=00000000-dead-4000-8000-000000000000)
  docker create --name "$project-leaked" "${leaked[@]}" --label io.drydock.role=main "$(setting WORKFLOW_IMAGE)" true >/dev/null
  docker volume create "${leaked[@]}" "$project-leaked" >/dev/null
  docker create --name "$project-others" --label io.drydock.instance=somebody-else --label io.drydock.workflow-uid=x "$(setting WORKFLOW_IMAGE)" true >/dev/null
  verb doctor --data /data || true
  verb doctor --data /data --fix
  fails docker inspect "$project-leaked"
  fails docker volume inspect "$project-leaked"
  docker inspect "$project-others" >/dev/null
  docker rm "$project-others" >/dev/null
}

# The commands of the guides, in their blocks marked `sh try`, as they stand there.
guides_hold() {
  local guide count=0
  for guide in compose operations; do
    awk '/^```sh try$/ { on = 1; next } /^```$/ { if (on) print "count=$((count + 1))"; on = 0 } on' "$root/docs/$guide.md" \
      | sed "s#busybox:1.37#$(setting WORKFLOW_IMAGE)#" >"$work/guide.sh"
    [ -s "$work/guide.sh" ]
    cd "$work"
    # shellcheck disable=SC2329
    docker() { if [ "$1" = compose ]; then shift; if [ "$1" = up ]; then compose_up; else dc "$@"; fi; else command docker "$@"; fi; }
    # A file that is dropped is there a moment later.
    drydock_wait() { until_true 20 verb get first; }
    sed -i 's/^docker compose exec drydock drydock wait/drydock_wait; &/' "$work/guide.sh"
    . "$work/guide.sh"
    unset -f docker
  done
  say "$count blocks of commands ran"
}

goes_down() {
  for file in "$work"/workflows/*.yaml; do rm -f "$file"; done
  verb delete --all
  until_true 40 nothing_stands
  dc down -v
  [ -z "$(docker volume ls -q --filter "label=com.docker.compose.project=$project")" ]
  fails docker network inspect "$project-pods"
}
nothing_stands() { [ -z "$(ours container -a)$(ours volume)" ]; }

# Whatever an earlier try left, too.
remove_all() {
  [ -z "$(ours container -a)" ] || ours container -a | xargs docker rm -fv >/dev/null 2>&1
  [ -f "$work/compose.yaml" ] && dc --profile '*' down -v --remove-orphans >/dev/null 2>&1
  local kind
  for kind in container volume network; do
    local all=(); [ $kind = container ] && all=(-a)
    docker $kind ls -q "${all[@]}" --filter "label=com.docker.compose.project=$project" | while read -r id; do
      if [ $kind = container ]; then docker rm -fv "$id"; else docker $kind rm "$id"; fi >/dev/null 2>&1
    done
  done
  [ -z "$(ours volume)" ] || ours volume | xargs docker volume rm >/dev/null 2>&1
  docker rm -f "$project-leaked" "$project-others" >/dev/null 2>&1
  return 0
}
clean_up() {
  if $keep; then echo "left running: cd $work && ${compose[*]} -p $project ps"; return; fi
  remove_all
  rm -rf "$work"
}
