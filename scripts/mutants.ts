/**
 * `npm run mutants [-- --only TEXT] [--at-once N] [--afresh] [--missing] [--record]`: puts each mistake into a copy of the sources and
 * prints what noticed it. What did so the last time is asked first, but for `--afresh`;
 * `--record` writes it down. `--missing`: only those of which nothing is written down.
 */
import { parseArgs } from 'node:util'
import { labelOf, readCaught, writeCaught } from '../test/mutants/caught.ts'
import { Ground } from '../test/mutants/ground.ts'
import { mutants } from '../test/mutants/mutants.ts'
import { Court } from '../test/mutants/trial.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '2' },
    afresh: { type: 'boolean', default: false },
    missing: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const begun = performance.now()
const caught = await readCaught()
const chosen = mutants
  .filter(({ name, file }) => name.includes(values.only) || file.includes(values.only))
  .filter(({ name }) => !values.missing || !caught.has(name))
const queue = [...chosen]
const count = { seeds: 0, tests: 0, known: 0, played: 0 }
const survivors: string[] = []
const ground = await Ground.open()
const court = new Court(ground)
await Promise.all(Array.from({ length: Number(values['at-once']) }, work))
await ground.close()

const seconds = Math.round((performance.now() - begun) / 1000)
process.stdout.write(
  `${chosen.length - survivors.length} of ${chosen.length} mutants were caught in ${seconds} s: ${count.seeds} by seeds ` +
    `(${count.played} played), ${count.tests} by tests; ${count.known} by what caught them before\n`,
)
if (survivors.length > 0) process.stdout.write(`survived:\n${survivors.map((name) => `  ${name}\n`).join('')}`)
process.exitCode = survivors.length === 0 ? 0 : 1

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name } = next
    const since = performance.now()
    const known = values.afresh ? undefined : caught.get(name)
    const trial = await court.tryMutant(next, known).catch((error: unknown) => {
      process.stdout.write(`${String(error)}\n`)
      return { name, caught: null, played: 0 }
    })
    const took = `${((performance.now() - since) / 1000).toFixed(0)} s`.padStart(6)
    count.played += trial.played
    if (trial.caught === null) {
      survivors.push(name)
      caught.delete(name)
      process.stdout.write(`✖ ${took} ${name.padEnd(70)} SURVIVED ${trial.played} seeds\n`)
    } else {
      count[trial.caught.by === 'seed' ? 'seeds' : 'tests'] += 1
      if (known !== undefined && labelOf(known) === labelOf(trial.caught)) count.known += 1
      caught.set(name, trial.caught)
      process.stdout.write(`✔ ${took} ${name.padEnd(70)} ${labelOf(trial.caught)}: ${trial.caught.text}\n`)
    }
    if (values.record)
      await writeCaught(
        caught,
        mutants.map((one) => one.name),
      )
  }
}
