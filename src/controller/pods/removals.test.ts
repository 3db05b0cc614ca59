import { expect, it } from 'vitest'
import type { PodId } from '../../resources/index.ts'
import { instant, podIdOf } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import { silentLog, silentTelemetry } from '../telemetry.ts'
import { Removals } from './removals.ts'

/** A clock on which sleeping takes no time, and counts. */
function countingClock() {
  let now = 0
  return {
    now: () => instant(now),
    sleep: async (ms: number) => void (now += ms),
    passedMs: () => now,
  }
}

it('tells of each that is over, so that none counts as in hand for ever', async () => {
  let inHand = 0
  const telemetry = { ...silentTelemetry, queueWaited: () => void (inHand += 1), queueWorked: () => void (inHand -= 1) }
  const removed: PodId[] = []
  const removals = new Removals({
    clock: countingClock(),
    runtime: { remove: async (pod: PodId) => void removed.push(pod) } as unknown as Runtime,
    telemetry,
    log: silentLog,
    confirm: () => Promise.resolve(),
    isStarting: () => false,
    onRemoved: () => {},
  })
  for (let index = 0; index < 20; index += 1) removals.remove(podIdOf(`uid.${index}`), 0)
  await expect.poll(() => removed.length).toBe(20)
  await expect.poll(() => inHand).toBe(0)
  removals.close()
})

it.each([
  [4, 'starts go first', 12_000, 12_000],
  [400, 'the pile goes though something always starts', 0, 60_000],
])('with %i pods to remove %s', async (pods, _how, msLeast, msMost) => {
  const clock = countingClock()
  const removed: PodId[] = []
  const runtime = { remove: async (pod: PodId) => void removed.push(pod) } as unknown as Runtime
  const removals = new Removals({
    clock,
    runtime,
    telemetry: silentTelemetry,
    log: silentLog,
    confirm: () => Promise.resolve(),
    isStarting: () => true,
    onRemoved: () => {},
  })
  for (let index = 0; index < pods; index += 1) removals.remove(podIdOf(`uid.${index}`), 0)
  await expect.poll(() => removed.length).toBe(pods)
  // Of a pile the last ones, which are none any more, yield again.
  expect(clock.passedMs()).toBeGreaterThanOrEqual(msLeast)
  expect(clock.passedMs()).toBeLessThanOrEqual(msMost)
  removals.close()
})
