/** Three of the mutants; `npm run mutants` tries them all. */
import { describe, expect, it } from 'vitest'
import { mutants } from './mutants.ts'
import { tryMutant } from './trial.ts'

const chosen = [
  'a semaphore has one place too many',
  'effects are carried out before the commit',
  'containers that nobody wants stay after a restart',
]

describe('a mistake in engine or controller', () => {
  it.each(mutants.filter(({ name }) => chosen.includes(name)))('is noticed: $name', async (mutant) => {
    expect((await tryMutant(mutant)).caughtBy).not.toBeNull()
  })
})
