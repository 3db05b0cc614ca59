import { describe, expect, it } from 'vitest'
import type { Clock, Instant } from '../../resources/index.ts'
import { StartRate } from './start-rate.ts'

/** Time passes only where somebody sleeps. */
function lonelyClock(): Clock & { passed: number } {
  const clock = {
    passed: 0,
    now: () => clock.passed as Instant,
    sleep: (ms: number) => {
      clock.passed += ms
      return Promise.resolve()
    },
  }
  return clock
}

const { signal } = new AbortController()

describe('the rate at which pods are made', () => {
  it('lets a burst through and then so many per second', async () => {
    const clock = lonelyClock()
    const rate = new StartRate(clock, () => ({ limit: 2, burst: 3 }))
    const at: number[] = []
    for (let pod = 0; pod < 6; pod += 1) {
      await rate.take(signal, () => {})
      at.push(clock.passed)
    }
    expect(at).toEqual([0, 0, 0, 500, 1000, 1500])
  })

  it('tells those that have to wait, and fills up again in quiet times', async () => {
    const clock = lonelyClock()
    const rate = new StartRate(clock, () => ({ limit: 1, burst: 1 }))
    const told: number[] = []
    for (let pod = 0; pod < 3; pod += 1) {
      await rate.take(signal, () => told.push(pod))
      if (pod === 1) clock.passed += 10_000
    }
    expect(told).toEqual([1])
  })

  it('is not there without a limit', async () => {
    const clock = lonelyClock()
    const rate = new StartRate(clock, () => null)
    for (let pod = 0; pod < 100; pod += 1) await rate.take(signal, () => {})
    expect(clock.passed).toBe(0)
  })
})
