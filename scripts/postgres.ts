/**
 * A real Postgres for tests, in a scratch directory, run as an ordinary user (it refuses root).
 * Programs are those of this machine; where there are none and we may (root on Debian or Ubuntu), apt installs them.
 * By itself: `node scripts/postgres.ts [PORT]` runs one until it is stopped.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

export type PostgresServer = {
  readonly url: string
  /** As a crash does: no checkpoint, connections cut. */
  readonly kill: () => void
  /** As an operator does: open transactions are rolled back, connections are told. */
  readonly shutDown: () => void
  readonly start: () => void
  /** Ends the server and removes its data. */
  readonly stop: () => void
}

/** The folder with `initdb` and `pg_ctl`. */
export function findPostgres(): string {
  const found = search()
  if (found !== null) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'], {
      env,
      stdio: ['ignore', 2, 2],
    })
  }
  const installed = search()
  if (installed !== null) return installed
  throw new Error(
    'no Postgres: install it (Debian, Ubuntu: apt-get install postgresql), or put initdb and pg_ctl on the PATH',
  )
}

function search(): string | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(root, version, 'bin')),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl'))) ?? null
}

export async function startPostgres(wantedPort = 0): Promise<PostgresServer> {
  const programs = findPostgres()
  const directory = mkdtempSync(join(tmpdir(), 'drydock-postgres-'))
  const user = ordinaryUser()
  if (user) chownSync(directory, user.uid, user.gid)
  chmodSync(directory, 0o700)
  const data = join(directory, 'data')
  const port = wantedPort || (await freePort())
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(programs, program), args, {
      ...user,
      cwd: directory,
      stdio: 'ignore',
      env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] },
    })
  run('initdb', ['-D', data, '-U', 'drydock', '-A', 'trust', '-E', 'UTF8', '--no-sync'])
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory}`
  const start = () => run('pg_ctl', ['-D', data, '-w', '-l', join(directory, 'log'), '-o', settings, 'start'])
  const kill = () => run('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop'])
  const shutDown = () => run('pg_ctl', ['-D', data, '-w', '-m', 'fast', 'stop'])
  start()
  const stop = () => {
    try {
      kill()
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  return { url: `postgres://drydock@127.0.0.1:${port}/postgres`, kill, shutDown, start, stop }
}

/** For root: `postgres`, else `nobody`. */
function ordinaryUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string, name: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') }
  } catch {
    return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startPostgres(Number(process.argv[2] ?? 0))
  console.log(server.url)
  const timer = setInterval(() => undefined, 60_000)
  process.once('SIGINT', () => {
    clearInterval(timer)
    server.stop()
  })
}
