/** What probes take for an answer. What they do to real containers: the contract of the runtime. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import type { ProbeRequest } from '../../resources/index.ts'
import type { PlannedContainer } from '../plan.ts'
import type { EngineClient } from './client.ts'
import { EngineError } from './client.ts'
import { Prober } from './probes.ts'

afterEach(() => vi.restoreAllMocks())

type Reply = number | Error

/** An engine whose commands end so, one after the other; the last for ever. */
function engineOf(replies: Reply[]) {
  let asked = 0
  const json = vi.fn(async (verb: string) => {
    if (verb === 'createExec') {
      asked += 1
      return { Id: 'exec' }
    }
    const reply = replies.length > 1 ? replies.shift() : replies[0]
    if (reply instanceof Error) throw reply
    return { Running: false, ExitCode: reply }
  })
  const client = { json, stream: async () => Readable.from([]) } as unknown as EngineClient
  return { client, asked: () => asked }
}

function proberOf(client: EngineClient, probe: Partial<ProbeRequest>) {
  const events = { onReady: vi.fn(), onDead: vi.fn() }
  const livenessProbe: ProbeRequest = {
    action: { kind: 'exec', command: ['true'] },
    initialDelayMs: 0,
    periodMs: 100,
    timeoutMs: 1_000,
    successThreshold: 1,
    failureThreshold: 2,
    ...probe,
  }
  const prober = new Prober(
    client,
    { livenessProbe } as PlannedContainer,
    { containerId: 'c', ip: '127.0.0.1' },
    events,
  )
  onTestFinished(() => prober.stop())
  return events
}

it.each([
  ['an engine that is away', new EngineError(0, 'connect ECONNREFUSED')],
  ['a container that is paused', new EngineError(409, 'Container c is paused, unpause the container before exec')],
])('%s is no answer', async (_what, error) => {
  const { client, asked } = engineOf([error])
  const { onDead } = proberOf(client, {})
  await expect.poll(asked).toBeGreaterThan(5)
  expect(onDead).not.toHaveBeenCalled()
})

it('what fails so often in a row as the threshold says is dead, whatever could not be asked in between', async () => {
  const away = new EngineError(0, 'away')
  const { client, asked } = engineOf([1, 0, 1, away, away, 1, 0])
  const { onDead } = proberOf(client, {})
  await expect.poll(() => onDead.mock.calls).toEqual([['Liveness probe failed']])
  expect(asked()).toBe(6)
})

it('a command that the engine refuses has failed', async () => {
  const { onDead } = proberOf(engineOf([new EngineError(400, 'OCI runtime exec failed')]).client, {})
  await expect.poll(() => onDead.mock.calls.length).toBe(1)
})

it('time that this process stood still is not the container’s', async () => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as { port: number }
  let [isAsleep, looks] = [true, 0]
  const now = performance.now.bind(performance)
  // Each answer comes a minute late, by the clock.
  vi.spyOn(performance, 'now').mockImplementation(() => now() + (isAsleep ? (looks += 1) * 60_000 : looks * 60_000))
  const action = { kind: 'http', port, path: '/', scheme: 'HTTP', host: '127.0.0.1' } as const
  const { onDead } = proberOf(engineOf([0]).client, { action, timeoutMs: 30 })
  await expect.poll(() => looks).toBeGreaterThan(8)
  expect(onDead).not.toHaveBeenCalled()
  isAsleep = false
  await expect.poll(() => onDead.mock.calls.length).toBe(1)
})
