/** `deploy/.env.example`: what the compose file asks for, and every setting a daemon reads from its environment. */
import { environmentVariables } from '../src/config/index.ts'

const head = `# Settings of deploy/compose.yaml. setup.sh copies this file to .env and fills in who may use the Docker socket.
# A line that is commented out shows the default. Passwords and tokens are files in secrets/, never here.

# --- What runs ---

# Change the tag and \`docker compose up -d\`: the daemon drains, the new one goes on.
#DRYDOCK_IMAGE=drydock
#DRYDOCK_TAG=latest
# Bases and servers; any image that is called the same way will do.
#NODE_IMAGE=node:26-alpine
#POSTGRES_IMAGE=postgres:18-alpine
#PROMETHEUS_IMAGE=prom/prometheus:v3.7.3
#GRAFANA_IMAGE=grafana/grafana:12.3.0
#VERSITYGW_IMAGE=versity/versitygw:v1.8.0
# \`s3\`: an S3 server; \`socket-proxy\`: the daemon gets no Docker socket (also uncomment the two lines below).
#COMPOSE_PROFILES=s3,socket-proxy
#DOCKER_SOCKET=/dev/null
#DRYDOCK_DOCKER_HOST=tcp://socket-proxy:2375
# The engine's socket, where it is elsewhere (rootless).
#DOCKER_PROXIED_SOCKET=/var/run/docker.sock

# --- Where ---

# The watched folder, on this machine.
#DRYDOCK_FOLDER=./workflows
# The network of pods.
#DRYDOCK_PODS_NETWORK=drydock-pods
# Ports on 127.0.0.1.
#DRYDOCK_PORT=2746
#POSTGRES_PORT=5432
#PROMETHEUS_PORT=9091
#GRAFANA_PORT=3000
#S3_PORT=7070
#PROMETHEUS_RETENTION=15d

# --- Settings of the daemon (docs/operations.md; lists are separated by commas) ---
`

/** The compose file says these: they belong together with its paths, ports and networks. */
const settled = new Set(
  `DRYDOCK_DATA DRYDOCK_FOLDERS DRYDOCK_SERVER_HOST DRYDOCK_SERVER_PORT DRYDOCK_SERVER_TOKEN_FILE DRYDOCK_METRICS_HOST
   DRYDOCK_METRICS_PORT DRYDOCK_DOCKER_HOST DRYDOCK_DOCKER_NETWORK DRYDOCK_STORE_URL DRYDOCK_STORE_PASSWORD_FILE
   DRYDOCK_TABLE_URL DRYDOCK_TABLE_PASSWORD_FILE DATABASE_URL`.split(/\s+/),
)

export function envExample(): string {
  const lines = environmentVariables
    .filter(({ name }) => !settled.has(name))
    .map(({ name, description }) => `# ${description}\n#${name}=`)
  return `${head}\n${lines.join('\n')}\n`
}
