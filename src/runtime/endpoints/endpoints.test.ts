import { describe, expect, it } from 'vitest'
import type { Clock, PodRequest, PodState, Random } from '../../resources/index.ts'
import { instant, workflowUid } from '../../resources/index.ts'
import { runtimeContract } from '../runtime.contract.ts'
import { podRequest } from '../runtime.fixtures/pod-request.ts'
import type { PodScript } from '../simulated/script.ts'
import { SimulatedEngine, SimulatedRuntime } from '../simulated/index.ts'
import { doing, scriptOf } from '../simulated/simulated.fixtures/deeds.ts'
import { EndpointsRuntime } from './endpoints-runtime.ts'
import type { EndpointSettings } from './member.ts'

const clock: Clock = {
  now: () => instant(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true })
    }),
}
const random: Random = { next: () => 0.99, uuid: () => '00000000-0000-4000-8000-000000000000' }
const settings: EndpointSettings = {
  labels: {},
  limits: { cpus: null, memoryBytes: null, containersMax: null },
  schedulable: true,
}

const contractEngines = ['a', 'b'].map((name) => ({
  name,
  engine: new SimulatedEngine({ clock, random, behaviour: scriptOf }),
}))
runtimeContract({
  name: 'simulated',
  open: async () =>
    new EndpointsRuntime({
      clock,
      named: contractEngines.map(({ name, engine }) => ({ name, settings, runtime: new SimulatedRuntime(engine) })),
    }),
  doing,
  close: async () => {},
})

const uid = workflowUid('u')
const podOf = (index: number, endpoint?: string): PodRequest =>
  podRequest(uid, `p-${index}`, undefined, endpoint === undefined ? {} : { endpoint })

function house(behaviour: () => PodScript = () => ({})) {
  const engines = {
    a: new SimulatedEngine({ clock, random, behaviour }),
    b: new SimulatedEngine({ clock, random, behaviour }),
  }
  const open = () => {
    const members = { a: new SimulatedRuntime(engines.a), b: new SimulatedRuntime(engines.b) }
    const named = [
      { name: 'a', runtime: members.a, settings },
      { name: 'b', runtime: members.b, settings: { ...settings, labels: { disk: 'ssd' } } },
    ]
    const runtime = new EndpointsRuntime({ clock, named, patienceMs: 100 })
    const states: PodState[] = []
    const health: string[] = []
    const watch = () =>
      runtime.observe(
        (state) => states.push(state),
        (isHealthy, reason) => health.push(`${isHealthy} ${reason}`),
      )
    return { members, runtime, states, health, watch }
  }
  return { engines, open, ...open() }
}
const until = (isSo: () => boolean) => expect.poll(isSo, { interval: 5 }).toBe(true)

