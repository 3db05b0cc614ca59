import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../config/index.ts'
import type { Config } from '../config/index.ts'
import { silentLog } from '../controller/index.ts'
import { liveSettings } from './live-settings.ts'
import type { LiveSettings } from './live-settings.ts'

let folder = ''
let file = ''
let settings: LiveSettings
let applied: Config[]
let outcomes: string[]
let said: { readonly text: string; readonly fields: Readonly<Record<string, unknown>> }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-settings-'))
  file = join(folder, 'drydock.yaml')
  applied = []
  outcomes = []
  said = []
  await writeFile(file, 'parallelism: 1\n')
  settings = await open(60_000)
})

async function open(pollMs: number): Promise<LiveSettings> {
  const sources = { base: folder, file }
  const note = (fields: Readonly<Record<string, unknown>>, text: string) => void said.push({ fields, text })
  return liveSettings({
    sources,
    running: (await loadConfig(sources)).config,
    apply: (config) => applied.push(config),
    log: { ...silentLog, info: note, warn: note, error: note },
    metrics: { configReloaded: (outcome) => outcomes.push(outcome) },
    pollMs,
  })
}
afterEach(async () => {
  settings.close()
  await rm(folder, { recursive: true })
})

it('takes over what may change, and tells the parts', async () => {
  await writeFile(file, 'parallelism: 2\n')
  await settings.reload('test')
  expect(applied.map(({ argo }) => argo.parallelism)).toEqual([2])
  expect([settings.config.argo.parallelism, outcomes]).toEqual([2, ['applied']])
  await settings.reload('test')
  expect(outcomes).toEqual(['applied', 'unchanged'])
})

it('refuses what needs a restart, says so once, and forgets it when it is undone', async () => {
  await writeFile(file, 'parallelism: 1\nserver: {port: 1}\ndata: elsewhere\n')
  await settings.reload('test')
  await settings.reload('test')
  expect(applied).toEqual([])
  expect(settings.state().pending).toEqual(['artifacts.dir', 'data', 'server.port'])
  expect(said.filter(({ text }) => text.includes('after a restart'))).toHaveLength(1)
  await writeFile(file, 'parallelism: 1\n')
  await settings.reload('test')
  expect(settings.state()).toEqual({ pending: [], problems: [] })
})

it('goes on with the settings it has where the new ones are wrong, and says where', async () => {
  await writeFile(file, 'parallelism: 2\ncapacity:\n  memory: much\n')
  await settings.reload('test')
  expect([applied, settings.config.argo.parallelism, outcomes]).toEqual([[], 1, ['invalid']])
  expect(settings.state().problems).toEqual([expect.stringMatching(/drydock\.yaml:3:11 {2}capacity\.memory/)])
  await rm(file)
  await settings.reload('test')
  expect(settings.state().problems).toEqual([expect.stringMatching(/cannot read settings file/)])
})

it('notices by itself that the file was changed, or replaced by another', async () => {
  settings.close()
  settings = await open(20)
  await writeFile(file, 'parallelism: 5\n')
  await expect.poll(() => settings.config.argo.parallelism).toBe(5)
  await writeFile(`${file}.new`, 'parallelism: 6\n')
  await rename(`${file}.new`, file)
  await expect.poll(() => settings.config.argo.parallelism).toBe(6)
})

it('lets the file win over Argo’s ConfigMap, which changes what the file leaves open', async () => {
  await settings.argoChanged({ parallelism: 9, namespaceParallelism: 3 })
  expect(settings.config.argo).toMatchObject({ parallelism: 1, namespaceParallelism: 3 })
  await settings.argoChanged({})
  expect(settings.config.argo.namespaceParallelism).toBeUndefined()
})
