import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import {
  type Clock,
  type PodRequest,
  type Random,
  instant,
  nodeIdOf,
  podIdOf,
  workflowUid,
} from '../../resources/index.ts'
import { type Deed, runtimeContract } from '../runtime.contract.ts'
import type { ContainerScript, PodScript } from './script.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import { SimulatedRuntime } from './simulated-runtime.ts'

const realClock: Clock = {
  now: () => instant(Date.now()),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const noChance: Random = { next: () => 0.99, uuid: () => '00000000-0000-4000-8000-000000000000' }

/** The deed travels in the environment, as a shell command does to Docker. */
const scriptOf = (pod: PodRequest): PodScript => ({
  containers: Object.fromEntries(
    pod.containers.map((one) => {
      const deed = JSON.parse(one.env.find(({ name }) => name === 'DEED')?.value ?? '{}') as Deed & {
        forEver?: boolean
      }
      const script: ContainerScript = {
        durationMs: deed.forEver ? Infinity : (deed.lastsMs ?? 0),
        ignoresTerm: deed.ignoresTerm,
        run: (read) => {
          const shown = deed.shows === undefined ? null : read(deed.shows)
          if (deed.shows !== undefined && shown === null) return { exitCode: 1 }
          return {
            durationMs: deed.forEver ? Infinity : (deed.lastsMs ?? 0),
            ignoresTerm: deed.ignoresTerm,
            exitCode: deed.exitCode,
            stdout: (shown ? Buffer.from(shown).toString() : '') + (deed.prints ?? ''),
            stderr: deed.complains,
            files: deed.writes,
          }
        },
      }
      return [one.name, script]
    }),
  ),
})

const engine = new SimulatedEngine({ clock: realClock, random: noChance, behaviour: scriptOf })
runtimeContract({
  name: 'simulated',
  open: async () => new SimulatedRuntime(engine),
  doing: (deed) => {
    const value = JSON.stringify({ ...deed, forEver: deed.lastsMs === Infinity })
    return { env: [{ name: 'DEED', value }] }
  },
  close: async () => {},
})

const podOf = (index: number): PodRequest => ({
  identity: {
    id: podIdOf(`u.${index}.0`),
    name: `p-${index}`,
    namespace: 'd',
    workflowName: 'w',
    workflowUid: workflowUid('u'),
    nodeId: nodeIdOf(`n-${index}`),
    nodeName: `n(${index})`,
  },
  labels: {},
  annotations: {},
  containers: [
    {
      name: 'main',
      role: 'main',
      image: 'x',
      imagePullPolicy: 'Never',
      env: [],
      mounts: [],
      resources: {},
      security: {},
    },
  ],
  volumes: [],
  network: { mode: 'sandbox' },
  terminationGraceMs: 0,
  activeDeadlineMs: null,
  registryCredentials: [],
})

describe('the simulated runtime', () => {
  it('takes less than a fifth of a millisecond for a pod', async () => {
    const cheap = new SimulatedEngine({ clock: realClock, random: noChance, behaviour: () => ({}) })
    const runtime = new SimulatedRuntime(cheap)
    let ends = 0
    runtime.observe(
      (state) => void (state.phase === 'ended' && (ends += 1)),
      () => {},
    )
    const pods = Array.from({ length: 10_000 }, (_, index) => podOf(index))
    const tookMs = await processorMs(async () => {
      for (const pod of pods) {
        await runtime.prepare(pod)
        await runtime.start(pod)
      }
    })
    await expect.poll(() => ends).toBeGreaterThanOrEqual(pods.length)
    expect((tookMs / pods.length) * 1_000).toBeLessThan(200)
  })

  it('fails calls and keeps their effects as its faults say', async () => {
    const chances = [0.05, 0.15, 0.9, 0.9]
    const random: Random = { next: () => chances.shift() ?? 0.9, uuid: noChance.uuid }
    const faults = { refused: 0.1, answerLost: 0.1 }
    const faulty = new SimulatedEngine({ clock: realClock, random, behaviour: () => ({}), faults })
    const runtime = new SimulatedRuntime(faulty)
    await expect(runtime.prepare(podOf(1))).rejects.toThrow('simulated refusal')
    expect(faulty.pods.size).toBe(0)
    await expect(runtime.prepare(podOf(1))).rejects.toThrow('simulated loss of the answer')
    expect(faulty.pods.size).toBe(1)
    await runtime.prepare(podOf(1))
  })

  it('reports a pod whose containers vanish as gone', async () => {
    const behaviour = (): PodScript => ({ main: { durationMs: Infinity }, vanishesAfterMs: 5 })
    const runtime = new SimulatedRuntime(new SimulatedEngine({ clock: realClock, random: noChance, behaviour }))
    const gone = new Promise<void>((resolve) => {
      runtime.observe(
        (state) => state.phase === 'gone' && resolve(),
        () => {},
      )
    })
    await runtime.prepare(podOf(1))
    await runtime.start(podOf(1))
    await gone
    expect(await runtime.list()).toEqual([])
  })
})