describe('a runtime of several endpoints', () => {
  it('runs each pod where its request says, and tells where it is', async () => {
    const { runtime, engines, states, watch } = house()
    watch()
    await runtime.start(podOf(1, 'b'))
    await until(() => states.some(({ phase }) => phase === 'ended'))
    expect(engines.b.startCount).toBe(1)
    expect(engines.a.startCount).toBe(0)
    expect(states.at(-1)).toMatchObject({ endpoint: 'b', hostNodeName: 'b' })
    const labels = runtime.endpoints.now().map((endpoint) => endpoint.labels)
    expect(labels).toEqual([{ 'kubernetes.io/hostname': 'a' }, { 'kubernetes.io/hostname': 'b', disk: 'ssd' }])
  })

  it('goes on while one of them is away, and says which', async () => {
    const { runtime, members, health, watch } = house()
    members.b.setHealthy(false, 'no route')
    watch()
    await runtime.list()
    expect(health).toEqual(['true '])
    await runtime.start(podOf(1, 'a'))
    await expect(runtime.start(podOf(2, 'b'))).rejects.toMatchObject({ retryable: true })
    const [a, b] = runtime.endpoints.now()
    expect(a).toMatchObject({ ok: true, isHeard: true, reason: '' })
    expect(b).toMatchObject({ ok: false, isHeard: false, reason: expect.stringContaining('endpoint b is away') })
    members.b.setHealthy(true)
    await until(() => runtime.endpoints.now().every(({ ok }) => ok))
    members.a.setHealthy(false, 'one')
    members.b.setHealthy(false, 'two')
    expect(health.at(-1)).toBe('false endpoint a is away: one; endpoint b is away: two')
  })

  it('tells all pods of an endpoint that comes late before it calls it heard', async () => {
    const first = house(() => ({ main: { durationMs: Infinity } }))
    await first.runtime.start(podOf(1, 'b'))
    await first.runtime.close()
    const { runtime, members, states, watch } = first.open()
    members.b.setHealthy(false)
    const order: string[] = []
    watch()
    await runtime.list()
    runtime.endpoints.onChange(() => order.push(`${states.length} ${runtime.endpoints.now()[1]?.isHeard === true}`))
    // Where it is cannot be told yet: neither may it be said to be gone.
    await expect(runtime.stop(podOf(1).identity.id, 0)).rejects.toMatchObject({ retryable: true })
    members.b.setHealthy(true)
    await until(() => runtime.endpoints.now().every(({ isHeard }) => isHeard))
    expect(states[0]).toMatchObject({ endpoint: 'b', phase: 'running' })
    expect(order.find((text) => text.endsWith('true'))).not.toBe('0 true')
    await runtime.stop(podOf(1).identity.id, 0)
  })

  it('removes what was made, and never started, where a pod went elsewhere', async () => {
    const { runtime, engines, members, watch } = house(() => ({ main: { durationMs: Infinity } }))
    watch()
    await runtime.list()
    await runtime.prepare(podOf(1, 'a'))
    members.a.setHealthy(false)
    await runtime.start(podOf(1, 'b'))
    expect(engines.a.pods.size).toBe(1)
    members.a.setHealthy(true)
    await until(() => engines.a.pods.size === 0)
    expect((await runtime.list()).map(({ endpoint, phase }) => `${endpoint} ${phase}`)).toEqual(['b running'])
  })

  it('keeps the one that runs where two endpoints have containers of a pod at the start', async () => {
    const first = house(() => ({ main: { durationMs: Infinity } }))
    await first.members.a.prepare(podOf(1))
    await first.members.b.start(podOf(1))
    const found = await first.runtime.list()
    expect(found.map(({ endpoint, phase }) => `${endpoint} ${phase}`)).toEqual(['b running'])
    await until(() => first.engines.a.pods.size === 0)
    await first.runtime.remove(podOf(1).identity.id)
    expect(first.engines.b.pods.size).toBe(0)
  })

  it('does not take the same engine twice', async () => {
    const engine = new SimulatedEngine({ clock, random, behaviour: () => ({}) })
    const twin = () => {
      const runtime = new SimulatedRuntime(engine)
      const info = async () => ({ ...(await SimulatedRuntime.prototype.info.call(runtime)), engineId: 'same' })
      return Object.assign(runtime, { info })
    }
    const named = ['a', 'b'].map((name) => ({ name, runtime: twin(), settings }))
    const runtime = new EndpointsRuntime({ clock, named, patienceMs: 100 })
    await runtime.list()
    expect(runtime.endpoints.now()[1]).toMatchObject({
      ok: false,
      reason: 'endpoint b is the same engine as endpoint a',
    })
    expect(runtime.endpoints.now()[0]?.ok).toBe(true)
  })

  it('finds the log of a pod that was removed', async () => {
    const { runtime, states, watch } = house(() => ({ main: { durationMs: 0, stdout: 'hello\n' } }))
    watch()
    await runtime.start(podOf(1, 'b'))
    await until(() => states.some(({ phase }) => phase === 'ended'))
    await runtime.remove(podOf(1).identity.id)
    const lines: string[] = []
    for await (const { text } of runtime.logs(podOf(1).identity.id, 'main', {})) lines.push(text)
    expect(lines).toEqual(['hello'])
  })
})
