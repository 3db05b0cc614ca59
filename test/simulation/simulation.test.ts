/**
 * The controller and the engine in a world where everything goes wrong that can: everything from a seed, checked after
 * every step; `seeds.test.ts` plays many of them. `npm run simulate -- --seeds 1 --from <seed> --trace` tells one seed's story.
 */
import { describe, expect, it } from 'vitest'
import { corpus } from './corpus.ts'
import { commandOf } from './crew.ts'
import { noFaults } from './faults.ts'
import { scenarioOf } from './scenario.ts'
import { judge } from './seed.ts'
import { play } from './simulate.ts'

describe('a simulated world', () => {
  it.each(corpus)('keeps every promise with seed $seed ($kind), which once broke one', async ({ seed, kind }) => {
    const { violations } = await judge(seed, { kind })
    expect({ violations, command: commandOf({ seed, kind }) }).toMatchObject({ violations: [] })
  })

  it.each([3, 8, 21])('ends the same with seed %i, whichever commit the daemon dies after', async (seed) => {
    const { commits } = await play(scenarioOf(seed, 'classic'), { faults: noFaults })
    for (let crashAtCommit = 1; crashAtCommit <= commits; crashAtCommit += 1) {
      const faults = { ...noFaults, crashAtCommit, crashesMost: 1 }
      const { violations } = await judge(seed, { kind: 'classic', faults })
      expect({ crashAtCommit, violations }).toEqual({ crashAtCommit, violations: [] })
    }
  })

  it.each([2, 5])('ends the same with seed %i, whichever await the daemon dies at', async (seed) => {
    const { awaits } = await play(scenarioOf(seed, 'tiny'), { faults: noFaults })
    for (let crashAtAwait = 1; crashAtAwait <= awaits; crashAtAwait += 1) {
      const faults = { ...noFaults, crashAtAwait, crashesMost: 1 }
      const { violations } = await judge(seed, { kind: 'tiny', faults })
      expect({ crashAtAwait, violations }).toEqual({ crashAtAwait, violations: [] })
    }
  })

  it.each([2, 5, 9])('ends the same with seed %i where every call to the runtime is made twice', async (seed) => {
    const faults = { ...noFaults, doubleCall: 1, untilMs: Infinity }
    expect((await judge(seed, { kind: 'classic', faults })).violations).toEqual([])
  })

  it.each([1, 23, 77])('does with seed %i the same again', async (seed) => {
    const [once, again] = [await judge(seed, { isTraced: true }), await judge(seed, { isTraced: true })]
    expect(again.played.trace).toEqual(once.played.trace)
    expect(again.played.steps).toBe(once.played.steps)
  })
})
