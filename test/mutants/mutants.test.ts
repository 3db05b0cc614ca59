/** Some of the mutants; `npm run mutants` tries them all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCaught } from './caught.ts'
import { Ground } from './ground.ts'
import { mutants } from './mutants.ts'
import { Court } from './trial.ts'

const chosen = [
  'a semaphore has one place too many',
  'effects are carried out before the commit',
  'containers that nobody wants stay after a restart',
  'a commit does not ask whether its store still leads',
  'a shared lock is for others before the commit that gives it up is stored',
]
const caught = await readCaught()
let ground: Ground
beforeAll(async () => {
  ground = await Ground.open()
})
afterAll(() => ground.close())

describe('a mistake', () => {
  it.each(mutants.filter(({ name }) => chosen.includes(name)))('is noticed: $name', async (mutant) => {
    const trial = await new Court(ground).tryMutant(mutant, caught.get(mutant.name))
    expect(trial.caught).not.toBeNull()
  })

  it('stands for each mutant exactly once in the sources', async () => {
    const unfit: string[] = []
    for (const mutant of mutants)
      await ground.with(mutant, () => Promise.resolve()).catch((error: unknown) => unfit.push(String(error)))
    expect(unfit).toEqual([])
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })
})
