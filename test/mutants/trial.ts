/** One mutant on trial: what our tests say of the sources with its mistake, and whether they say it of it alone. */
import { execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Catcher } from './caught.ts'
import type { Ground } from './ground.ts'
import type { Mutant } from './mutant.ts'
import type { Entry, SeedOrders, SeedOutcome } from './seeds.ts'

export type Trial = {
  readonly name: string
  /** `null`: nothing noticed it. */
  readonly caught: Catcher | null
  /** Seeds that were played. */
  readonly played: number
}

/** Of the trial's own computing: what else the machine does costs no mutant its chance. */
const seedsMs = 40_000
/** How much longer it may take than it computes. */
const patience = 40
const testsMs = 1_200_000

export class Court {
  readonly #ground: Ground
  /** Seeds that fail without any mistake, too. */
  readonly #open: Entry[] = []
  /** By seed and kind, or file: whether all is well without a mistake. */
  readonly #plain = new Map<string, Promise<boolean>>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** @param known what caught it before: asked first */
  tryMutant(mutant: Mutant, known?: Catcher): Promise<Trial> {
    const { name, kind, tests } = mutant
    return this.#ground.with(mutant, async (folder) => {
      const again = known === undefined ? null : await this.#again(folder, known)
      if (again !== null) return { name, caught: again, played: again.by === 'seed' ? 1 : 0 }
      const isForTests = kind === undefined && tests !== undefined
      const { played, caught } = isForTests ? nothing : await this.#bySeeds(folder, kind == null ? {} : { kind })
      return { name, played, caught: caught ?? (await this.#byTests(folder, tests ?? [])) }
    })
  }

  async #again(folder: string, known: Catcher): Promise<Catcher | null> {
    if (known.by === 'test') return this.#byTests(folder, [known.file])
    const { seed, kind, after } = known
    const { caught } = await this.#bySeeds(folder, { entries: [{ seed, kind }] })
    return caught === null ? null : { ...caught, after }
  }

  async #bySeeds(folder: string, which: Omit<SeedOrders, 'budgetMs' | 'skip'>) {
    for (;;) {
      const { played, failed } = await playSeeds(folder, { ...which, skip: this.#open, budgetMs: seedsMs })
      if (failed === null) return { played, caught: null }
      const { seed, kind, text } = failed
      const isOfMistake = this.#isFinePlain(`${kind} ${seed}`, async (plain) => {
        const without = await playSeeds(plain, { entries: [{ seed, kind }], budgetMs: seedsMs })
        return without.failed === null
      })
      if (await isOfMistake)
        return { played, caught: { by: 'seed' as const, seed, kind, text: oneLine(text), after: played } }
      this.#open.push({ seed, kind })
    }
  }

  async #byTests(folder: string, paths: readonly string[]): Promise<Catcher | null> {
    const failed = paths.length === 0 ? null : await runTests(folder, paths)
    if (failed === null) return null
    const { file } = failed
    const isOfMistake = this.#isFinePlain(file, async (plain) => (await runTests(plain, [file])) === null)
    if (!(await isOfMistake)) throw new Error(`${file} fails without any mistake`)
    return { by: 'test', ...failed }
  }

  #isFinePlain(key: string, look: (folder: string) => Promise<boolean>): Promise<boolean> {
    const known = this.#plain.get(key) ?? look(this.#ground.plain)
    this.#plain.set(key, known)
    return known
  }
}

const nothing = { played: 0, caught: null }

async function playSeeds(folder: string, orders: SeedOrders): Promise<SeedOutcome> {
  const { output } = await run(folder, ['test/mutants/seeds.ts', JSON.stringify(orders)], orders.budgetMs * patience)
  const last = output.trim().split('\n').at(-1) ?? ''
  // What ran out of time has noticed nothing.
  return last.startsWith('{') ? (JSON.parse(last) as SeedOutcome) : { played: 0, failed: null }
}

type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

let reports = 0

/** The first that failed; `null`: none did. */
async function runTests(
  folder: string,
  paths: readonly string[],
): Promise<{ readonly file: string; readonly text: string } | null> {
  const report = join(folder, `report-${(reports += 1)}.json`)
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const projects = paths.some((path) => path.endsWith('.postgres.test.ts')) ? ['postgres', 'unit'] : ['unit']
  const options = ['--bail', '1', '--maxWorkers', '1', '--reporter', 'json', '--outputFile', report]
  const args = [vitest, 'run', '--root', folder, ...projects.flatMap((one) => ['--project', one]), ...options, ...paths]
  await run(folder, args, testsMs)
  const text = await readFile(report, 'utf8').catch(() => null)
  await rm(report, { force: true })
  const { testResults }: Report = text === null ? { testResults: [] } : (JSON.parse(text) as Report)
  const failed = testResults.find(({ status }) => status === 'failed')
  if (failed === undefined) return null
  const title = failed.assertionResults.find(({ status }) => status === 'failed')?.title ?? failed.message
  return { file: relative(folder, failed.name), text: oneLine(title) }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 160)

const children = new Set<ChildProcess>()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))

function run(folder: string, args: readonly string[], timeout: number): Promise<{ readonly output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, FC_SHRINK: 'no', NODE_COMPILE_CACHE: join(folder, '..', 'cache') }
    const options = { cwd: folder, timeout, killSignal: 'SIGKILL' as const, maxBuffer: 1 << 28, env }
    const child = execFile(process.execPath, ['--max-semi-space-size=32', ...args], options, (_error, stdout) => {
      children.delete(child)
      resolve({ output: stdout })
    })
    children.add(child)
  })
}
