/** dockerd is killed after a container has begun and before it has noted so: it must not run twice, and its end counts. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeIdOf, podIdOf, workflowUid } from '../../src/resources/index.ts'
import type { PodRequest, PodState } from '../../src/resources/index.ts'
import { DockerRuntime } from '../../src/runtime/docker/index.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'

const run = promisify(execFile)
let engine: OwnEngine
/** Takes its containers with it. */
let mortal: OwnEngine
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-lost-'))
  engine = await ownEngine({ name: 'chaosl', options: ['--live-restore'] })
  mortal = await ownEngine({ name: 'chaosm' })
})
afterAll(async () => {
  await engine.remove()
  await mortal.remove()
  await rm(folder, { recursive: true, force: true })
})

const uid = randomUUID()

/** Says in a file of the host that it runs, and when it ends. */
function podOf(name: string, seconds: number): PodRequest {
  const script = `echo begin >> /lines/${name}; sleep ${seconds}; echo end >> /lines/${name}`
  return {
    identity: {
      id: podIdOf(`${uid}.${name}.0`),
      name,
      namespace: 'default',
      workflowName: 'lost',
      workflowUid: workflowUid(uid),
      nodeId: nodeIdOf(name),
      nodeName: name,
    },
    labels: {},
    annotations: {},
    containers: [
      {
        name: 'main',
        role: 'main',
        image: 'busybox',
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', script],
        env: [],
        mounts: [{ volume: 'lines', mountPath: '/lines' }],
        resources: {},
        security: {},
      },
    ],
    volumes: [{ kind: 'hostPath', name: 'lines', path: folder }],
    network: { mode: 'sandbox' },
    terminationGraceMs: 1_000,
    activeDeadlineMs: null,
    registryCredentials: [],
  }
}

function endOf(state: PodState | undefined) {
  const { exitCode, reason } = state?.containers[0] ?? {}
  return reason === 'ContainerStatusUnknown' ? { exitCode, reason } : { exitCode }
}

/** Whoever waits for it hears of its failure, however late he begins to. */
function startOf(runtime: DockerRuntime, pod: PodRequest): Promise<void> {
  const started = runtime.start(pod)
  started.catch(() => {})
  return started
}

const linesOf = async (name: string) =>
  (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n').filter(Boolean)

it.each([
  ['and that lives when the engine is back', 'long', 4, 0],
  ['and that ended meanwhile', 'short', 0.5, 2_000],
])('a container whose start the engine may have lost %s runs once, and ends', async (_title, name, seconds, awayMs) => {
  const dataDir = join(folder, `data-${name}`)
  const engineAddress = { kind: 'socket', path: engine.socket, source: 'test' } as const
  const runtime = new DockerRuntime({
    engine: engineAddress,
    instance: `lost-${uid.slice(0, 8)}`,
    dataDir,
    relistMs: 1_000,
  })
  const pod = podOf(name, seconds)
  try {
    await runtime.prepare(pod)
    const started = startOf(runtime, pod)
    while ((await linesOf(name)).length === 0) await sleep(1)
    await engine.stop('SIGKILL')
    await sleep(awayMs)
    await engine.start()
    await started
    let state: PodState | undefined
    await expect
      .poll(
        async () => {
          state = (await runtime.list()).find(({ identity }) => identity.name === name)
          return state?.phase
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBe('ended')
    expect(await linesOf(name)).toEqual(['begin', 'end'])
    // Whether dockerd had noted the start is its own secret.
    const ends = [{ exitCode: 0 }, { exitCode: 137, reason: 'ContainerStatusUnknown' }, { exitCode: 255 }]
    expect(ends).toContainEqual(endOf(state))
  } finally {
    await runtime.forget(pod.identity.workflowUid)
    await runtime.close()
  }
})

it('a container that was to start when the engine went with its sandboxes starts in a new one', async () => {
  const runtime = new DockerRuntime({
    engine: { kind: 'socket', path: mortal.socket, source: 'test' },
    instance: `mortal-${uid.slice(0, 8)}`,
    dataDir: join(folder, 'data-mortal'),
    relistMs: 1_000,
  })
  const [before, after] = [podOf('before', 0), podOf('after', 0)]
  const stateOf = async (name: string) => (await runtime.list()).find(({ identity }) => identity.name === name)
  const hasEnded = (name: string) =>
    expect
      .poll(async () => (await stateOf(name).catch(() => undefined))?.phase, { timeout: 60_000, interval: 300 })
      .toBe('ended')
  try {
    await runtime.prepare(before)
    await runtime.start(before)
    await hasEnded('before')
    await runtime.prepare(after)
    const names = async () => (await run('docker', ['-H', mortal.host, 'ps', '--format', '{{.Names}}'])).stdout
    await expect.poll(names, { timeout: 60_000 }).toContain(`drydock.${after.identity.id}._net`)
    await mortal.stop('SIGKILL')
    const started = startOf(runtime, after)
    await sleep(3_000)
    await mortal.start()
    await started
    await hasEnded('after')
    expect(endOf(await stateOf('after'))).toEqual({ exitCode: 0 })
    expect(await linesOf('after')).toEqual(['begin', 'end'])
  } finally {
    await runtime.forget(after.identity.workflowUid)
    await runtime.close()
  }
})
