# Finds Docker Compose v2, or builds it once with Go where Docker's own plugin cannot be downloaded. Sourced.
# Sets the array `compose`: the command and its first arguments.

compose_version=v2.40.3

# `go install` refuses this module, for its go.mod excludes versions; a module of our own may say the same.
build_compose() { # build_compose TARGET
  local module
  module=$(mktemp -d)
  cat >"$module/go.mod" <<MOD
module drydock.local/compose
go 1.24.9
require github.com/docker/compose/v2 $compose_version
exclude (
	github.com/davecgh/go-spew v1.1.2-0.20180830191138-d8f796af33cc
	github.com/pmezard/go-difflib v1.0.1-0.20181226105442-5d4384ee4fb2
)
MOD
  mkdir -p "$(dirname "$1")"
  (cd "$module" && CGO_ENABLED=0 GOFLAGS=-mod=mod go build -trimpath \
    -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$compose_version" \
    -o "$1.new" github.com/docker/compose/v2/cmd) && mv "$1.new" "$1"
  local status=$?
  rm -rf "$module"
  return $status
}

find_compose() { # find_compose CACHE_FOLDER
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif command -v docker-compose >/dev/null 2>&1 && docker-compose version --short 2>/dev/null | grep -q '^v\?[2-9]'; then
    compose=(docker-compose)
  elif [ -x "$1/docker-compose" ]; then
    compose=("$1/docker-compose")
  elif command -v go >/dev/null 2>&1; then
    echo "no docker compose here: building $compose_version with Go, once (3 minutes)"
    build_compose "$1/docker-compose" && compose=("$1/docker-compose")
  else
    echo 'no docker compose here: install the plugin (https://docs.docker.com/compose/install), or Go' >&2
    return 1
  fi
}
