/**
 * Sandboxes that no daemon will ever take up again: their daemon was killed and its data directory has gone since. Only
 * those of this machine's own daemons are looked at, for which the label tells the directory; a directory that stands
 * belongs to a daemon that lives or may be started again, and clears up by itself.
 */
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { EngineAddress } from './connection.ts'
import { EngineClient } from './client.ts'
import { EngineCalls } from './engine-calls.ts'
import { label } from './names.ts'
import { type ListedContainer, list, listedContainer } from './wire.ts'

export type Stray = { readonly id: string; readonly name: string; readonly instance: string }

/** Where a daemon keeps its files, on which machine: what its sandboxes say of their origin. */
export const homeOf = (dataDir: string): string => `${hostname()}:${resolve(dataDir)}`

export async function findStrays(address: EngineAddress): Promise<readonly Stray[]> {
  return withCalls(address, async (calls) => {
    const filters = JSON.stringify({ label: [label.instance] })
    const answer = await calls.client.json('listContainers', 'GET', '/containers/json', {
      query: { all: true, filters },
    })
    const rows = list(answer).map(listedContainer)
    const atWork = new Set(rows.filter(isPodAtWork).map(instanceOf))
    return rows
      .filter((row) => isSandbox(row) && hasLostHome(row) && !atWork.has(instanceOf(row)))
      .map((row) => ({ id: row.id, name: row.name, instance: instanceOf(row) }))
  })
}

export async function removeStrays(address: EngineAddress, strays: readonly Stray[]): Promise<void> {
  await withCalls(address, async (calls) => {
    for (const { id } of strays) await calls.remove(id)
  })
}

const instanceOf = (row: ListedContainer): string => row.labels[label.instance] ?? ''
const isSandbox = (row: ListedContainer): boolean => /^(sandbox|network)$/.test(row.labels[label.role] ?? '')
/** What joins a sandbox would lose its network with it. */
const isPodAtWork = (row: ListedContainer): boolean =>
  row.state === 'running' && /^(init|main|sidecar)$/.test(row.labels[label.role] ?? '')

function hasLostHome(row: ListedContainer): boolean {
  const home = row.labels[label.home] ?? ''
  const prefix = `${hostname()}:`
  return home.startsWith(prefix) && !existsSync(home.slice(prefix.length))
}

async function withCalls<T>(address: EngineAddress, work: (calls: EngineCalls) => Promise<T>): Promise<T> {
  const client = new EngineClient(address)
  try {
    return await work(new EngineCalls(client))
  } finally {
    client.close()
  }
}
