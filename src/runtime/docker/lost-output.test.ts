/** What an engine's memory of its last events says of a container's output, without an engine. */
import { expect, it } from 'vitest'
import { WorldError, workflowUid } from '../../resources/index.ts'
import { planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineError } from './client.ts'
import { LostOutput } from './lost-output.ts'
import { type ContainerRecord, PodRecord } from './pod-record.ts'

const id = 'f'.repeat(64)
const other = 'e'.repeat(64)
const now = 1_800_000_000_000

type Remembered = { readonly action: string; readonly of: string; readonly at: number }

/** Whose memory holds the last 256, as dockerd's does. `clockMs` is how far its clock is ahead of what we take it for. */
class Engine {
  readonly asked: string[] = []
  readonly #memory: readonly Remembered[]
  readonly #refusals: Readonly<Record<string, readonly EngineError[]>>
  readonly #clockMs: number

  constructor(memory: readonly Remembered[], refusals: Record<string, EngineError[]> = {}, clockMs = 0) {
    this.#memory = memory.slice(-256)
    this.#refusals = refusals
    this.#clockMs = clockMs
  }

  call(_verb: string, _method: string, path: string, { query = {} }: { query?: Record<string, unknown> } = {}) {
    const asked = this.asked.push(path) - 1
    const refusal = this.#refusals[path]?.[Math.min(asked, this.#refusals[path].length - 1)]
    if (refusal) return Promise.reject(refusal)
    const { container: [wanted] = [], event } = JSON.parse(String(query.filters)) as {
      container?: string[]
      event?: string[]
    }
    const told = this.#memory.filter(
      ({ action, of, at }) =>
        at <= Number(query.until) * 1000 &&
        (wanted === undefined || of === wanted) &&
        (event === undefined || event.includes(action)),
    )
    const body = told.map(({ action, of }) => `${JSON.stringify({ Action: action, Actor: { ID: of } })}\n`).join('')
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(body) })
  }

  json(_verb: string, _method: string, path: string) {
    this.asked.push(path)
    const refusal = this.#refusals[path]?.[0]
    if (refusal) return Promise.reject(refusal)
    return Promise.resolve({ SystemTime: new Date(now + this.#clockMs).toISOString() })
  }
}

const container = (): ContainerRecord => {
  const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
  const [one] = new PodRecord(request.identity, planOf(request, [], 'none')).all
  if (one === undefined) throw new Error('a pod without containers')
  return Object.assign(one, { id, state: 'exited' })
}
const lostOutputOf = (client: Engine) => new LostOutput({ client, log: () => {}, engineNow: () => now })

async function verdictOf(engine: Engine, one = container()): Promise<string> {
  try {
    await lostOutputOf(engine).refuse(one)
    return 'whole'
  } catch (error) {
    return error instanceof WorldError ? `${error.code}${error.retryable ? ', for now' : ''}` : String(error)
  }
}

const others = (length: number): Remembered[] =>
  Array.from({ length }, (_, index) => ({ action: 'start', of: other, at: now - 10_000 + index }))
const [start, die] = [
  { action: 'start', of: id, at: now - 20_000 },
  { action: 'die', of: id, at: now - 9_000 },
]
const refused = new EngineError(403, 'forbidden')
const away = new EngineError(0, 'away')

it.each([
  ['remembers its start and its end', [start, die], 'whole'],
  ['was restarted in between, and told of the end', [die, ...others(3)], 'whole'],
  ['has not been restarted, though nobody heard of the end', [start], 'whole'],
  ['remembers nothing', [], 'OUTPUT_LOST'],
  ['remembers others only', others(255), 'OUTPUT_LOST'],
  ['remembers that somebody looked at it, once it had ended', [{ ...die, action: 'archive-path' }], 'OUTPUT_LOST'],
  ['may have forgotten', others(256), 'whole'],
  ['has forgotten its start only', [start, ...others(255), die], 'whole'],
])('of a container of which the engine %s, the verdict is right', async (_title, memory, verdict) => {
  expect(await verdictOf(new Engine(memory))).toBe(verdict)
})

it.each([
  ['refuses events', { '/events': [refused] }, 'whole'],
  ['does not answer when asked for events, but otherwise', { '/events': [away] }, 'whole'],
  ['is away', { '/events': [away], '/info': [away] }, 'ENGINE_AWAY, for now'],
  ['goes away in between', { '/info': [away] }, 'ENGINE_AWAY, for now'],
])('of an engine that %s, the verdict is right', async (_title, refusals, verdict) => {
  expect(await verdictOf(new Engine([], refusals))).toBe(verdict)
})

it('finds an end that only just came, by the clock of the engine', async () => {
  expect(await verdictOf(new Engine([{ ...die, at: now + 60_500 }], {}, 60_000))).toBe('whole')
})

it('asks nothing where the end was heard, and of a run after it again', async () => {
  const engine = new Engine([])
  const lostOutput = lostOutputOf(engine)
  const one = container()
  lostOutput.heardEnd(one, id)
  await lostOutput.refuse(one)
  expect(engine.asked).toEqual([])
  one.restarts += 1
  await expect(lostOutput.refuse(one)).rejects.toThrow('ended while the engine was away')
})

it('asks nothing of a container that is gone', async () => {
  const engine = new Engine([])
  await lostOutputOf(engine).refuse({ ...container(), id: null })
  expect(engine.asked).toEqual([])
})
