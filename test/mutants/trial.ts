/** One mutant on trial: a copy of the sources with its mistake, and what our tests say of it. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

export type Trial = {
  readonly name: string
  /** What noticed it, or `null` where nothing did. */
  readonly caughtBy: string | null
}

const root = join(import.meta.dirname, '..', '..')
/** Of the trial's own computing: what else the machine does costs no mutant its chance. */
const seedsMs = 40_000
const unitMs = 240_000

export async function tryMutant(mutant: Mutant): Promise<Trial> {
  const { name, file, find, replace } = mutant
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'))
  try {
    for (const one of ['src', 'test/simulation', 'test/mutants', 'test/properties.setup.ts'])
      await cp(join(root, one), join(folder, one), { recursive: true })
    for (const one of ['package.json', 'vitest.config.ts', 'tsconfig.json'])
      await cp(join(root, one), join(folder, one))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const text = await readFile(join(folder, file), 'utf8')
    const count = text.split(find).length - 1
    if (count !== 1) throw new Error(`the mutant “${name}” no longer fits: its text stands ${count} times in ${file}`)
    await writeFile(
      join(folder, file),
      text.replace(find, () => replace),
    )
    return { name, caughtBy: (await bySeeds(folder)) ?? (await byUnitTests(folder)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bySeeds(folder: string): Promise<string | null> {
  const { failed, output } = await run(folder, ['test/mutants/seeds.ts', String(seedsMs)], seedsMs * 10)
  return failed ? (output.trim().split('\n').at(-1) ?? 'the simulation') : null
}

/** Those of the engine, and of what clients see. */
async function byUnitTests(folder: string): Promise<string | null> {
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const paths = ['src/engine', 'src/controller/visible.test.ts', 'src/controller/controller.test.ts']
  const args = [vitest, 'run', '--root', folder, '--project', 'unit', '--bail', '1', '--reporter', 'json', ...paths]
  const { failed, output } = await run(folder, args, unitMs)
  const [, title] = /"status":"failed","title":"([^"]*)"/.exec(output) ?? []
  return failed ? `test: ${title ?? 'a file of tests'}` : null
}

function run(
  folder: string,
  args: readonly string[],
  timeout: number,
): Promise<{ readonly failed: boolean; readonly output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout, maxBuffer: 1 << 28, env: { ...process.env, FC_SHRINK: 'no' } }
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      // What ran out of time has noticed nothing.
      resolve({ failed: error !== null && error.killed !== true, output: stdout || stderr }),
    )
  })
}
