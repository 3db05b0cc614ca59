/**
 * What stands in the engine and in the data directory for workflows that no longer are: left by a daemon that lost its
 * store, or that could not reach the engine when it cleared up. Only what carries the instance's label is looked at.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineAddress } from './connection.ts'
import { EngineClient } from './client.ts'
import { EngineCalls } from './engine-calls.ts'
import { label } from './names.ts'
import { labelsOf, list, listedContainer, record, textOr } from './wire.ts'
import { ownerLabel } from '../volume-owner.ts'

export type Leak = {
  readonly kind: 'container' | 'volume' | 'log'
  /** Of containers the id, of logs the path. */
  readonly ref: string
  readonly name: string
  readonly workflowUid: string
  readonly sizeBytes: number
}

export type Whose = {
  readonly instance: string
  /** The one of DockerRuntimeOptions. */
  readonly dataDir: string
}

/** Everything that belongs to one workflow or another; whether that still is, the caller has to know. */
export async function findBelongings(address: EngineAddress, { instance, dataDir }: Whose): Promise<readonly Leak[]> {
  const filters = JSON.stringify({ label: [`${label.instance}=${instance}`] })
  const inEngine = await withClient(address, async (client) => {
    const rows = list(await client.json('listContainers', 'GET', '/containers/json', { query: { all: true, filters } }))
    const volumes = record(await client.json('listVolumes', 'GET', '/volumes', { query: { filters } }))
    return [
      ...rows.map(listedContainer).map(({ id, name, labels }) => leakOf('container', id, name, labels)),
      ...list(volumes.Volumes).map((value) => {
        const { Name, Labels } = record(value)
        return leakOf('volume', textOr(Name, ''), textOr(Name, ''), labelsOf(Labels))
      }),
    ]
  })
  return [...inEngine.filter(({ workflowUid }) => workflowUid !== ''), ...(await logsIn(join(dataDir, 'logs')))]
}

/** What is gone meanwhile is no error. */
export async function removeLeaks(address: EngineAddress, leaks: readonly Leak[]): Promise<void> {
  const of = (kind: Leak['kind']) => leaks.filter((leak) => leak.kind === kind)
  await withClient(address, async (client) => {
    const calls = new EngineCalls(client)
    for (const { ref } of of('container')) await calls.remove(ref)
    for (const { ref } of of('volume')) await calls.removeVolume(ref)
  })
  for (const { ref } of of('log')) await rm(ref, { recursive: true, force: true })
}

function leakOf(
  kind: 'container' | 'volume',
  ref: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): Leak {
  return { kind, ref, name, workflowUid: labels[label.workflowUid] ?? labels[ownerLabel] ?? '', sizeBytes: 0 }
}

async function logsIn(directory: string): Promise<readonly Leak[]> {
  const names = await readdir(directory).catch(() => [])
  return Promise.all(
    names.map(async (name): Promise<Leak> => {
      const ref = join(directory, name)
      return { kind: 'log', ref, name, workflowUid: name, sizeBytes: await sizeOf(ref) }
    }),
  )
}

async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)).catch(() => null)),
  )
  return sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0)
}

async function withClient<T>(address: EngineAddress, work: (client: EngineClient) => Promise<T>): Promise<T> {
  const client = new EngineClient(address)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}
