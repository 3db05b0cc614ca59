import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import type { Clock, PodRequest, Random } from '../../resources/index.ts'
import { instant, workflowUid } from '../../resources/index.ts'
import { runtimeContract } from '../runtime.contract.ts'
import { podRequest } from '../runtime.fixtures/pod-request.ts'
import type { PodScript } from './script.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import { SimulatedRuntime } from './simulated-runtime.ts'
import { doing, scriptOf } from './simulated.fixtures/deeds.ts'

const realClock: Clock = {
  now: () => instant(Date.now()),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const noChance: Random = { next: () => 0.99, uuid: () => '00000000-0000-4000-8000-000000000000' }

const engine = new SimulatedEngine({ clock: realClock, random: noChance, behaviour: scriptOf })
runtimeContract({
  name: 'simulated',
  open: async () => new SimulatedRuntime(engine),
  doing,
  close: async () => {},
})

const uid = workflowUid('u')
const podOf = (index: number): PodRequest => podRequest(uid, `p-${index}`)

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
