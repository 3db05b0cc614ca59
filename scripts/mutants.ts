/** `npm run mutants [-- --only TEXT] [--at-once N]`: puts each mistake into a copy of the sources and prints what noticed it. */
import { parseArgs } from 'node:util'
import { mutants } from '../test/mutants/mutants.ts'
import { tryMutant, type Trial } from '../test/mutants/trial.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, 'at-once': { type: 'string', default: '2' } },
})
const chosen = mutants.filter(({ name }) => name.includes(values.only))
const queue = [...chosen]
const trials: Trial[] = []

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const trial = await tryMutant(next).catch((error: unknown) => {
      process.stdout.write(`${String(error)}\n`)
      return { name: next.name, caughtBy: null }
    })
    trials.push(trial)
    process.stdout.write(
      `${trial.caughtBy === null ? '✖' : '✔'} ${trial.name.padEnd(70)} ${trial.caughtBy ?? 'SURVIVED'}\n`,
    )
  }
}

await Promise.all(Array.from({ length: Number(values['at-once']) }, work))
const caught = trials.filter(({ caughtBy }) => caughtBy !== null).length
process.stdout.write(`${caught} of ${trials.length} mutants were caught\n`)
process.exitCode = caught === chosen.length ? 0 : 1
