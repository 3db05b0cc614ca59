/** Docker Engines of a test's own, beside the machine's: they may be stopped, killed and filled without disturbing anybody. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, openSync, closeSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureEngine } from '../src/runtime/docker/index.ts'

const run = promisify(execFile)
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Of this checkout: another one's tests may run at the same time, and a later run must find what an aborted one left. */
export const checkoutMark = hashOf(import.meta.dirname).slice(0, 4)

export type OwnEngine = {
  /** As `DOCKER_HOST` names it. */
  readonly host: string
  readonly socket: string
  readonly log: string
  readonly pid: number | null
  /** Starts it (again) and waits until it answers; containers of an earlier life are as that life left them. */
  start(): Promise<void>
  /** `SIGKILL` leaves the containers running, as a crash does; `SIGTERM` ends them first. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Loads an image that the machine's engine has. */
  load(image: string): Promise<void>
  /** Ends it with its containers, and deletes all it had. */
  remove(): Promise<void>
}

export type OwnEngineOptions = {
  /** Short; names its folder, and with this checkout its bridge and addresses. No other engine of this checkout has it at the same time. */
  readonly name: string
  /** Loaded from the machine's engine; busybox where nothing is said. */
  readonly images?: readonly string[]
  /** Words for dockerd beside ours. */
  readonly options?: readonly string[]
  /** Words before dockerd that lead into a network namespace, where it makes its own bridge: `nsenter --net=…`. */
  readonly within?: readonly string[]
}

/** Empty at its start, whatever an aborted test left. Needs root and dockerd, which `ensureEngine` installs where it may; whoever asks removes it. */
export async function ownEngine(given: OwnEngineOptions): Promise<OwnEngine> {
  const machine = await ensureEngine()
  if (!machine.ok) throw new Error(machine.message)
  const engine = new Dockerd(given)
  await engine.remove()
  await engine.start()
  for (const image of given.images ?? ['busybox:latest']) await engine.load(image)
  return engine
}

class Dockerd implements OwnEngine {
  readonly host: string
  readonly socket: string
  readonly log: string
  readonly #given: OwnEngineOptions
  readonly #folder: string
  #child: ChildProcess | null = null
  /** Outlives a killed dockerd with its containers, as where the system starts both. */
  #containerd: ChildProcess | null = null

  constructor(given: OwnEngineOptions) {
    this.#given = given
    this.#folder = join(tmpdir(), `drydock-engine-${checkoutMark}-${given.name}`)
    this.socket = join(this.#folder, 'docker.sock')
    this.host = `unix://${this.socket}`
    this.log = join(this.#folder, 'dockerd.log')
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  async start(): Promise<void> {
    if (this.#child !== null) return
    await mkdir(this.#folder, { recursive: true })
    await rm(join(this.#folder, 'pid'), { force: true })
    const bridge = await this.#bridge()
    const [program = 'dockerd', ...words] = [...(this.#given.within ?? []), 'dockerd', ...this.#words(bridge)]
    this.#containerd ??= this.#spawn('containerd', this.#containerdWords())
    const child = this.#spawn(program, words)
    this.#child = child
    child.once('exit', () => (this.#child = this.#child === child ? null : this.#child))
    for (let tries = 0; !(await this.#answers()); tries++) {
      if (this.#child === null || tries > 1_000)
        throw new Error(`dockerd ${this.#given.name} does not start:\n${await this.#logTail()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child !== null) await end(this.#child, signal)
  }

  async load(image: string): Promise<void> {
    await run('sh', ['-c', `docker save "$1" | docker -H "$2" load`, 'sh', image, this.host])
  }

  async remove(): Promise<void> {
    await run('sh', ['-c', 'docker -H "$1" ps -aq | xargs -r docker -H "$1" rm -fv', 'sh', this.host]).catch(() => {})
    await this.stop()
    if (this.#containerd !== null) await end(this.#containerd, 'SIGTERM')
    this.#containerd = null
    await this.#endOlder()
    if (this.#given.within === undefined) await run('ip', ['link', 'delete', this.#bridgeName]).catch(() => {})
    await run('sh', ['-c', 'grep -o "$1/[^ ]*" /proc/mounts | sort -r | xargs -r umount -l', 'sh', this.#folder]).catch(
      () => {},
    )
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #bridgeName(): string {
    return `dd-${hashOf(this.#folder).slice(0, 12)}`
  }

  #spawn(program: string, words: readonly string[]): ChildProcess {
    const log = openSync(this.log, 'a')
    try {
      return spawn(program, words, { stdio: ['ignore', log, log] })
    } finally {
      closeSync(log)
    }
  }

  #place(option: string, name: string): readonly string[] {
    return [`--${option}`, join(this.#folder, name)]
  }

  #containerdWords(): readonly string[] {
    return [
      ...this.#place('root', 'containerd'),
      ...this.#place('state', 'containerd-state'),
      ...this.#place('address', 'containerd.sock'),
      '--log-level=warn',
    ]
  }

  #words(bridge: string | null): readonly string[] {
    return [
      ...this.#place('data-root', 'data'),
      ...this.#place('exec-root', 'exec'),
      ...this.#place('pidfile', 'pid'),
      ...this.#place('containerd', 'containerd.sock'),
      '--host',
      this.host,
      ...(bridge === null ? [] : [`--bridge=${bridge}`]),
      // Rules of two engines on one machine get in each other's way.
      '--iptables=false',
      ...(this.#given.options ?? []),
    ]
  }

  /** Never `--bridge=none`: at its start such a dockerd deletes `docker0`, which is the machine's engine's. */
  async #bridge(): Promise<string | null> {
    if (this.#given.within !== undefined) return null
    const name = this.#bridgeName
    if (!existsSync(`/sys/class/net/${name}`)) {
      await run('ip', ['link', 'add', name, 'type', 'bridge'])
      await run('ip', ['address', 'add', await this.#freeAddress(), 'dev', name])
      await run('ip', ['link', 'set', name, 'up'])
    }
    return name
  }

  /** Of the 1,440 networks 10.160.0.0/20 to 10.249.240.0/20 the next that no link has, from one that follows from its name. */
  async #freeAddress(): Promise<string> {
    const { stdout: taken } = await run('ip', ['-4', '-o', 'address'])
    const first = Number.parseInt(hashOf(this.#folder).slice(0, 8), 16)
    const addresses = Array.from({ length: 1_440 }, (_, index) => (first + index) % 1_440).map(
      (number) => `10.${160 + Math.floor(number / 16)}.${(number % 16) * 16}.1/20`,
    )
    const free = addresses.find((address) => !taken.includes(` ${address} `))
    if (free === undefined) throw new Error('no network is left for one more engine: `ip link` shows bridges dd-*')
    return free
  }

  /** Those that an aborted test left behind, of its very folder. */
  async #endOlder(): Promise<void> {
    const ours = `${this.#folder}/`
    await run('pkill', ['-TERM', '-f', ours]).catch(() => undefined)
    for (let tries = 0; tries < 300; tries++) {
      const left = await run('pgrep', ['-f', ours]).catch(() => null)
      if (left === null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  #answers(): Promise<boolean> {
    return run('docker', ['-H', this.host, 'version'], { timeout: 10_000 }).then(
      () => true,
      () => false,
    )
  }

  async #logTail(): Promise<string> {
    return (await readFile(this.log, 'utf8').catch(() => '')).split('\n').slice(-8).join('\n')
  }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await ended
}
