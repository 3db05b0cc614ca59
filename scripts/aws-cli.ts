/** The AWS command line, to measure against: found on the PATH or in our cache, else installed there by pip. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../node_modules/.cache/drydock-aws/', import.meta.url))

/** The program that works, or `null` where there is neither it nor a Python to install it with. */
export function findAwsCli(): string | null {
  const installed = join(cache, 'bin', 'aws')
  const found = ['aws', installed].find(runs)
  if (found !== undefined) return found
  try {
    mkdirSync(cache, { recursive: true })
    const stdio = ['ignore', 2, 2] as ('ignore' | 2)[]
    if (!existsSync(join(cache, 'bin', 'pip'))) execFileSync('python3', ['-m', 'venv', cache], { stdio })
    execFileSync(join(cache, 'bin', 'pip'), ['install', '--quiet', 'awscli'], { stdio })
    return runs(installed) ? installed : null
  } catch {
    return null
  }
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
