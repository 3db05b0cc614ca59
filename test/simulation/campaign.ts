/**
 * More seeds of one version than one sitting has time for: what was played stands in a file, so that the next run goes on
 * where the last one ended. A version is all that a seed runs, by its text; what else changes in the repository does not count.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../src/resources/index.ts'

export type Campaign = {
  /** Of all files that a seed runs, those of packages too. */
  readonly digest: string
  /** First and last seed of each stretch, in order. */
  readonly played: readonly (readonly [number, number])[]
  readonly failed: readonly number[]
  readonly seconds: number
}
export type Stretch = { readonly from: number; readonly seeds: number }

export const campaignFile = join(import.meta.dirname, 'results', 'campaign.json')

/** So many are played before it is noted: what a stop loses. */
const seedsAtOnce = 10_000

type CampaignParts = {
  readonly digest: string
  readonly play: (stretch: Stretch, onFailure: (seed: number) => void) => Promise<void>
  readonly tell: (line: string) => void
  readonly file?: string
  readonly atOnce?: number
}

/** Plays what this version has not played yet of those wanted. Resolves with all that it has played by then. */
export async function playCampaign(
  wanted: Stretch,
  { digest, play, tell, file = campaignFile, atOnce = seedsAtOnce }: CampaignParts,
): Promise<Campaign> {
  let campaign = await campaignOf(digest, file)
  for (;;) {
    const { failed } = campaign
    const outcome = failed.length === 0 ? 'none failed' : `failed: ${failed.join(', ')}`
    tell(`${countOf(campaign)} seeds of version ${digest} were played, ${outcome}`)
    const next = nextOf(campaign, wanted, atOnce)
    if (next === null) return campaign
    const begun = performance.now()
    const fresh: number[] = []
    await play(next, (seed) => fresh.push(seed))
    campaign = withPlayed(campaign, next, { failed: fresh, seconds: (performance.now() - begun) / 1000 })
    await keep(campaign, file)
  }
}

/** @throws UserError BAD_CAMPAIGN where the file holds something else */
export async function campaignOf(digest: string, file = campaignFile): Promise<Campaign> {
  const text = await readFile(file, 'utf8').catch(() => null)
  const found = text === null ? null : readCampaign(text, file)
  return found?.digest === digest ? found : { digest, played: [], failed: [], seconds: 0 }
}

/** The file is whole at any time. */
export async function keep(campaign: Campaign, file = campaignFile): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const played = campaign.played.map((stretch) => `    ${JSON.stringify(stretch)}`).join(',\n')
  const rest = `"failed": ${JSON.stringify(campaign.failed)},\n  "seconds": ${Math.round(campaign.seconds)}`
  await writeFile(
    `${file}.part`,
    `{\n  "digest": "${campaign.digest}",\n  "played": [\n${played}\n  ],\n  ${rest}\n}\n`,
  )
  await rename(`${file}.part`, file)
}

/** What is to be played next of those wanted; `null`: all were. @param most seeds at once */
export function nextOf({ played }: Campaign, wanted: Stretch, most: number): Stretch | null {
  let from = wanted.from
  const end = wanted.from + wanted.seeds
  for (const [first, last] of played) if (first <= from && from <= last) from = last + 1
  if (from >= end) return null
  const stops = [end, from + most, ...played.flatMap(([first]) => (first > from ? [first] : []))]
  return { from, seeds: Math.min(...stops) - from }
}

export function withPlayed(
  campaign: Campaign,
  { from, seeds }: Stretch,
  { failed, seconds }: { readonly failed: readonly number[]; readonly seconds: number },
): Campaign {
  const stretches: [number, number][] = []
  const all = [...campaign.played, [from, from + seeds - 1] as const].toSorted(([a], [b]) => a - b)
  for (const [first, last] of all) {
    const before = stretches.at(-1)
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else stretches.push([first, last])
  }
  return {
    digest: campaign.digest,
    played: stretches,
    failed: [...new Set([...campaign.failed, ...failed])].toSorted((a, b) => a - b),
    seconds: campaign.seconds + seconds,
  }
}

export const countOf = ({ played }: Campaign): number =>
  played.reduce((sum, [first, last]) => sum + last - first + 1, 0)

/** Of the files that a seed runs as they are now. */
export async function digestOfSeeds(): Promise<string> {
  const worker = new Worker(new URL('./digest.ts', import.meta.url))
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function readCampaign(text: string, file: string): Campaign {
  try {
    const { digest, played, failed, seconds } = JSON.parse(text) as Campaign
    if (typeof digest === 'string' && Array.isArray(played) && Array.isArray(failed) && typeof seconds === 'number')
      return { digest, played, failed, seconds }
  } catch {
    // It is told below.
  }
  throw new UserError('BAD_CAMPAIGN', `${file} is no campaign of seeds`, { hint: 'remove it to begin a new one' })
}
