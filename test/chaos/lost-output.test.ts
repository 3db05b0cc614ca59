/** A script ends while dockerd is down, which it survives: a result that nobody wrote down is an error, no other one is. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDaemon } from '../../src/main.ts'
import type { Daemon } from '../../src/main.ts'
import type { Workflow } from '../../src/resources/index.ts'
import { processesOf } from '../../src/runtime/docker/lost-start.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'
import { linesFolder, readLines, tell } from './lines.ts'

const run = promisify(execFile)
const lost =
  'wait: Error (exit code 64): the container ended while the engine was away, as far as can be told: what it printed then is lost'
let engine: OwnEngine
let base = ''
let lines = ''
let daemon: Daemon
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'drydock-output-'))
  lines = join(base, 'lines')
  await mkdir(lines)
  engine = await ownEngine({ name: 'chaoso', options: ['--live-restore'] })
  await up()
})
afterAll(async () => {
  await daemon?.drain()
  await engine.remove()
  await rm(base, { recursive: true, force: true })
})

async function up(): Promise<void> {
  const file = join(base, 'settings.yaml')
  await writeFile(file, `docker: { host: ${engine.host} }\npolicy: { hostPaths: [${lines}] }\n`)
  daemon = await startDaemon({
    sources: { base, file, flags: { data: join(base, 'data') } },
    services: false,
    waitForEngine: true,
    logTo: { write: () => {} },
  })
}

/** Lets scripts go on that wait for it. */
const give = (word: string) => writeFile(join(lines, word), '')
const waitFor = (word: string) => `while [ ! -e ${linesFolder}/${word} ]; do sleep 0.05; done`

/** A workflow with a script of which another step wants what it prints. */
async function create(name: string, work: string, more: object = {}): Promise<void> {
  const mount = { name: 'lines', mountPath: linesFolder }
  const script = {
    image: 'busybox',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh'],
    volumeMounts: [mount],
    source: `${tell}; echo ${name}; t B ${name}; ${work}; echo 4711; t E ${name}`,
  }
  const value = '{{steps.script.outputs.result}}'
  const steps = [
    [{ name: 'script', template: 'script' }],
    [{ name: 'use', template: 'use', arguments: { parameters: [{ name: 'result', value }] } }],
  ]
  const use = { name: 'use', inputs: { parameters: [{ name: 'result' }] }, suspend: { duration: '0' } }
  await daemon.controller.createWorkflow('default', {
    metadata: { name },
    spec: {
      entrypoint: 'main',
      volumes: [{ name: 'lines', hostPath: { path: lines, type: 'Directory' } }],
      templates: [{ name: 'main', steps }, { name: 'script', script, ...more }, use],
    },
  })
}

const told = async (mark: 'B' | 'E', name: string) =>
  (await readLines(lines)).some((line) => line.mark === mark && line.label === name)
const begun = (name: string) => expect.poll(() => told('B', name)).toBe(true)
/** Of its container, once dockerd has noted that it runs, which may be after its first line. */
async function idOf(workflow: string): Promise<string> {
  const filters = ['role=main', `workflow=${workflow}`].flatMap((label) => ['--filter', `label=io.drydock.${label}`])
  let id = ''
  const look = async () =>
    (id = (await run('docker', ['-H', engine.host, 'ps', '-q', '--no-trunc', ...filters])).stdout.trim())
  await expect.poll(look).not.toBe('')
  return id
}
async function ended(name: string, id: string): Promise<void> {
  await expect.poll(() => told('E', name)).toBe(true)
  await expect.poll(async () => (await processesOf(id, []))?.length ?? 0).toBe(0)
}

async function outcomeOf(name: string): Promise<readonly string[]> {
  let workflow: Workflow | null = null
  const look = async () => (workflow = await daemon.controller.workflow('default', name))?.status?.finishedAt
  await expect.poll(look, { interval: 100 }).toBeTruthy()
  const { phase, nodes = {} } = (workflow as Workflow | null)?.status ?? {}
  const attempts = Object.values(nodes).filter(({ type }) => type === 'Pod')
  attempts.sort((a, b) => (a.name < b.name ? -1 : 1))
  const texts = attempts.map((one) => `${one.phase}: ${one.message || JSON.stringify(one.outputs?.result)}`)
  return [`${phase}`, ...texts]
}
const succeeded = (...words: readonly string[]) => `Succeeded: ${JSON.stringify([...words, '4711'].join('\n'))}`

it.each(['SIGKILL', 'SIGTERM'] as const)('what ends while dockerd is away after %s has no result', async (signal) => {
  const of = (word: string) => `${word}-${signal.toLowerCase()}`
  const [own, again, long, meanwhile] = [of('own'), of('again'), of('long'), of('meanwhile')]
  const [away, back] = [of('away'), of('back')]
  await create(own, waitFor(away))
  await create(again, waitFor(away), { retryStrategy: { limit: 2, retryPolicy: 'Always' } })
  await create(long, `${waitFor(away)}; echo meanwhile; t B ${meanwhile}; ${waitFor(back)}`)
  const [ownId, againId] = [await idOf(own), await idOf(again), await idOf(long)]
  await Promise.all([own, again, long].map(begun))
  await engine.stop(signal)
  await give(away)
  await Promise.all([ended(own, ownId), ended(again, againId), begun(meanwhile)])
  await engine.start()
  await give(back)
  expect(await outcomeOf(own)).toEqual(['Failed', `Error: ${lost}`])
  expect(await outcomeOf(again)).toEqual(['Succeeded', `Error: ${lost}`, succeeded(again)])
  expect(await outcomeOf(long)).toEqual(['Succeeded', succeeded(long, 'meanwhile')])
})

it.each([
  ['the daemon', false],
  ['both the daemon and dockerd', true],
])('what ends while %s is away has the result that it can have', async (_title, isEngineAway) => {
  const name = isEngineAway ? 'unseen' : 'adopted'
  await create(name, waitFor(name))
  const id = await idOf(name)
  await begun(name)
  await daemon.drain()
  if (isEngineAway) await engine.stop('SIGKILL')
  await give(name)
  await ended(name, id)
  await engine.start()
  await up()
  expect(await outcomeOf(name)).toEqual(isEngineAway ? ['Failed', `Error: ${lost}`] : ['Succeeded', succeeded(name)])
})
