/** `npm test`: an engine and its images made sure of, then every check and every kind of test. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBusybox, ensureEngine } from '../src/runtime/docker/index.ts'
import { step, tail } from './steps.ts'

type Count = { readonly passed: number; readonly failed: number }

const checks = ['format:check', 'types', 'lint', 'imports', 'dead'] as const
/** On the machine's engine, one after the other. */
const onEngine = ['docker', 'e2e', 'kill', 'clients'] as const
/** Beside all the rest: they mostly wait. */
const waiting = ['engines', 'postgres', 's3', 'chaos', 'monitoring'] as const

const ofRoot: readonly string[] = ['engines', 'chaos']
const mayRun = (project: string): boolean => !ofRoot.includes(project) || process.getuid?.() === 0

/** Those that need nothing built or installed first. */
const smallBenches = 'chain,fan,nodes,growth,workflows,restart,large,table,idle'

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function everything(): Promise<number> {
  const begun = performance.now()
  const counts: Count[] = []
  const engine = await ensureEngine(say)
  const missing = engine.ok ? await ensureBusybox(engine.address, say) : engine.message
  if (missing !== null) {
    say(`✖ docker\n${missing}`)
    counts.push({ passed: 0, failed: 1 })
  }
  const beside = missing === null ? eachOf(waiting, counts) : Promise.resolve()
  const simulation = vitest('simulation')
  for (const check of checks) counts.push(await command(check, ['npm', 'run', '-s', check]))
  counts.push(await simulation)
  counts.push(await vitest('unit'))
  for (const project of missing === null ? onEngine : []) counts.push(await vitest(project))
  await beside
  if (missing === null)
    counts.push(await command('bench --tiny', ['node', 'bench/main.ts', '--tiny', '--only', smallBenches]))
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, 0)
  say(`\nin ${Math.round((performance.now() - begun) / 1000)} s\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function eachOf(projects: readonly string[], counts: Count[]): Promise<void> {
  for (const project of projects)
    if (mayRun(project)) counts.push(await vitest(project))
    else say(`- ${project.padEnd(14)} left out: only root may start engines of its own`)
}

async function command(name: string, words: readonly string[]): Promise<Count> {
  const { code, output, seconds } = await step(words, { limitSeconds: 300 })
  say(`${code === 0 ? '✔' : '✖'} ${name.padEnd(14)} ${seconds.toFixed(1)} s`)
  if (code !== 0) say(tail(output, 60))
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Counts single tests; a file that cannot even be loaded counts as one that failed. */
async function vitest(project: string): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-test-'))
  const report = join(folder, 'report.json')
  try {
    const words = [
      'vitest',
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]
    const { code, output, seconds } = await step(words, { limitSeconds: 900, env: { NO_COLOR: '1' } })
    const count = await countOf(report, code)
    say(
      `${code === 0 ? '✔' : '✖'} ${project.padEnd(14)} ${seconds.toFixed(1)} s, ${count.passed} passed, ${count.failed} failed`,
    )
    if (code !== 0) say(tail(output, 120))
    return count
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function countOf(report: string, code: number): Promise<Count> {
  const text = await readFile(report, 'utf8').catch(() => null)
  if (text === null) return { passed: 0, failed: code === 0 ? 0 : 1 }
  const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = JSON.parse(text) as Record<string, number>
  const failed = Math.max(
    numFailedTests ?? 0,
    numFailedTestSuites !== undefined && numFailedTestSuites > 0 ? 1 : 0,
    code === 0 ? 0 : 1,
  )
  return { passed: passed ?? 0, failed }
}

process.exit(await everything())
