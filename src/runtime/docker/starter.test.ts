/** What comes of a start that the engine refuses, without an engine. */
import { expect, it, vi } from 'vitest'
import { WorldError, workflowUid } from '../../resources/index.ts'
import { planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineError } from './client.ts'
import { PodRecord } from './pod-record.ts'
import { StartGate } from './start-gate.ts'
import { Starter, type StarterParts } from './starter.ts'

const id = 'f'.repeat(64)
const standing = { status: 'created', startedAt: null, finishedAt: null, error: '' }

/** What becomes of a container whose starts are refused like that while it is looked up so often before it is gone. */
async function refused(status: number, message: string, looksLeft: number): Promise<string> {
  const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
  const pod = new PodRecord(request.identity, planOf(request, [], 'none'))
  const [container] = pod.all
  if (container === undefined) throw new Error('a pod without containers')
  pod.isStarted = true
  container.id = id
  let fate = 'nothing'
  let looks = looksLeft
  const calls = {
    start: () => Promise.reject(new EngineError(status, message)),
    inspect: () => Promise.resolve(looks-- > 0 ? standing : null),
    hasBegun: () => Promise.resolve(false),
  }
  const parts = {
    calls,
    gate: new StartGate({ least: 1, most: 1, initial: 1 }),
    log: () => {},
    confirm: () => Promise.resolve(),
    gone: () => {
      pod.isGone = true
      fate = 'gone'
    },
  } as unknown as StarterParts
  const unheard = () => (fate = 'started')
  const neverRuns = () => (fate = 'cannot run')
  await new Starter(parts, { running: unheard, died: unheard, settle: unheard, neverRuns }).start(pod, container, id)
  return pod.startError instanceof WorldError ? pod.startError.code : fate
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
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const fate = refused(500, message, Infinity)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await fate).toBe('POD_UNSTARTABLE')
  } finally {
    vi.useRealTimers()
  }
})

it('a container that stands and cannot be started never runs', async () => {
  expect(await refused(400, 'exec: "none": executable file not found in $PATH', Infinity)).toBe('cannot run')
})
