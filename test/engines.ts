/** Docker Engines of a test's own, beside the machine's: they may be stopped, killed and filled without disturbing anybody. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, openSync, closeSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureEngine } from '../src/runtime/docker/index.ts'

const run = promisify(execFile)

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
  /** Short; names its folder and its bridge. */
  readonly name: string
  /** Loaded from the machine's engine; busybox where nothing is said. */
  readonly images?: readonly string[]
  /** The second byte of its bridge's addresses, 10.x.0.1/16; one that follows from the name where nothing is said. */
  readonly subnet?: number
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
    this.#folder = join(tmpdir(), `drydock-engine-${given.name}`)
    this.socket = join(this.#folder, 'docker.sock')
    this.host = `unix://${this.socket}`
    this.log = join(this.#folder, 'dockerd.log')
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  async start(): Promise<void> {
    if (this.#child !== null) return
    await this.#endOlder()
    await mkdir(this.#folder, { recursive: true })
    const bridge = await this.#bridge()
    const [program = 'dockerd', ...words] = [...(this.#given.within ?? []), 'dockerd', ...this.#words(bridge)]
    this.#containerd ??= this.#spawn('containerd', this.#containerdWords())
    const child = this.#spawn(program, words)
    this.#child = child
    child.once('exit', () => (this.#child = this.#child === child ? null : this.#child))
    for (let tries = 0; !(await this.#answers()); tries++) {
      if (this.#child === null || tries > 300)
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
    await run('sh', ['-c', 'grep -o "$1[^ ]*" /proc/mounts | sort -r | xargs -r umount -l', 'sh', this.#folder]).catch(
      () => {},
    )
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #bridgeName(): string {
    return `dd-${this.#given.name}`.slice(0, 15)
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
    const subnet =
      this.#given.subnet ?? 160 + ([...this.#given.name].reduce((sum, one) => sum * 31 + one.charCodeAt(0), 7) % 90)
    const name = this.#bridgeName
    if (!existsSync(`/sys/class/net/${name}`)) {
      await run('ip', ['link', 'add', name, 'type', 'bridge'])
      await run('ip', ['address', 'add', `10.${subnet}.0.1/16`, 'dev', name])
      await run('ip', ['link', 'set', name, 'up'])
    }
    return name
  }

  /** One that an aborted test left behind. */
  async #endOlder(): Promise<void> {
    const ours = this.#containerd === null ? this.#folder : `--pidfile ${join(this.#folder, 'pid')}`
    await run('pkill', ['-TERM', '-f', ours]).catch(() => undefined)
    for (let tries = 0; tries < 300; tries++) {
      const left = await run('pgrep', ['-f', ours]).catch(() => null)
      if (left === null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await rm(join(this.#folder, 'pid'), { force: true })
  }

  #answers(): Promise<boolean> {
    return run('docker', ['-H', this.host, 'version'], { timeout: 2_000 }).then(
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
