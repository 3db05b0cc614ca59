# The images the compose file is built from and runs. Where no registry answers, stand-ins are built from Debian packages,
# npm's build of Node and a Go module, once; they are for trying and testing, not for a server. Sourced.
# Sets NODE_IMAGE, POSTGRES_IMAGE, PROMETHEUS_IMAGE, VERSITYGW_IMAGE, WORKFLOW_IMAGE, and GRAFANA_IMAGE (empty: none to be had).

node_version=26.10.0
npm_version=11.6.2
versitygw_module=github.com/versity/versitygw/cmd/versitygw@v1.8.0

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# find_images CACHE_FOLDER: public images where they are here or can be pulled, else stand-ins.
find_images() {
  local cache=$1 folder="$here/stand-ins"
  : "${NODE_IMAGE:=node:26-alpine}" "${POSTGRES_IMAGE:=postgres:18-alpine}" "${PROMETHEUS_IMAGE:=prom/prometheus:v3.7.3}"
  : "${VERSITYGW_IMAGE:=versity/versitygw:v1.8.0}" "${GRAFANA_IMAGE:=grafana/grafana:12.3.0}" "${WORKFLOW_IMAGE:=busybox:1.37}"
  if has_image "$NODE_IMAGE" || docker pull -q "$NODE_IMAGE" >/dev/null 2>&1; then
    return 0
  fi
  echo 'no registry answers: stand-ins from Debian packages are used'
  base_stand_in "$cache" || return 1
  NODE_IMAGE=drydock-stand-in/node:$node_version
  POSTGRES_IMAGE=drydock-stand-in/postgres:15
  PROMETHEUS_IMAGE=drydock-stand-in/prometheus:2
  VERSITYGW_IMAGE=drydock-stand-in/versitygw:1.8.0
  WORKFLOW_IMAGE=drydock-stand-in/busybox:1
  GRAFANA_IMAGE=
  has_image "$NODE_IMAGE" || node_stand_in "$cache" || return 1
  has_image "$POSTGRES_IMAGE" || build_image "$folder" postgres.dockerfile "$POSTGRES_IMAGE" || return 1
  has_image "$PROMETHEUS_IMAGE" || build_image "$folder" prometheus.dockerfile "$PROMETHEUS_IMAGE" || return 1
  has_image "$VERSITYGW_IMAGE" || versitygw_stand_in "$cache" || return 1
  has_image "$WORKFLOW_IMAGE" || build_image "$folder" busybox.dockerfile "$WORKFLOW_IMAGE"
}

# build_image FOLDER DOCKERFILE TAG [more arguments]: with BuildKit where it is there.
build_image() {
  local folder=$1 file=$2 tag=$3
  shift 3
  local log
  log=$(mktemp)
  local buildkit=1
  docker buildx version >/dev/null 2>&1 || buildkit=0
  if DOCKER_BUILDKIT=$buildkit docker build -t "$tag" -f "$folder/$file" "$@" "$folder" >"$log" 2>&1; then
    rm -f "$log"
    echo "built $tag ($(docker image inspect -f '{{.Size}}' "$tag" | awk '{printf "%d MB", $1 / 1e6}'))"
  else
    tail -30 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# Debian 12 without documentation and other languages, trusting whom this machine trusts.
base_stand_in() {
  has_image drydock-stand-in/debian:12 && return 0
  if ! command -v debootstrap >/dev/null 2>&1; then
    [ -x /usr/bin/apt-get ] && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null 2>&1 || {
      echo 'neither a registry nor debootstrap: pull the images elsewhere and docker load them, or run on Debian' >&2
      return 1
    }
  fi
  local root="$1/debian"
  rm -rf "$root" && mkdir -p "$root"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >"$1/debootstrap.log" 2>&1 || {
    tail -5 "$1/debootstrap.log" >&2
    return 1
  }
  [ -f /etc/ssl/certs/ca-certificates.crt ] && cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' >"$root/etc/dpkg/dpkg.cfg.d/slim"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}/* "$root"/var/log/*
  tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - drydock-stand-in/debian:12 >/dev/null
  rm -rf "$root"
}

# The npm package `node-linux-*` is Node's own build.
node_stand_in() {
  local folder="$1/node" arch=x64
  [ "$(uname -m)" = aarch64 ] && arch=arm64
  rm -rf "$folder" && mkdir -p "$folder"
  from_npm "$folder" "node-linux-$arch" "$node_version" && from_npm "$folder" npm "$npm_version" || return 1
  cp "$here/stand-ins/node.dockerfile" "$folder/"
  build_image "$folder" node.dockerfile "drydock-stand-in/node:$node_version"
  local status=$?
  rm -rf "$folder"
  return $status
}

from_npm() { # from_npm FOLDER PACKAGE VERSION: FOLDER/PACKAGE/package/…
  mkdir -p "$1/$2"
  if command -v npm >/dev/null 2>&1; then
    (cd "$1/$2" && npm pack --silent "$2@$3" >/dev/null && tar xzf ./*.tgz && rm -f ./*.tgz)
  else
    curl -fsSL "https://registry.npmjs.org/$2/-/$2-$3.tgz" | tar xz -C "$1/$2"
  fi
}

versitygw_stand_in() {
  local program="$1/versitygw-static/versitygw" folder="$1/versitygw"
  if [ ! -x "$program" ]; then
    command -v go >/dev/null 2>&1 || { echo 'no image of versitygw and no Go to build it' >&2; return 1; }
    echo 'building versitygw with Go, once (2 minutes)'
    CGO_ENABLED=0 GOBIN="$1/versitygw-static" go install -trimpath -ldflags '-s -w' "$versitygw_module" || return 1
  fi
  rm -rf "$folder" && mkdir -p "$folder"
  cp "$program" "$here/stand-ins/versitygw.dockerfile" "$folder/"
  build_image "$folder" versitygw.dockerfile "$VERSITYGW_IMAGE"
  local status=$?
  rm -rf "$folder"
  return $status
}
