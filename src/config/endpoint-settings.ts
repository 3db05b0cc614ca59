/** Several Docker Engines (or swarms) that one daemon runs pods on. */
import { resolve } from 'node:path'
import Type from 'typebox'
import type { Static } from 'typebox'
import { parseQuantity } from '../expressions/index.ts'
import { optionalText } from './connection-settings.ts'
import type { SettingsProblem } from './problems.ts'

const closed = { additionalProperties: false }

const endpointSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
      description: 'Its name, which is `hostNodeName` of its nodes and the label kubernetes.io/hostname.',
    }),
    kind: Type.Optional(
      Type.Unsafe<'docker' | 'swarm'>({
        type: 'string',
        enum: ['docker', 'swarm'],
        description: 'One engine (default), or the swarm that the engine is a manager of.',
      }),
    ),
    host: Type.String({
      minLength: 1,
      description: 'As in DOCKER_HOST: unix:///path, tcp://host:2376, ssh://user@host.',
    }),
    labels: Type.Optional(
      Type.Unsafe<Readonly<Record<string, string>>>({
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Labels that nodeSelector and node affinity look at.',
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          ca: optionalText('File with the certificates of the authorities that the engine’s is held against.'),
          cert: optionalText('File with our certificate.'),
          key: optionalText('File with its private key.'),
          verify: Type.Optional(
            Type.Boolean({ description: 'Whether the engine’s certificate is checked; default true.' }),
          ),
        },
        { ...closed, description: 'For tcp.' },
      ),
    ),
    sshKey: optionalText('File with the private key for ssh; default: what `ssh` finds by itself.'),
    capacity: Type.Optional(
      Type.Object(
        {
          cpus: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Cores; default: the engine’s.' })),
          memory: optionalText('Memory, such as `8Gi`; default: the engine’s.'),
          containersMax: Type.Optional(
            Type.Integer({ minimum: 0, description: 'Most containers at once; default: `capacity.containersMax`.' }),
          ),
        },
        { ...closed, description: 'What requests of its pods may add up to.' },
      ),
    ),
    network: optionalText('Network that its pods join; default: `docker.network`.'),
    startConcurrency: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Most container starts at once; default: `docker.startConcurrency`.' }),
    ),
    schedulable: Type.Optional(
      Type.Boolean({ description: 'false: nothing new goes there, what runs there goes on; default true.' }),
    ),
  },
  closed,
)
export const endpointSettings = Type.Optional(
  Type.Array(endpointSchema, {
    description:
      'Engines that pods are spread over, the one that the daemon reaches best first; instead of `docker.host`.',
  }),
)
type Given = Static<typeof endpointSchema>

export type EndpointConfig = {
  readonly name: string
  readonly kind: 'docker' | 'swarm'
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
  /** Absolute paths. */
  readonly tls: {
    readonly ca: string | null
    readonly cert: string | null
    readonly key: string | null
    readonly verify: boolean
  } | null
  /** Absolute. */
  readonly sshKey: string | null
  readonly capacity: {
    readonly cpus: number | null
    readonly memoryBytes: number | null
    readonly containersMax: number | null
  }
  readonly network: string | null
  readonly startConcurrency: number | null
  readonly schedulable: boolean
}

/** What may change while the daemon runs. */
export const liveEndpointFields = ['labels', 'capacity', 'schedulable'] as const

/** @param base folder that relative paths are relative to */
export function endpointsOf(
  given: readonly Given[] = [],
  base: string,
  problems: SettingsProblem[],
): readonly EndpointConfig[] {
  given.forEach((one, index) => problems.push(...problemsOf(one, `docker.endpoints.${index}`)))
  given.forEach(({ name, host }, index) => {
    const path = `docker.endpoints.${index}`
    const before = given.slice(0, index)
    if (before.some((other) => other.name === name))
      problems.push({ message: `another endpoint has the name \`${name}\``, path: `${path}.name` })
    const twin = before.find((other) => other.host === host)
    if (twin !== undefined)
      problems.push({ message: `endpoint \`${twin.name}\` is the same engine`, path: `${path}.host` })
  })
  return given.map((one) => endpointOf(one, base))
}

function endpointOf({ tls, sshKey, capacity = {}, ...given }: Given, base: string): EndpointConfig {
  const file = (path: string | undefined) => (path === undefined ? null : resolve(base, path))
  return {
    name: given.name,
    kind: given.kind ?? 'docker',
    host: given.host,
    labels: given.labels ?? {},
    tls:
      tls === undefined
        ? null
        : { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key), verify: tls.verify ?? true },
    sshKey: file(sshKey),
    capacity: {
      cpus: capacity.cpus ?? null,
      memoryBytes: bytesOf(capacity.memory),
      containersMax: capacity.containersMax ?? null,
    },
    network: given.network ?? null,
    startConcurrency: given.startConcurrency ?? null,
    schedulable: given.schedulable ?? true,
  }
}

function bytesOf(memory: string | undefined): number | null {
  if (memory === undefined) return null
  const parsed = parseQuantity(memory)
  return parsed.ok ? Number(parsed.value.value) : null
}

const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const labelPrefix = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

function problemsOf({ labels = {}, capacity, host, tls, sshKey }: Given, path: string): readonly SettingsProblem[] {
  const problems: SettingsProblem[] = []
  for (const [key, value] of Object.entries(labels)) {
    const [name = '', prefix, ...more] = key.split('/').reverse()
    if (more.length > 0 || !labelName.test(name) || (prefix !== undefined && !labelPrefix.test(prefix)))
      problems.push({ message: `\`${key}\` is no name of a label`, path: `${path}.labels` })
    if (value !== '' && !labelName.test(value))
      problems.push({ message: `\`${value}\` is no value of a label`, path: `${path}.labels` })
  }
  if (capacity?.memory !== undefined) {
    const parsed = parseQuantity(capacity.memory)
    if (!parsed.ok) problems.push({ message: parsed.error, path: `${path}.capacity.memory` })
  }
  const scheme = /^([a-z]+):\/\//.exec(host)?.[1] ?? (host.startsWith('/') ? 'unix' : 'tcp')
  if (!['unix', 'npipe', 'tcp', 'http', 'https', 'ssh'].includes(scheme))
    problems.push({ message: 'use unix:///path, tcp://host:port or ssh://user@host', path: `${path}.host` })
  if (tls !== undefined && !['tcp', 'https'].includes(scheme))
    problems.push({ message: '`tls` is for hosts of kind tcp', path: `${path}.tls` })
  if (sshKey !== undefined && scheme !== 'ssh')
    problems.push({ message: '`sshKey` is for hosts of kind ssh', path: `${path}.sshKey` })
  return problems
}

/** Settings that come to these endpoints. */
export const endpointSettingsOf = (endpoints: readonly EndpointConfig[]): readonly object[] =>
  endpoints.map(({ capacity: { memoryBytes, ...limits }, tls, ...endpoint }) =>
    filled({
      ...endpoint,
      tls: tls === null ? null : filled(tls),
      capacity: filled({ ...limits, memory: memoryBytes === null ? null : String(memoryBytes) }),
    }),
  )

const filled = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
