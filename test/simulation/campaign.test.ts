import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { campaignOf, countOf, digestOfSeeds, keep, nextOf, playCampaign, withPlayed } from './campaign.ts'
import type { Campaign } from './campaign.ts'

const none: Campaign = { digest: 'd', played: [], failed: [], seconds: 0 }
const quiet = { failed: [], seconds: 1 }
const scratch = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-campaign-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'results', 'campaign.json')
}

it('plays each seed once, in pieces, around those that were played', () => {
  let campaign = withPlayed(none, { from: 26, seeds: 10 }, quiet)
  const pieces: unknown[] = []
  for (let next = nextOf(campaign, { from: 1, seeds: 60 }, 20); next !== null;) {
    pieces.push([next.from, next.seeds])
    campaign = withPlayed(campaign, next, { failed: [next.from], seconds: 2 })
    next = nextOf(campaign, { from: 1, seeds: 60 }, 20)
  }
  expect(pieces).toEqual([
    [1, 20],
    [21, 5],
    [36, 20],
    [56, 5],
  ])
  expect(campaign).toEqual({ digest: 'd', played: [[1, 60]], failed: [1, 21, 36, 56], seconds: 9 })
  expect(countOf(campaign)).toBe(60)
})

it('goes on with what is kept of the same version, and begins anew with another', async () => {
  const file = await scratch()
  expect(await campaignOf('d', file)).toEqual(none)
  const campaign = withPlayed(withPlayed(none, { from: 1, seeds: 5 }, quiet), { from: 9, seeds: 1 }, quiet)
  await keep(campaign, file)
  expect(await campaignOf('d', file)).toEqual(campaign)
  expect(await campaignOf('e', file)).toEqual({ ...none, digest: 'e' })
})

it('that is stopped loses no more than the piece it was at, and tells of what failed', async () => {
  const file = await scratch()
  const pieces: number[] = []
  const said: string[] = []
  const play = async ({ from }: { readonly from: number }, onFailure: (seed: number) => void) => {
    pieces.push(from)
    if (pieces.length === 3) throw new Error('stopped')
    if (from === 11) onFailure(17)
  }
  const parts = { digest: 'd', play, tell: (line: string) => said.push(line), file, atOnce: 10 }
  await expect(playCampaign({ from: 1, seeds: 40 }, parts)).rejects.toThrow('stopped')
  const { played, failed } = await playCampaign({ from: 1, seeds: 40 }, parts)
  expect({ pieces, played, failed }).toEqual({ pieces: [1, 11, 21, 21, 31], played: [[1, 40]], failed: [17] })
  expect(said[0]).toBe('0 seeds of version d were played, none failed')
  expect(said.at(-1)).toBe('40 seeds of version d were played, failed: 17')
})

it.each(['', '{', '{"digest": 1}', '[]'])('says where a file is no campaign: %j', async (text) => {
  const file = await scratch()
  await keep(none, file)
  await writeFile(file, text)
  await expect(campaignOf('d', file)).rejects.toMatchObject({ code: 'BAD_CAMPAIGN' })
})

it('knows a version by what a seed runs', async () => {
  expect(await digestOfSeeds()).toMatch(/^[0-9a-f]{16}$/)
})
