/**
 * The image of tokens: the pause program, as an archive of fixed bytes. So its id is the same on every machine, and by its
 * id Swarm takes it as it is; by a name Swarm would ask a registry for it first.
 */
import { createHash } from 'node:crypto'
import { EngineClient } from '../docker/client.ts'
import type { EngineAddress } from '../docker/connection.ts'
import { pauseProgram } from '../docker/pause-program.ts'
import { tarOf } from '../docker/tar.ts'

export type TokenImage = { readonly id: string; readonly archive: Buffer }

/** Where machines differ in kind, no one id would do. The name's host cannot exist, so nobody is asked for it. */
export const tokenName = 'drydock.invalid/token:1'

const made = new Map<string, Promise<TokenImage>>()

/** @param arch as a swarm's node says it */
export function tokenImage(arch: string): Promise<TokenImage> {
  const kind = isArm(arch) ? 'arm64' : 'amd64'
  const known = made.get(kind) ?? make(kind)
  made.set(kind, known)
  return known
}

/** What a service names: one id where all machines are of one kind. */
export async function tokenReference(archs: readonly string[]): Promise<string> {
  const kinds = new Set(archs.map(isArm))
  return kinds.size === 1 ? (await tokenImage(archs[0] ?? '')).id : tokenName
}

/** Loads it where it is missing. */
export async function ensureToken(address: EngineAddress, arch: string): Promise<void> {
  const { id, archive } = await tokenImage(arch)
  const client = new EngineClient(address)
  try {
    const reply = await client.call('inspectImage', 'GET', `/images/${id}/json`, { allow: [404], deadlineMs: 10_000 })
    if (reply.status === 404) await client.call('loadImage', 'POST', '/images/load', { tar: archive })
  } finally {
    client.close()
  }
}

const isArm = (arch: string): boolean => /^(arm64|aarch64)$/.test(arch)
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

async function make(kind: 'amd64' | 'arm64'): Promise<TokenImage> {
  const program = Buffer.from(pauseProgram[kind], 'base64')
  const layer = await tarOf([{ kind: 'file', path: '/pause', mode: 0o755, content: program }])
  const config = Buffer.from(
    JSON.stringify({
      architecture: kind,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Entrypoint: ['/pause'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digestOf(layer)}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'drydock' }],
    }),
  )
  const configName = `${digestOf(config)}.json`
  const manifest = [{ Config: configName, RepoTags: [tokenName], Layers: ['layer/layer.tar'] }]
  const file = (path: string, content: Buffer) => ({ kind: 'file', path, mode: 0o644, content }) as const
  const archive = await tarOf([
    file(configName, config),
    { kind: 'directory', path: 'layer', mode: 0o755 },
    file('layer/layer.tar', layer),
    file('manifest.json', Buffer.from(JSON.stringify(manifest))),
  ])
  return { id: `sha256:${digestOf(config)}`, archive }
}
