/**
 * `npm run simulate -- --seeds N [--from S] [--kind K] [--workers W] [--trace | --campaign]`: plays seeds on all cores, prints
 * those that fail.
 */
import { parseArgs } from 'node:util'
import { UserError } from '../src/resources/index.ts'
import { digestOfSeeds, playCampaign } from '../test/simulation/campaign.ts'
import type { Complaint } from '../test/simulation/crew.ts'
import { commandOf, playSeeds } from '../test/simulation/crew.ts'
import type { Kind } from '../test/simulation/scenario.ts'
import { kinds } from '../test/simulation/scenario.ts'
import { judge } from '../test/simulation/seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    kind: { type: 'string' },
    workers: { type: 'string' },
    /** One after the other, with the story of each that fails. */
    trace: { type: 'boolean', default: false },
    /** Those that this version has not played yet; what was played is kept. May be stopped at any time. */
    campaign: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const seeds = Number(values.seeds)
const kind = kinds.find((one) => one === values.kind)
if (values.kind !== undefined && kind === undefined) throw new Error(`--kind is one of ${kinds.join(', ')}`)
const play = values.trace ? tellStories : values.campaign ? goOn : () => playAll(from, seeds)
process.exitCode = (await play()) === 0 ? 0 : 1

async function goOn(): Promise<number> {
  if (kind !== undefined) throw new UserError('BAD_CAMPAIGN', 'in a campaign each seed is of the kind that it draws')
  const { failed } = await playCampaign(
    { from, seeds },
    {
      digest: await digestOfSeeds(),
      play: async (stretch, onFailure) => {
        await playAll(stretch.from, stretch.seeds, ({ seed }) => onFailure(seed))
      },
      tell: (line) => process.stdout.write(`${line}\n`),
    },
  )
  return failed.length
}

async function playAll(
  from: number,
  seeds: number,
  onComplaint: (complaint: Complaint) => void = () => undefined,
): Promise<number> {
  const begun = performance.now()
  const { tally, complaints } = await playSeeds({
    from,
    seeds,
    onComplaint: (complaint) => {
      say(complaint)
      onComplaint(complaint)
    },
    ...(kind === undefined ? {} : { kind }),
    ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
  })
  const seconds = (performance.now() - begun) / 1000
  const { steps, commits, awaits, crashes, usurped, starts } = tally
  process.stdout.write(
    `${tally.seeds} seeds from ${from} in ${seconds.toFixed(1)} s (${(tally.seeds / seconds).toFixed(1)}/s): ${complaints.length} failed; ` +
      `${steps} steps, ${commits} commits, ${awaits} awaits, ${crashes} crashes, ${usurped} usurped, ${starts} containers\n`,
  )
  return complaints.length
}

async function tellStories(): Promise<number> {
  let failed = 0
  for (let seed = from; seed < from + seeds; seed += 1) {
    const judged = await judge(seed, { isTraced: true, ...(kind === undefined ? {} : { kind: kind satisfies Kind }) })
    const { violations, played } = judged
    if (seeds === 1 || violations.length > 0) process.stdout.write(`${played.trace.join('\n')}\n`)
    if (violations.length === 0) continue
    failed += 1
    say({ seed, kind: judged.kind, step: played.steps, violations })
  }
  return failed
}

function say(complaint: Complaint): void {
  const { seed, kind: own, step, violations } = complaint
  const lines = violations.slice(0, 6).map((text) => `    ${text}\n`)
  process.stdout.write(`✖ seed ${seed} (${own}), step ${step}\n${lines.join('')}    ${commandOf(complaint)}\n`)
}
