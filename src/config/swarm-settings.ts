/** The Docker Swarm that pods run on, where `runtime` is `swarm`. */
import { resolve } from 'node:path'
import Type from 'typebox'
import type { Static } from 'typebox'
import { optionalText } from './connection-settings.ts'

const closed = { additionalProperties: false }

const fields = Type.Object(
  {
    managers: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Managers of the swarm, for when `docker.host` is away; each as in DOCKER_HOST.',
      }),
    ),
    nodes: Type.Optional(
      Type.Array(
        Type.Object(
          {
            hostname: Type.String({ description: 'As `docker node ls` shows it.' }),
            host: Type.String({ description: 'Its engine, as in DOCKER_HOST.' }),
          },
          closed,
        ),
        { description: 'Engines of nodes, each reached by the daemon itself.' },
      ),
    ),
    nodeAddress: optionalText(
      'Engines of all other nodes: `ssh://deploy@{hostname}` or `tcp://{address}:2376`, with the node’s own filled in.',
    ),
    certs: optionalText('Folder with ca.pem, cert.pem and key.pem for addresses of kind tcp.'),
    constraints: Type.Optional(
      Type.Array(Type.String(), { description: 'Where pods may run at all: `node.labels.drydock==true`.' }),
    ),
    lostAfterMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'How long a node of which nothing is heard keeps its pods; default a minute.',
      }),
    ),
    gpuKind: optionalText('The generic resource that stands for GPUs; default `NVIDIA-GPU`.'),
  },
  closed,
)
export const swarmSettings = Type.Optional(fields)

export type SwarmConfig = {
  readonly managers: readonly string[]
  readonly nodes: readonly { readonly hostname: string; readonly host: string }[]
  readonly nodeAddress: string | null
  /** Absolute. */
  readonly certs: string | null
  readonly constraints: readonly string[]
  readonly lostAfterMs: number
  readonly gpuKind: string
}

/** @param base folder that relative paths are relative to */
export function swarmConfigOf(settings: Static<typeof fields> = {}, base: string): SwarmConfig {
  return {
    managers: settings.managers ?? [],
    nodes: settings.nodes ?? [],
    nodeAddress: settings.nodeAddress ?? null,
    certs: settings.certs === undefined ? null : resolve(base, settings.certs),
    constraints: settings.constraints ?? [],
    lostAfterMs: settings.lostAfterMs ?? 60_000,
    gpuKind: settings.gpuKind ?? 'NVIDIA-GPU',
  }
}
