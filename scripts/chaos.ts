/**
 * `npm run chaos -- --kills 200 --engine-restarts 20 --postgres-stops 20 --store postgres --seed 1`: a real daemon under
 * load, with everything around it failing (test/chaos/README.md). Needs root; ends with 1 where a promise was broken.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chaos } from '../test/chaos/chaos.ts'
import type { Figures, Outcome } from '../test/chaos/chaos.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    terms: { type: 'string' },
    'engine-restarts': { type: 'string', default: '4' },
    'postgres-stops': { type: 'string' },
    'full-disks': { type: 'string' },
    pauses: { type: 'string' },
    freezes: { type: 'string' },
    removals: { type: 'string' },
    live: { type: 'string', default: '10' },
    haste: { type: 'string', default: '0.2' },
    minutes: { type: 'string', default: '25' },
    name: { type: 'string', default: 'chaos' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    store: { type: 'string', default: 'postgres' },
    controllers: { type: 'string', default: '0' },
    'no-live-restore': { type: 'boolean', default: false },
    results: { type: 'string', default: join(import.meta.dirname, '..', 'test', 'chaos', 'results') },
  },
})

if (values.store !== 'sqlite' && values.store !== 'postgres') throw new Error('--store is sqlite or postgres')
const kills = Number(values.kills)
/** The others come in proportion where nothing is said. */
const or = (text: string | undefined, otherwise: number): number =>
  text === undefined ? Math.ceil(otherwise) : Number(text)

const ending = new AbortController()
/** What is known until then is judged all the same. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())

const say = (line: string) => void process.stdout.write(`${line}\n`)
const outcome = await chaos({
  name: values.name,
  store: values.store,
  liveRestore: !values['no-live-restore'],
  controllers: Number(values.controllers),
  seed: Number(values.seed),
  counts: {
    kill: kills,
    term: or(values.terms, kills / 10),
    engine: Number(values['engine-restarts']),
    postgres: values.store === 'postgres' ? or(values['postgres-stops'], kills / 10) : 0,
    disk: or(values['full-disks'], kills / 20),
    pause: or(values.pauses, kills / 15),
    freeze: or(values.freezes, kills / 20),
    remove: or(values.removals, kills / 15),
  },
  live: Number(values.live),
  haste: Number(values.haste),
  minutesMost: Number(values.minutes),
  signal: ending.signal,
  keepIn: join(tmpdir(), 'drydock-chaos-kept'),
  say,
})
await mkdir(values.results, { recursive: true })
const stamp = new Date().toISOString().replaceAll(/[:.]\d*Z?$|:/g, '')
const file = join(values.results, `${stamp}-${outcome.store}-${outcome.seed}.json`)
await writeFile(file, `${JSON.stringify(outcome, null, 2)}\n`)
say(tableOf(outcome))
say(`written to ${file}`)
process.exit(outcome.violations.length === 0 ? 0 : 1)

function tableOf({ done, answers, work, ...rest }: Outcome): string {
  const figures = (one: Figures | undefined) =>
    one === undefined ? ''.padEnd(24) : `${one.median} / ${one.p95} / ${one.max}`.padEnd(24)
  const rows = [...new Set([...Object.keys(answers), ...Object.keys(work)])].map(
    (as) => `${as.padEnd(22)}${figures(answers[as])}${figures(work[as])}`,
  )
  const counts = Object.entries(done).map(([kind, count]) => `${count} × ${kind}`)
  return [
    '',
    counts.join(', '),
    `${'after'.padEnd(22)}${'API answers, ms'.padEnd(24)}a step begins, ms`,
    `${''.padEnd(22)}${'median / p95 / max'.padEnd(24)}median / p95 / max`,
    ...rows,
    '',
    `seed ${rest.seed}, ${rest.store}${rest.controllers > 0 ? ` shared by ${rest.controllers}` : ''}, live-restore ${rest.liveRestore ? 'on' : 'off'}: ${rest.workflows} workflows, ${rest.attempts} attempts, ${rest.lines} lines in ${rest.seconds} s`,
    rest.violations.length === 0
      ? 'no violation'
      : `${rest.violations.length} violations; all is kept in ${rest.kept ?? ''}`,
  ].join('\n')
}
