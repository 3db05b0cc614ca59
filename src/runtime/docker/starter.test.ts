/** What comes of a start that the engine refuses, without an engine. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WorldError, workflowUid } from '../../resources/index.ts'
import { planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineError } from './client.ts'
import { PodRecord } from './pod-record.ts'
import { StartGate } from './start-gate.ts'
import { Starter, type StarterParts } from './starter.ts'

const id = 'f'.repeat(64)
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => void vi.useRealTimers())

const standing = { status: 'created', startedAt: null, finishedAt: null, error: '' }

/** What becomes of a container that is started in such a world. */
async function started(network: 'none' | 'pool', world: object, isAdopted = false): Promise<string> {
  const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
  const pod = new PodRecord(request.identity, planOf(request, [], network))
  const [container] = pod.all
  if (container === undefined) throw new Error('a pod without containers')
  pod.isStarted = true
  pod.isAdopted = isAdopted
  container.id = id
  let fate = 'nothing'
  const parts = {
    gate: new StartGate({ least: 1, most: 1, initial: 1 }),
    log: () => {},
    confirm: () => Promise.resolve(),
    gone: () => {
      pod.isGone = true
      fate = 'gone'
    },
    ...world,
  } as unknown as StarterParts
  const unheard = () => (fate = 'started')
  const neverRuns = () => (fate = 'cannot run')
  const starter = new Starter(parts, { running: unheard, died: unheard, settle: unheard, neverRuns })
  const start = starter.start(pod, container, id)
  await vi.advanceTimersByTimeAsync(60_000)
  await start
  return pod.startError instanceof WorldError ? pod.startError.code : fate
}

/** One whose starts are refused like that while it is looked up so often before it is gone. */
function refused(status: number, message: string, looksLeft: number): Promise<string> {
  let looks = looksLeft
  const calls = {
    start: () => Promise.reject(new EngineError(status, message)),
    inspect: () => Promise.resolve(looks-- > 0 ? standing : null),
    hasBegun: () => Promise.resolve(false),
  }
  return started('none', { calls })
}

/** One whose sandbox cannot be made so often. */
function withoutSandbox(status: number, times: number): Promise<string> {
  let left = times
  const sandboxes = {
    bind: () => (left-- > 0 ? Promise.reject(new EngineError(status, 'no')) : Promise.resolve({ ip: '10.0.0.2' })),
    release: () => {},
  }
  const calls = {
    start: () => Promise.resolve(),
    inspect: () => Promise.resolve(standing),
    hasBegun: () => Promise.resolve(false),
  }
  return started('pool', { calls, sandboxes })
}

it.each([
  [404, `startContainer: No such container: ${id}`],
  [409, 'startContainer: container is marked for removal and cannot be started'],
])(
  'a container that is removed while it is started is gone, also where the engine still knows of it: %i',
  async (status, message) => {
    expect(await refused(404, `startContainer: No such container: ${id}`, 0)).toBe('gone')
    expect(await refused(status, message, 3)).toBe('gone')
  },
)

it.each([
  ['it was to join is gone', `startContainer: No such container: ${'e'.repeat(64)}`],
  ['containerd has not cleared', 'failed to start shim: mkdir /run/containerd/x: file exists: unknown'],
])('a pod is to be made anew where what %s, and nothing of it has run', async (_what, message) => {
  expect(await refused(500, message, Infinity)).toBe('POD_UNSTARTABLE')
})

it('what another has started while it was asked who leads is not started once more', async () => {
  let isStarted = false
  let starts = 0
  const calls = {
    start: async () => void (starts += 1),
    inspect: () => Promise.resolve(isStarted ? { ...standing, status: 'running', startedAt: 1 } : standing),
    hasBegun: () => Promise.resolve(false),
  }
  const confirm = async () => void (isStarted = true)
  expect([await started('none', { calls, confirm }, true), starts]).toEqual(['started', 0])
})

it('an engine that is away is waited for where it is to make the sandbox; three refusals are told', async () => {
  expect(await withoutSandbox(0, 20)).toBe('started')
  expect(await withoutSandbox(500, 2)).toBe('started')
  expect(await withoutSandbox(500, 3)).toBe('NO_SANDBOX')
})

it('a container that stands and cannot be started never runs', async () => {
  expect(await refused(400, 'exec: "none": executable file not found in $PATH', Infinity)).toBe('cannot run')
})
