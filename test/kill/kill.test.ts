/**
 * A real daemon, real containers, and `kill -9` again and again: in the end every workflow has succeeded, every step
 * has left exactly one line, and nothing of ours is left in the engine.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Workflow } from '../../src/resources/index.ts'
import { KillableDaemon } from './daemon.ts'
import { standing, sweep } from './engine.ts'
import { claimManifest, nthWorkflow, readerManifest } from './workflows.ts'

const kills = 32
const workflowsMost = 12
const patienceMs = 120_000

let daemon: KillableDaemon
beforeAll(async () => {
  daemon = await KillableDaemon.inScratch()
  await mkdir(daemon.folder, { recursive: true })
})
afterAll(async () => {
  await daemon.kill()
  const instance = await daemon.instance().catch(() => null)
  if (instance !== null) await sweep(instance)
  await daemon.clear()
})

const drop = (file: string, manifest: object) =>
  writeFile(join(daemon.folder, `${file}.json`), JSON.stringify(manifest))

async function workflows(): Promise<readonly Workflow[]> {
  const answer = await fetch(`${await daemon.url}/api/v1/workflows/default`)
  return ((await answer.json()) as { items?: readonly Workflow[] | null }).items ?? []
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const endsAt = Date.now() + patienceMs; Date.now() < endsAt;) {
    const found = await look()
    if (found !== null) return found
    await sleep(200)
  }
  throw new Error(`never: ${what}\n${daemon.said.slice(-40).join('\n')}`)
}

/** Half of the kills hit a daemon that works, the others one that starts. */
async function liveAWhile(index: number): Promise<void> {
  daemon.spawn()
  if (index % 2 === 0) await sleep(randomInt(50, 1_500))
  else {
    await daemon.url
    await sleep(randomInt(0, 2_000))
  }
  await daemon.kill()
}

it(`runs each step once though the daemon is killed ${kills} times, and leaves nothing behind`, async () => {
  const claim = `kill-${randomUUID().slice(0, 8)}`
  const wanted = Array.from({ length: workflowsMost }, (_, index) => nthWorkflow(index, claim))
  await drop('claim', claimManifest(claim))
  for (let index = 0, dropped = 0; index < kills; index += 1) {
    for (; dropped <= (index * workflowsMost) / kills && dropped < workflowsMost; dropped += 1) {
      const next = wanted[dropped]
      if (next !== undefined) await drop(next.file, next.manifest)
    }
    await liveAWhile(index)
  }
  for (const { file, manifest } of wanted) await drop(file, manifest)

  daemon.spawn()
  await daemon.url
  const ended = await until('all workflows end', async () => {
    const all = await workflows()
    return all.length >= wanted.length && all.every(({ status }) => Boolean(status?.finishedAt)) ? all : null
  })
  expect(
    Object.fromEntries(
      ended.map(({ metadata, status }) => [metadata.name, `${status?.phase ?? ''} ${status?.message ?? ''}`]),
    ),
  ).toEqual(Object.fromEntries(wanted.map(({ file }) => [file, 'Succeeded '])))

  await drop('reader', readerManifest('reader', claim))
  const text = await until('the volume is read', async () => {
    const reader = (await workflows()).find(({ metadata }) => metadata.name === 'reader')
    if (!reader?.status?.finishedAt) return null
    return await logOf('reader')
  })
  const lines = text.split('\n').filter((line) => line !== '')
  expect(lines.sort()).toEqual(wanted.flatMap((one) => one.lines).sort())

  const instance = await daemon.instance()
  let left: readonly string[] = []
  for (const { metadata } of await workflows()) await remove(metadata.name ?? '')
  await rm(join(daemon.folder, 'claim.json'))
  await until('containers, sandboxes and volumes are removed', async () => {
    left = await standing(instance)
    return left.length === 0 ? left : null
  }).catch((error: unknown) => expect(left, String(error)).toEqual([]))
  await daemon.stop()
  expect(await standing(instance)).toEqual([])
})

async function remove(name: string): Promise<void> {
  const answer = await fetch(`${await daemon.url}/api/v1/workflows/default/${name}`, { method: 'DELETE' })
  expect(answer.status).toBe(200)
}

async function logOf(name: string): Promise<string> {
  const path = `/api/v1/workflows/default/${name}/log?logOptions.container=main`
  const answer = await fetch(`${await daemon.url}${path}`)
  const rows = (await answer.text()).split('\n').filter((row) => row !== '')
  return rows.map((row) => (JSON.parse(row) as { result: { content: string } }).result.content).join('\n')
}
