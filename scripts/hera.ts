/** Hera, the Python client, in a virtual environment of its own: made once, found again. `node scripts/hera.ts` prints its Python. */
import { execFile } from 'node:child_process'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '7.1.0'
const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', `hera-${version}`)
/** Written last: without it the environment was left half made. */
const marker = join(folder, 'complete')

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** The path of a Python that can import Hera. @throws Error where there is no Python with venv, or no package index */
export async function heraPython(): Promise<string> {
  const python = join(folder, 'bin', 'python')
  if (await exists(marker)) return python
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await run('python3', ['-m', 'venv', folder])
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `hera==${version}`])
  await writeFile(marker, version)
  return python
}

if (import.meta.main) process.stdout.write(`${await heraPython()}\n`)
