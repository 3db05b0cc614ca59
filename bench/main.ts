/** `npm run bench`: each figure beside its baseline, taken in one run. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { tableText } from '../src/cli/view/table.ts'
import { ensureBusybox, ensureEngine } from '../src/runtime/docker/index.ts'
import { startPostgres } from '../scripts/postgres.ts'
import { bestRawRate, dockerRunLoop } from './docker-baseline.ts'
import { chainOf, fanOf, idleMegabytes, quantile, secondsOf, stepGaps, withDaemon } from './on-docker.ts'
import { growth, nodesPerSecond } from './simulated.ts'
import { pageMilliseconds } from './pages.ts'
import { memoryWhileMoving, s3Seconds } from './s3.ts'
import { largeWorkflow, restartSeconds, restartSecondsInPostgres, workflowsAtOnce } from './scale.ts'
import { secondsToAdmit } from './table.ts'
import { takeOver } from './takeover.ts'

type Figure = {
  readonly name: string
  readonly value: number
  readonly aim: string
  readonly isGood: boolean
  readonly detail: string
}
type Sizes = {
  readonly chain: number
  readonly fan: number
  readonly widths: readonly number[]
  readonly workflows: number
  readonly nodes: number
  readonly small: number
  readonly large: number
  readonly settleMs: number
  readonly rows: number
  readonly mebibytes: number
  readonly live: number
  readonly huge: number
  readonly taken: number
  readonly takeOverAfter: string
}

const full: Sizes = {
  chain: 30,
  fan: 100,
  widths: [2, 3, 4, 6, 8],
  workflows: 20,
  nodes: 2000,
  small: 1000,
  large: 100_000,
  settleMs: 6000,
  rows: 10_000,
  mebibytes: 1024,
  live: 10_000,
  huge: 1_000_000,
  taken: 10,
  takeOverAfter: '3s',
}
const tiny: Sizes = {
  chain: 2,
  fan: 4,
  widths: [2],
  workflows: 2,
  nodes: 20,
  small: 20,
  large: 60,
  settleMs: 3000,
  rows: 20,
  mebibytes: 20,
  live: 20,
  huge: 100,
  taken: 2,
  takeOverAfter: '500ms',
}

const figure = (
  name: string,
  value: number,
  aim: { readonly most?: number; readonly least?: number },
  detail: string,
): Figure => ({
  name,
  value: Math.round(value * 1000) / 1000,
  aim: aim.most === undefined ? `≥ ${aim.least ?? 0}` : `≤ ${aim.most}`,
  isGood: aim.most === undefined ? value >= (aim.least ?? 0) : value <= aim.most,
  detail,
})

async function millionInPostgres(nodes: number): Promise<Figure> {
  const server = await startPostgres()
  try {
    const seconds = await restartSecondsInPostgres(nodes, server.url)
    return figure(
      `seconds to start with a live workflow of ${nodes} nodes in Postgres`,
      seconds,
      { most: 60 },
      'half of it done',
    )
  } finally {
    server.stop()
  }
}

const benches: Readonly<Record<string, (sizes: Sizes) => Promise<readonly Figure[]>>> = {
  async chain({ chain }) {
    const [seconds, gaps] = await withDaemon(async (daemon) => {
      await secondsOf(daemon, chainOf(2))
      const measured = stepGaps(daemon)
      return [await secondsOf(daemon, chainOf(chain)), measured] as const
    })
    const loop = await dockerRunLoop(chain)
    return [
      figure(
        `chain of ${chain} against docker run`,
        seconds / loop,
        { most: 0.5 },
        `${seconds.toFixed(2)} s against ${loop.toFixed(2)} s`,
      ),
      figure('step end to next start, p50 ms', quantile(gaps, 0.5), { most: 2 }, `${gaps.length} steps`),
      figure(
        'step end to next start, p99 ms',
        quantile(gaps, 0.99),
        { most: 10 },
        `longest ${Math.max(0, ...gaps).toFixed(1)}`,
      ),
    ]
  },
  async fan({ fan, widths }) {
    const rate = await withDaemon(async (daemon) => {
      await secondsOf(daemon, fanOf(2))
      return fan / (await secondsOf(daemon, fanOf(fan)))
    })
    const raw = await bestRawRate(new Docker(), fan, widths)
    const detail = `${rate.toFixed(2)}/s against ${raw.rate.toFixed(2)}/s at ${raw.width} at once`
    return [figure(`fan-out of ${fan} against the raw API`, rate / raw.rate, { least: 1.5 }, detail)]
  },
  async nodes({ workflows, nodes }) {
    const rate = await nodesPerSecond(workflows, nodes, { rounds: 3 })
    const detail = `${workflows} workflows of ${nodes}; best of 3, warm`
    return [figure('simulated nodes/s in SQLite', Math.round(rate), { least: 20_000 }, detail)]
  },
  /** SQLite again right beside it: the machine may be another one by now. */
  async postgres({ workflows, nodes }) {
    const server = await startPostgres()
    try {
      const rates = { postgres: 0, sqlite: 0 }
      for (let round = 0; round < 2; round++) {
        rates.sqlite = Math.max(rates.sqlite, await nodesPerSecond(workflows, nodes))
        rates.postgres = Math.max(rates.postgres, await nodesPerSecond(workflows, nodes, { storeUrl: server.url }))
      }
      const detail = `best of 2, warm; SQLite ${Math.round(rates.sqlite)}`
      return [
        figure('simulated nodes/s in Postgres', Math.round(rates.postgres), { least: 10_000 }, detail),
        figure('nodes/s in Postgres against SQLite', rates.postgres / rates.sqlite, { least: 0.5 }, detail),
      ]
    } finally {
      server.stop()
    }
  },
  async growth({ small, large }) {
    const { ratio, smallUs, largeUs } = await growth(small, large)
    return [
      figure(
        `cost per node, ${large} against ${small}`,
        ratio,
        { most: 1.2 },
        `${largeUs.toFixed(0)} µs against ${smallUs.toFixed(0)} µs`,
      ),
    ]
  },
  async workflows({ live }) {
    const { rate, mostLive } = await workflowsAtOnce(live)
    const detail = `${live} asked for at once, up to ${mostLive} of them live`
    return [figure('workflows/s of one node each', Math.round(rate), { least: 1000 }, detail)]
  },
  async restart({ live }) {
    const seconds = await restartSeconds(live)
    return [figure(`seconds to start with ${live} live workflows`, seconds, { most: 5 }, 'suspended, in SQLite')]
  },
  /** Takes minutes: only with `--large` or when it is asked for by name. */
  async million({ huge, small }) {
    const { ratio, seconds, megabytes, getMs, getNodesMs, restartSeconds } = await largeWorkflow(huge, small)
    const detail = `${Math.round(seconds)} s, ${Math.round(huge / seconds)} nodes/s, 1000 at once`
    return [
      figure(`CPU per node, ${huge} against ${small}`, ratio, { most: 1.2 }, detail),
      figure(`memory with ${huge} nodes, MB`, Math.round(megabytes), { most: 1500 }, 'resident, the most'),
      figure(`ms to get a live workflow of ${huge} nodes`, getMs, { most: 100 }, 'without its nodes; the longest'),
      figure(
        'ms to get it while it has up to 100000 nodes',
        getNodesMs,
        { most: 1000 },
        'with all of them; the longest',
      ),
      figure(`seconds to start with a live workflow of ${huge} nodes`, restartSeconds, { most: 60 }, 'half of it done'),
      await millionInPostgres(huge),
    ]
  },
  /** Against a tenth of as many: a page costs the same however many others there are. */
  async pages({ live, huge }) {
    const [workflows, nodes] = [live * 10, huge]
    const few = await pageMilliseconds(workflows / 100, nodes / 100)
    const many = await pageMilliseconds(workflows, nodes)
    const detail = (ms: keyof typeof few) => `${many[ms].toFixed(2)} ms against ${few[ms].toFixed(2)} ms of a hundredth`
    return [
      figure(`ms of a page of 50 among ${workflows} workflows`, many.listMs, { most: 50 }, detail('listMs')),
      figure(`ms of a page of 50 among ${nodes} nodes`, many.nodesMs, { most: 5 }, detail('nodesMs')),
    ]
  },
  async table({ rows }) {
    const seconds = await secondsToAdmit(rows)
    const detail = `${Math.round(rows / seconds)} a second, from commit to the workflow’s UID in the row`
    return [figure(`seconds until ${rows} rows of a table are admitted`, seconds, { most: 10 }, detail)]
  },
  async takeover({ taken, takeOverAfter }) {
    const { seconds, workflows, wrongLines } = await takeOver(taken, takeOverAfter)
    const detail = `${workflows} of ${taken} workflows, after ${takeOverAfter} without a sign`
    return [
      figure('seconds to take over after kill -9', seconds, { most: 5 }, detail),
      figure('lines doubled or lost by a take-over', wrongLines, { most: 0 }, `${taken} workflows of 4 steps`),
    ]
  },
  async s3({ mebibytes }) {
    const { plain, packed, native } = await s3Seconds(mebibytes, 2)
    const detail = (way: 'up' | 'down') =>
      `${plain[way].toFixed(2)} s against ${native?.[way].toFixed(2) ?? '?'} s; as tar and gzip ${packed[way].toFixed(2)} s`
    const ratios =
      native === null ? { up: NaN, down: NaN } : { up: plain.up / native.up, down: plain.down / native.down }
    return [
      figure(`${mebibytes} MiB to S3 against the AWS CLI`, ratios.up, { most: 1.2 }, detail('up')),
      figure(`${mebibytes} MiB from S3 against the AWS CLI`, ratios.down, { most: 1.2 }, detail('down')),
    ]
  },
  async s3memory({ mebibytes }) {
    const { peakMiB, idleMiB, seconds } = await memoryWhileMoving(4, mebibytes)
    const detail = `${Math.round(idleMiB)} before; ${seconds.toFixed(1)} s for containers that save and load them`
    return [figure(`memory while 4 × ${mebibytes} MiB move to S3 and back, MB`, peakMiB, { most: 256 }, detail)]
  },
  async idle({ settleMs }) {
    const megabytes = await idleMegabytes(settleMs)
    return [figure('idle memory, MB', Math.round(megabytes), { most: 120 }, 'resident, empty folder')]
  },
}

