/** Many seeds, each a world of its own: played beside all the other tests, on what they leave of the processors. */
import { expect, it } from 'vitest'
import { commandOf, playSeeds } from './crew.ts'

const asked = 10_000
/** Only so that a slow machine comes to an end: what is left of the seeds then is told, and nothing has failed. */
const withinMs = Number(process.env.SEEDS_SECONDS ?? 720) * 1000

it(`keeps every promise in ${asked} worlds`, { timeout: withinMs + 120_000 }, async () => {
  const begun = performance.now()
  const { tally, complaints } = await playSeeds({ from: 1, seeds: asked, withinMs })
  const seconds = (performance.now() - begun) / 1000
  const { seeds, kinds, crashes, awaits } = tally
  const isLate = seconds * 1000 >= withinMs
  const parts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`)
  tell(
    `${seeds} of ${asked} played in ${seconds.toFixed(0)} s: ${parts.join(', ')}; ${crashes} crashes at ${awaits} awaits`,
  )
  if (isLate && seeds < asked)
    tell(`ONLY ${seeds} OF ${asked}: this machine was too slow for more in ${withinMs / 1000} s`)
  expect(complaints.map((one) => [commandOf(one), ...one.violations].join('\n  '))).toEqual([])
  if (!isLate) expect(seeds).toBe(asked)
})

/** `npm test` repeats lines that begin so. */
const tell = (text: string): void => void process.stdout.write(`seeds: ${text}\n`)
