/** A start of containers that was asked for by a daemon that is in charge no more, and comes late. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import type { PodRequest, WorkflowUid } from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { EngineCalls } from './engine-calls.ts'
import { containerName } from './names.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const engine = found.address

let uid: WorkflowUid
let instance: string
let volume: string
const mounts = [{ volume: 'lines', mountPath: '/lines' }]
let calls: EngineCalls
let first: DockerRuntime
let second: DockerRuntime
let folders: readonly string[]
beforeEach(async () => {
  uid = workflowUid(randomUUID())
  instance = `runtime-late-${uid.slice(0, 8)}`
  volume = `drydock-late-${uid.slice(0, 8)}`
  folders = ['first', 'second'].map((name) => mkdtempSync(join(tmpdir(), `drydock-late-${name}-`)))
  const [one = '', other = ''] = folders
  calls = new EngineCalls(new EngineClient(engine))
  first = new DockerRuntime({ engine, instance, dataDir: one })
  second = new DockerRuntime({ engine, instance, dataDir: other })
  await first.ensureVolume(volume, {})
})
afterEach(async () => {
  await second.forget(uid)
  await second.removeVolume(volume)
  await Promise.all([first, second].map((runtime) => runtime.close()))
  expect(await calls.listOwn(instance)).toEqual([])
  calls.client.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const podOf = (name: string, script: string): PodRequest =>
  podRequest(uid, name, [mainContainer({ command: ['sh', '-c', script], mounts })], {
    volumes: [{ kind: 'claim', name: 'lines', volumeName: volume }],
    network: { mode: 'none' },
    terminationGraceMs: 0,
  })
const idOf = async ({ identity }: PodRequest) => (await calls.inspect(containerName(identity.id, 'main')))?.id ?? ''
const ended = async (runtime: DockerRuntime, { identity }: PodRequest): Promise<void> => {
  const isOver = async () =>
    (await runtime.list()).some(({ identity: { id }, phase }) => id === identity.id && phase === 'ended')
  await expect.poll(isOver).toBe(true)
}
const lines = async (): Promise<readonly string[]> => {
  const reader = podOf('reader', 'cat /lines/all')
  await second.start(reader)
  const read: string[] = []
  for await (const { text } of second.logs(reader.identity.id, 'main', { follow: true })) read.push(text)
  return read
}

it('finds nothing where another has taken over meanwhile, however quickly the step has ended', async () => {
  const pod = podOf('p', 'echo line >> /lines/all')
  await first.prepare(pod)
  const stale = await idOf(pod)
  await second.list()
  await second.prepare(pod)
  await second.start(pod)
  await ended(second, pod)
  await expect(calls.start(stale)).rejects.toMatchObject({ status: 404 })
  expect(await idOf(pod)).not.toBe(stale)
  expect(await lines()).toEqual(['line'])
})

it('likewise where the other has not seen the containers before it makes its own', async () => {
  const pod = podOf('p', 'echo line >> /lines/all')
  await second.list()
  await first.prepare(pod)
  const stale = await idOf(pod)
  await second.start(pod)
  await ended(second, pod)
  await expect(calls.start(stale)).rejects.toMatchObject({ status: 404 })
  expect(await lines()).toEqual(['line'])
})

it('is followed where it came before the other made its own', async () => {
  const pod = podOf('p', 'echo line >> /lines/all; sleep 1')
  await first.prepare(pod)
  await second.list()
  const stale = await idOf(pod)
  await calls.start(stale)
  await second.prepare(pod)
  await second.start(pod)
  await ended(second, pod)
  expect(await idOf(pod)).toBe(stale)
  expect(await lines()).toEqual(['line'])
})

it('is followed where it has come to its end by then', async () => {
  const pod = podOf('p', 'echo line >> /lines/all')
  await first.prepare(pod)
  await second.list()
  const stale = await idOf(pod)
  await calls.start(stale)
  await expect.poll(async () => (await calls.inspect(stale))?.status).toBe('exited')
  await second.start(pod)
  await ended(second, pod)
  expect(await lines()).toEqual(['line'])
})

it('takes nothing away from the other where the one that asked for it is told that it is gone', async () => {
  const pod = podOf('p', 'echo line >> /lines/all; sleep 1; wget -q -O- http://127.0.0.1:1 2>/dev/null; exit 0')
  await first.prepare(pod)
  await second.prepare(pod)
  first.guard(() => Promise.reject(new Error('another leads')))
  const late = first.start(pod).catch((error: unknown) => String(error))
  await second.start(pod)
  await ended(second, pod)
  expect(await late).toContain('another leads')
  expect((await second.list()).find(({ identity }) => identity.id === pod.identity.id)?.containers[0]?.exitCode).toBe(0)
  expect(await lines()).toEqual(['line'])
})