async function main(): Promise<void> {
  const isTiny = process.argv.includes('--tiny')
  const only = process.argv[process.argv.indexOf('--only') + 1]?.split(',')
  const isLarge = isTiny || process.argv.includes('--large')
  const all = Object.keys(benches).filter((name) => isLarge || name !== 'million')
  const names = process.argv.includes('--only') ? (only ?? []) : all
  const engine = await ensureEngine(console.log)
  if (!engine.ok) throw new Error(engine.message)
  const missing = await ensureBusybox(engine.address, console.log)
  if (missing !== null) throw new Error(missing)
  const figures: Figure[] = []
  for (const name of names) figures.push(...((await benches[name]?.(isTiny ? tiny : full)) ?? []))
  const rows = figures.map(({ name, value, aim, isGood, detail }) => [
    isGood ? '✔' : '✖',
    name,
    String(value),
    aim,
    detail,
  ])
  process.stdout.write(tableText([['', 'FIGURE', 'VALUE', 'AIM', 'DETAIL'], ...rows]))
  if (!isTiny) await keep(figures)
}

async function keep(figures: readonly Figure[]): Promise<void> {
  const date = new Date().toISOString()
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const docker = (await new Docker().version()).Version
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    docker,
    node: process.version,
  }
  const file = join(import.meta.dirname, 'results', `${date.slice(0, 16).replace(':', '')}.json`)
  await writeFile(file, `${JSON.stringify({ date, commit, machine, figures }, null, 2)}\n`)
}

await main()
process.exit()
