/** Plays seeds in the sources that stand around this file until one fails: exits with 1 then. `node seeds.ts MILLISECONDS` of computing. */
import { corpus } from '../simulation/corpus.ts'
import { kindOf } from '../simulation/scenario.ts'
import { judge } from '../simulation/seed.ts'

const budgetMs = Number(process.argv[2] ?? 30_000)
const seedsMost = 2_000
const usedMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000
const seeds = [
  ...corpus,
  ...Array.from({ length: seedsMost }, (_, index) => ({ seed: index + 1, kind: kindOf(index + 1) })),
]

for (const { seed, kind } of seeds) {
  if (usedMs() > budgetMs) break
  const { violations } = await judge(seed, { kind })
  const [first] = violations
  if (first === undefined) continue
  process.stdout.write(`seed ${seed} (${kind}): ${first}\n`)
  process.exit(1)
}
process.exit(0)
