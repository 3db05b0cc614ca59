/** `npm run simulate -- --seeds N [--from S] [--trace] [--one]`: plays seeds of the simulation, prints those that fail. */
import { parseArgs } from 'node:util'
import { judge } from '../test/simulation/seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const seeds = Number(values.seeds)
const begun = performance.now()
const failed: number[] = []
const sum = { steps: 0, commits: 0, crashes: 0, starts: 0 }

for (let seed = from; seed < from + seeds; seed += 1) {
  const { violations, played } = await judge(seed)
  sum.steps += played.steps
  sum.commits += played.commits
  sum.crashes += played.crashes
  sum.starts += played.starts
  if (violations.length === 0) continue
  failed.push(seed)
  if (values.trace) process.stdout.write(`${played.trace.join('\n')}\n`)
  process.stdout.write(`✖ seed ${seed}, step ${played.steps}\n${violations.map((text) => `    ${text}\n`).join('')}`)
  process.stdout.write(`    npm run simulate -- --seeds 1 --from ${seed} --trace\n`)
}
const seconds = (performance.now() - begun) / 1000
process.stdout.write(
  `${seeds} seeds in ${seconds.toFixed(1)} s: ${sum.steps} steps, ${sum.commits} commits, ${sum.crashes} crashes, ${sum.starts} containers; ${failed.length} failed\n`,
)
process.exitCode = failed.length === 0 ? 0 : 1
