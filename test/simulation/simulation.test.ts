/**
 * The controller and the engine under crashes, lost, doubled and late reports, failing calls and commits: everything
 * from a seed, checked after every step. `npm run simulate -- --seeds 1 --from <seed> --trace` tells one seed's story.
 */
import { describe, expect, it } from 'vitest'
import { corpus } from './corpus.ts'
import { noFaults } from './faults.ts'
import { judge, workloadOf } from './seed.ts'
import { play } from './simulate.ts'

const seedsMost = 1_200
const budgetMs = 60_000

/** What to read when it fails: the seed, the step, what is wrong, how to see it again. */
async function complaint(seed: number): Promise<string | null> {
  const { violations, played } = await judge(seed)
  if (violations.length === 0) return null
  const command = `npm run simulate -- --seeds 1 --from ${seed} --trace`
  return [`seed ${seed}, step ${played.steps}: ${command}`, ...violations].join('\n  ')
}

describe('a simulated world', () => {
  it.each(corpus)('keeps every promise with seed %i, which once broke one', async (seed) => {
    expect(await complaint(seed)).toBeNull()
  })

  it('keeps every promise with as many seeds as a minute holds', async () => {
    const complaints: string[] = []
    const begun = performance.now()
    let seed = 1
    for (; seed <= seedsMost && performance.now() - begun < budgetMs && complaints.length < 5; seed += 1) {
      const found = await complaint(seed)
      if (found !== null) complaints.push(found)
    }
    expect(complaints).toEqual([])
    expect(seed).toBeGreaterThan(100)
  })

  it.each([3, 8, 21])('ends the same with seed %i, whichever commit the daemon dies after', async (seed) => {
    const workload = workloadOf(seed)
    const { commits } = await play(seed, workload, noFaults)
    for (let crashAtCommit = 1; crashAtCommit <= commits; crashAtCommit += 1) {
      const { violations } = await judge(seed, { ...noFaults, crashAtCommit, crashesMost: 1 })
      expect({ crashAtCommit, violations }).toEqual({ crashAtCommit, violations: [] })
    }
  })

  it.each([2, 5, 9])('ends the same with seed %i where every call to the runtime is made twice', async (seed) => {
    const { violations } = await judge(seed, { ...noFaults, doubleCall: 1, untilMs: Infinity })
    expect(violations).toEqual([])
  })

  it.each([1, 23, 77])('does with seed %i the same again', async (seed) => {
    const [once, again] = [await judge(seed), await judge(seed)]
    expect(again.played.trace).toEqual(once.played.trace)
    expect(again.played.steps).toBe(once.played.steps)
  })
})
