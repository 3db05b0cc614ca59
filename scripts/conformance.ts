/**
 * Runs the conformance cases beside this repository, if they are there, against a daemon of its own, and holds the
 * counts against `.ci/thresholds.json`, which may only rise. `conformance.ts e2e --only REGEX` runs the cases with
 * such ids and shows all that is said of them; counts are not held then.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startDaemon } from '../src/main.ts'
import { s3ForCases } from './conformance-s3.ts'
import { step, tail } from './steps.ts'

const root = join(import.meta.dirname, '..')
const shared = resolve(root, '..', 'shared')
const cases = join(shared, 'conformance')
const thresholdFile = join(root, '.ci', 'thresholds.json')

type Suite = {
  readonly name: string
  /** @param have services that are up, besides the daemon */
  readonly words: (server: string, drop: string, have: readonly string[]) => readonly string[]
}
const runner = (file: string) => join(cases, file)
const workflows = (file: string) => (server: string, drop: string, have: readonly string[]) => [
  ...['node', runner('run.mjs'), '--cases', runner(file), '--manifests', runner('manifests')],
  ...['--truth', runner('truth.json'), '--server', server, '--drop', drop, '--parallel', '6'],
  ...(have.length === 0 ? [] : ['--have', have.join(',')]),
]
const lint = (file: string) => (server: string) => [
  ...['node', runner('lint.mjs'), '--cases', runner(file), '--server', server],
  ...['--lint-command', 'npx drydock lint --offline -o simple'],
]
const suites: readonly Suite[] = [
  {
    name: 'expr',
    words: () => [
      'node',
      runner('expr.mjs'),
      '--cases',
      runner('expr-cases.jsonl'),
      '--',
      'npx',
      'drydock',
      'eval',
      '--batch',
    ],
  },
  { name: 'lint', words: lint('lint-cases.jsonl') },
  { name: 'lint-real', words: lint('lint-real-cases.jsonl') },
  { name: 'e2e', words: workflows('e2e-cases.json') },
  { name: 'examples', words: workflows('examples-cases.json') },
]

const say = (line: string) => void process.stdout.write(`${line}\n`)

/**
 * @param only ids of cases; absent: all
 * @returns the exit code: 1 where a suite fell below its threshold
 */
async function conformance(names: readonly string[], only?: string): Promise<number> {
  if (!existsSync(cases)) {
    say('no conformance cases beside this repository: skipped')
    return 0
  }
  const scratch = await mkdtemp(join(tmpdir(), 'drydock-conformance-'))
  const drop = join(scratch, 'drop')
  const daemon = await startDaemon({
    sources: {
      base: scratch,
      flags: {
        data: join(scratch, 'data'),
        folders: [drop],
        instance: `conformance-${process.pid}`,
        server: { port: 0 },
        metrics: { port: 0 },
        docker: { pullPolicy: 'IfNotPresent' },
        log: { level: 'error', format: 'json' },
      },
    },
    logTo: { write: (line) => void writeFile(join(scratch, 'daemon.log'), line, { flag: 'a' }) },
  })
  const thresholds = JSON.parse(await readFile(thresholdFile, 'utf8')) as Record<string, number>
  let short = 0
  const needS3 = names.length === 0 || names.includes('e2e') || names.includes('examples')
  const s3 = needS3 ? await s3ForCases(join(drop, 's3.yaml'), say) : null
  const have = s3 === null ? [] : ['s3']
  try {
    for (const { name, words } of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const chosen = only === undefined ? [] : ['--only', only]
      const command = [...words(daemon.apiUrl, drop, have), ...chosen]
      const { code, output, seconds } = await step(command, { limitSeconds: 1200, echo: only !== undefined })
      if (only !== undefined) {
        short += code === 0 ? 0 : 1
        continue
      }
      const passed = Number(/(\d+) passed, \d+ failed/.exec(tail(output, 1))?.[1] ?? 0)
      const least = (s3 === null ? thresholds[`${name} without s3`] : undefined) ?? thresholds[name] ?? 0
      if (passed < least) short += 1
      const figures = output
        .split('\n')
        .filter((line) => /identical to a real|^messages:|^positions:|^error texts|passed, \d+ failed/.test(line))
      say(
        `${passed < least ? '✖' : '✔'} ${name} (${Math.round(seconds)} s, at least ${least} wanted)\n    ${figures.join('\n    ')}`,
      )
      await writeFile(join(tmpdir(), `drydock-conformance-${name}.txt`), output)
    }
  } finally {
    await daemon.drain()
    await s3?.stop()
    await rm(scratch, { recursive: true, force: true })
  }
  return short === 0 ? 0 : 1
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })
process.exit(await conformance(positionals, values.only))
