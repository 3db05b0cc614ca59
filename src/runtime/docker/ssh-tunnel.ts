/**
 * An engine on another machine through the system's own `ssh`: its settings, keys, agent and known hosts count, and one
 * connection carries all calls. The engine's socket there becomes a socket here; nothing is needed there but sshd.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AgentOptions } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { http } from '../../resources/index.ts'
import { Once } from '../once.ts'

export type SshTarget = {
  readonly host: string
  readonly port: number
  readonly user: string | null
  /** The engine's socket there. */
  readonly socket: string
  /** Private key, instead of those that `ssh` finds by itself. */
  readonly keyFile: string | null
}

const readyWithinMs = 20_000
const lookEveryMs = 50
const errorTextMax = 2_000

/** `ssh` ends with whoever started it, also where that is killed: then its standard input, and with it `cat`, comes to an end. */
const keeper = 'exec 3<&0; "$@" </dev/null & p=$!; { cat <&3 >/dev/null; kill $p; } 2>/dev/null & wait $p'

export class SshTunnel {
  readonly #target: SshTarget
  readonly #folder = mkdtempSync(join(tmpdir(), 'drydock-ssh-'))
  #child: ChildProcess | null = null
  readonly #opening = new Once<string>()
  #isClosed = false

  constructor(target: SshTarget) {
    this.#target = target
  }

  /** The socket here, once it answers. @throws with what `ssh` said */
  open(): Promise<string> {
    return this.#opening.run(() => this.#open())
  }

  close(): void {
    this.#isClosed = true
    this.#child?.stdin?.end()
    this.#child?.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<string> {
    if (this.#isClosed) throw new Error('the tunnel was closed')
    const path = join(this.#folder, 'docker.sock')
    const child = spawn('sh', ['-c', keeper, 'sh', 'ssh', ...this.#words(path)], { stdio: ['pipe', 'ignore', 'pipe'] })
    this.#child = child
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-errorTextMax)))
    child.on('error', (error) => (said += error.message))
    child.stdin.on('error', () => {})
    const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
    child.once('exit', () => {
      child.stdin.end()
      if (this.#child !== child) return
      this.#child = null
      this.#opening.forget()
    })
    for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
      if (isOver()) throw new Error(`ssh: ${said.trim() || 'it ended at once'}`)
      if (await answers(path)) return path
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    child.stdin.end()
    child.kill()
    throw new Error(`ssh: no connection within ${readyWithinMs / 1000} s${said === '' ? '' : `: ${said.trim()}`}`)
  }

  #words(path: string): readonly string[] {
    const { host, port, user, socket, keyFile } = this.#target
    const options = {
      BatchMode: 'yes',
      ConnectTimeout: '10',
      ExitOnForwardFailure: 'yes',
      ServerAliveInterval: '10',
      ServerAliveCountMax: '3',
      StreamLocalBindUnlink: 'yes',
      ControlMaster: 'no',
      ControlPath: 'none',
    }
    return [
      ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      ...(keyFile === null ? [] : ['-i', keyFile, '-o', 'IdentitiesOnly=yes']),
      ...(user === null ? [] : ['-l', user]),
      ...['-p', String(port), '-N', '-T', '-L', `${path}:${socket}`, '--', host],
    ]
  }
}

/** Sends requests through the tunnel, which is opened when it is first needed and again where it broke. */
export class SshAgent extends http.Agent {
  readonly #tunnel: SshTunnel

  constructor(tunnel: SshTunnel, options: AgentOptions) {
    super(options)
    this.#tunnel = tunnel
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const nothing = undefined as unknown as Duplex // with an error nobody looks at it
    this.#tunnel.open().then(
      (path) => done?.(null, connect(path)),
      (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error)), nothing),
    )
    return undefined
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(path)
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}
