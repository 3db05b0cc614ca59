/** Plays seeds in the sources that stand around this file until one fails; says on its last line how that went. `node seeds.ts JSON` */
import { corpus } from '../simulation/corpus.ts'
import type { Kind } from '../simulation/scenario.ts'
import { kindOf } from '../simulation/scenario.ts'
import { judge } from '../simulation/seed.ts'

export type Entry = { readonly seed: number; readonly kind: Kind }

export type SeedOrders = {
  /** These alone, in their order; absent: the corpus, and then seeds from 1 on. */
  readonly entries?: readonly Entry[]
  /** Of this kind only. */
  readonly kind?: Kind
  readonly skip?: readonly Entry[]
  /** Of computing. */
  readonly budgetMs: number
}

export type SeedOutcome = {
  readonly played: number
  /** The one that failed, and why. */
  readonly failed: (Entry & { readonly text: string }) | null
}

const seedsMost = 20_000
const { entries, kind, skip = [], budgetMs } = JSON.parse(process.argv[2] ?? '{"budgetMs":30000}') as SeedOrders
const usedMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000
let played = 0
let now: Entry | null = null

function* order(): Generator<Entry> {
  if (entries !== undefined) return yield* entries
  yield* corpus.filter((entry) => kind === undefined || entry.kind === kind)
  for (let seed = 1; seed <= seedsMost; seed += 1) yield { seed, kind: kind ?? kindOf(seed) }
}

function end(failed: SeedOutcome['failed']): never {
  process.stdout.write(`${JSON.stringify({ played, failed } satisfies SeedOutcome)}\n`)
  process.exit(0)
}

// What a mistake throws where nobody catches it ends the daemon: it is noticed, too.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => end(now === null ? null : { ...now, text: String(error) }))

for (const entry of order()) {
  if (usedMs() > budgetMs) break
  if (skip.some(({ seed, kind: its }) => seed === entry.seed && its === entry.kind)) continue
  now = entry
  const { violations } = await judge(entry.seed, { kind: entry.kind })
  played += 1
  const [first] = violations
  if (first !== undefined) end({ ...entry, text: first })
}
end(null)
