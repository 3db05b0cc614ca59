/** Makes sure of an engine, and of the image the demo and tests run in, on a machine that may have neither. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { EngineClient } from './client.ts'
import { type EngineAddress, findEngine } from './connection.ts'

export type Say = (line: string) => void

export type EngineOrReason =
  | { readonly ok: true; readonly address: EngineAddress }
  /** For people: what is missing and what exactly to do. */
  | { readonly ok: false; readonly message: string }

const logPath = '/var/log/drydock-dockerd.log'
const defaultSocket: EngineAddress = { kind: 'socket', path: '/var/run/docker.sock', source: 'installed' }

/**
 * The engine that answers; where none does and we are root on Debian or Ubuntu, one is installed and started, which may
 * take minutes. Safe to call again, also while another call is at it.
 */
export async function ensureEngine(say: Say = () => {}): Promise<EngineOrReason> {
  const search = await findEngine()
  if (search.found) return { ok: true, address: search.address }
  if (process.env.DOCKER_HOST)
    return { ok: false, message: `${search.message}\nDOCKER_HOST names it: start it there, or unset DOCKER_HOST` }
  const isRoot = process.getuid?.() === 0
  const hasDaemon = (await run('dockerd', ['--version'])).code === 0
  if (!isRoot || (!hasDaemon && !isDebianLike()))
    return { ok: false, message: `${search.message}\n${advice(hasDaemon)}` }
  if (!hasDaemon) {
    say('installing docker.io with apt-get, as no Docker Engine is here')
    const problem = await aptInstall(['docker.io', 'iptables', 'ca-certificates'])
    if (problem !== null) return { ok: false, message: `docker.io could not be installed:\n${problem}` }
  }
  say(`starting dockerd (its log: ${logPath})`)
  return startDaemon()
}

function advice(hasDaemon: boolean): string {
  if (hasDaemon) return 'Docker is installed but not running: sudo systemctl start docker'
  return isDebianLike()
    ? 'install it: sudo apt-get install docker.io, or run this command as root and it does so itself'
    : 'install Docker: https://docs.docker.com/engine/install/'
}

function isDebianLike(): boolean {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

async function aptInstall(packages: readonly string[]): Promise<string | null> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const args = ['-o', 'DPkg::Lock::Timeout=300', '-qq', 'install', '-y', '--no-install-recommends', ...packages]
  const first = await run('apt-get', args, env)
  if (first.code === 0) return null
  await run('apt-get', ['-qq', 'update'], env)
  const second = await run('apt-get', args, env)
  return second.code === 0 ? null : second.output.split('\n').slice(-12).join('\n')
}

/** By the init system where one runs (the package may have started it already), else as a process of its own. */
async function startDaemon(): Promise<EngineOrReason> {
  if (await answersWithin(2_000)) return { ok: true, address: defaultSocket }
  if (existsSync('/run/systemd/system')) await run('systemctl', ['start', 'docker'])
  if (await answersWithin(3_000)) return { ok: true, address: defaultSocket }
  mkdirSync('/var/log', { recursive: true })
  const log = openSync(logPath, 'a')
  const attempts: readonly (readonly string[])[] = [[], ['--iptables=false', '--bridge=none'], ['--storage-driver=vfs']]
  for (const options of attempts) {
    const child = spawn('dockerd', options, { detached: true, stdio: ['ignore', log, log] })
    const ended = new Promise<false>((resolve) => {
      child.on('exit', () => resolve(false))
      child.on('error', () => resolve(false))
    })
    child.unref()
    if (await Promise.race([answersWithin(60_000), ended])) return { ok: true, address: defaultSocket }
    // Another start of ours may have won: its socket answers then.
    if (await answersWithin(1_000)) return { ok: true, address: defaultSocket }
    if (child.exitCode === null) child.kill('SIGTERM')
  }
  const tail = readFileSync(logPath, 'utf8').split('\n').slice(-8).join('\n')
  return { ok: false, message: `dockerd does not start; the end of ${logPath}:\n${tail}` }
}

async function answersWithin(ms: number): Promise<boolean> {
  const until = Date.now() + ms
  do {
    if ((await findEngine({ env: {} })).found) return true
    await new Promise((resolve) => setTimeout(resolve, 250))
  } while (Date.now() < until)
  return false
}

/** `null` when `busybox:latest` is there now, else what to do. Pulled, or built from Debian's static busybox. */
export async function ensureBusybox(address: EngineAddress, say: Say = () => {}): Promise<string | null> {
  const client = new EngineClient(address)
  try {
    const present = await client.call('inspectImage', 'GET', '/images/busybox:latest/json', { allow: [404] })
    if (present.status !== 404) return null
    say('pulling busybox')
    if (await pulls(client)) return null
    say('busybox cannot be pulled: building it from the package busybox-static')
    return await buildBusybox(client)
  } finally {
    client.close()
  }
}

async function pulls(client: EngineClient): Promise<boolean> {
  try {
    const query = { fromImage: 'busybox', tag: 'latest' }
    const reply = await client.call('pullImage', 'POST', '/images/create', { query, deadlineMs: 90_000 })
    return !reply.body.includes('"error"')
  } catch {
    return false
  }
}

async function buildBusybox(client: EngineClient): Promise<string | null> {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-busybox-'))
  try {
    const program = await staticBusybox(directory)
    if (program === null) return 'no busybox: docker pull busybox, or install the package busybox-static'
    const applets = (await run(program, ['--list'])).output.split('\n').filter((name) => /^[a-z0-9[_.-]+$/.test(name))
    await client.call('importImage', 'POST', '/images/create', {
      query: { fromSrc: '-', repo: 'busybox', tag: 'latest', changes: 'CMD ["sh"]' },
      tar: await rootOf(readFileSync(program), applets),
    })
    return null
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Path of a static busybox: the installed one, or out of the package, which need not be installed for that. */
async function staticBusybox(directory: string): Promise<string | null> {
  const isStatic = async (path: string): Promise<boolean> =>
    existsSync(path) && /static|not a dynamic/i.test((await run('ldd', [path])).output)
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) if (await isStatic(path)) return path
  const fetched = await run(
    'sh',
    ['-c', 'apt-get -qq download busybox-static || (apt-get -qq update && apt-get -qq download busybox-static)'],
    process.env,
    directory,
  )
  if (fetched.code !== 0) return null
  await run('sh', ['-c', 'dpkg-deb -x busybox-static_*.deb .'], process.env, directory)
  return (
    ['bin/busybox', 'usr/bin/busybox'].map((path) => join(directory, path)).find((path) => existsSync(path)) ?? null
  )
}

async function rootOf(program: Buffer, applets: readonly string[]): Promise<Buffer> {
  const tar = pack()
  const directory = (name: string, mode = 0o755): void => void tar.entry({ name: `${name}/`, type: 'directory', mode })
  const file = (name: string, content: string | Buffer, mode = 0o644): void => void tar.entry({ name, mode }, content)
  for (const name of ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'var', 'var/run'])
    directory(name)
  for (const name of ['tmp', 'var/tmp']) directory(name, 0o1777)
  file('bin/busybox', program, 0o755)
  for (const name of applets)
    if (name !== 'busybox') tar.entry({ name: `bin/${name}`, type: 'link', linkname: 'bin/busybox', mode: 0o755 })
  tar.entry({ name: 'usr/bin/env', type: 'symlink', linkname: '../../bin/env', mode: 0o777 })
  file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n')
  file('etc/group', 'root:x:0:\nnogroup:x:65534:\n')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

type Ran = { readonly code: number; readonly output: string }

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
