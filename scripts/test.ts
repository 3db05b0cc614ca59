/** `npm test`: an engine and its images made sure of, then every check and every kind of test; what failed, again alone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBusybox, ensureEngine } from '../src/runtime/docker/index.ts'
import { filesToRunAgain, withSecondRun } from './second-run.ts'
import { step, tail } from './steps.ts'
import type { Count, ProjectResult } from './test-report.ts'
import { countOf, resultOf } from './test-report.ts'

const checks = ['format:check', 'types', 'lint', 'imports', 'dead'] as const
/** The runtime's own tests, on the machine's engine: others' containers would push events out of its short memory. */
const aloneOnEngine = 'docker'
/** On the machine's engine, each daemon with an instance of its own: two lines, one beside the other. */
const onEngine = [['e2e'], ['kill', 'clients']] as const
/** Beside all the rest, one line of them beside the other: they mostly wait. */
const waiting = [
  ['engines', 'chaos'],
  ['postgres', 's3', 'monitoring'],
] as const

const ofRoot: readonly string[] = ['engines', 'chaos']
const mayRun = (project: string): boolean => !ofRoot.includes(project) || process.getuid?.() === 0

/** Those that need nothing built or installed first. */
const smallBenches = 'chain,fan,nodes,growth,workflows,restart,large,table,idle'

/** Seconds that one project may take. */
const projectSecondsMost = 900
/** Of the whole run: conformance comes after it, and CI has half an hour. */
const secondRunEndsAtSeconds = 1_200

const secondsSoFar = () => performance.now() / 1000

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function everything(): Promise<number> {
  const counts: Count[] = []
  const results: ProjectResult[] = []
  const engine = await ensureEngine(say)
  const missing = engine.ok ? await ensureBusybox(engine.address, say) : engine.message
  if (missing !== null) {
    say(`✖ docker\n${missing}`)
    counts.push({ passed: 0, failed: 1 })
  }
  const beside = missing === null ? [...waiting.map((line) => eachOf(line, results)), engineLines(results)] : []
  const simulation = vitest('simulation')
  const seeds = vitest('seeds', { isPolite: true })
  for (const check of checks) counts.push(await command(check, ['npm', 'run', '-s', check]))
  results.push(await simulation)
  results.push(await vitest('unit'))
  await Promise.all(beside)
  results.push(await seeds)
  if (missing === null)
    counts.push(await command('bench --tiny', ['node', 'bench/main.ts', '--tiny', '--only', smallBenches]))
  const last = await afterSecondRun(results)
  for (const title of last.passedAlone) say(`! failed beside others, passed alone: ${title}`)
  counts.push(...last.results.map(countOf))
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, 0)
  say(`\nin ${Math.round(secondsSoFar())} s\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function engineLines(results: ProjectResult[]): Promise<void> {
  await eachOf([aloneOnEngine], results)
  await Promise.all(onEngine.map((line) => eachOf(line, results)))
}

async function afterSecondRun(results: readonly ProjectResult[]) {
  const files = filesToRunAgain(results, secondsSoFar())
  const last: ProjectResult[] = []
  const passedAlone: string[] = []
  for (const first of results) {
    const own = files.get(first.project)
    if (own === undefined) {
      last.push(first)
      continue
    }
    say(`again, by themselves: ${own.join(' ')}`)
    const look = withSecondRun(
      first,
      await vitest(first.project, { files: own, limitSeconds: secondRunEndsAtSeconds - secondsSoFar() }),
    )
    last.push(look.result)
    passedAlone.push(...look.passedAlone)
  }
  return { results: last, passedAlone }
}

async function eachOf(projects: readonly string[], results: ProjectResult[]): Promise<void> {
  for (const project of projects)
    if (mayRun(project)) results.push(await vitest(project))
    else say(`- ${project.padEnd(14)} left out: only root may start engines of its own`)
}

async function command(name: string, words: readonly string[]): Promise<Count> {
  const { code, output, seconds } = await step(words, { limitSeconds: 600 })
  say(`${code === 0 ? '✔' : '✖'} ${name.padEnd(14)} ${seconds.toFixed(1)} s`)
  if (code !== 0) say(tail(output, 60))
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

type VitestOptions = {
  /** All of the project's where there are none. */
  readonly files?: readonly string[]
  readonly limitSeconds?: number
  /** It takes only what the others leave of the processors. */
  readonly isPolite?: boolean
}

async function vitest(
  project: string,
  { files = [], limitSeconds = projectSecondsMost, isPolite = false }: VitestOptions = {},
): Promise<ProjectResult> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-test-'))
  const report = join(folder, 'report.json')
  try {
    const words = [
      ...(isPolite ? ['nice', '-n', '15'] : []),
      'vitest',
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...files,
    ]
    const outcome = await step(words, { limitSeconds, env: { NO_COLOR: '1' } })
    const { code, output, seconds } = outcome
    const result = await resultOf(project, report, outcome)
    const { passed, failed } = countOf(result)
    say(`${code === 0 ? '✔' : '✖'} ${project.padEnd(14)} ${seconds.toFixed(1)} s, ${passed} passed, ${failed} failed`)
    for (const line of output.split('\n')) if (line.startsWith('seeds: ')) say(`    ${line}`)
    if (code !== 0) say(tail(output, 120))
    return result
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

process.exit(await everything())
