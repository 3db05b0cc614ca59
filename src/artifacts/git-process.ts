/** Runs git shut off from the daemon's own settings, with credentials in files and variables that only it sees. */
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError, WorldError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'
import type { ArtifactContext } from './port.ts'
import { secretOf } from './secrets.ts'

type GitContext = ArtifactContext & { readonly allowLocal: boolean }
type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Of what git prints, the end is kept. */
const outputBytesMax = 64 * 1024

/** Answers git's two questions. */
const askpass = `#!/bin/sh
case "$1" in
  Username*) printf '%s\\n' "$DRYDOCK_GIT_USERNAME" ;;
  *) printf '%s\\n' "$DRYDOCK_GIT_PASSWORD" ;;
esac
`

export class GitProcess {
  readonly #folder: string
  readonly #env: Readonly<Record<string, string>>
  readonly #signal: AbortSignal | undefined
  readonly #secrets: readonly string[]

  private constructor(folder: string, env: Record<string, string>, secrets: readonly string[], signal?: AbortSignal) {
    this.#folder = folder
    this.#env = env
    this.#secrets = secrets
    this.#signal = signal
  }

  static async prepare(folder: string, git: NonNullable<Artifact['git']>, context: GitContext): Promise<GitProcess> {
    const username = secretOf(git.usernameSecret, context)
    const password = secretOf(git.passwordSecret, context)
    const sshKey = secretOf(git.sshPrivateKeySecret, context)
    await mkdir(folder, { mode: 0o700 })
    const ask = join(folder, 'askpass')
    await writeFile(ask, askpass, { mode: 0o700 })
    const keyFile = join(folder, 'ssh-key')
    if (sshKey !== undefined) await writeFile(keyFile, sshKey.endsWith('\n') ? sshKey : `${sshKey}\n`, { mode: 0o600 })
    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: folder,
      LANG: 'C.UTF-8',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: ask,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ALLOW_PROTOCOL: context.allowLocal ? 'https:http:ssh:git:file' : 'https:http:ssh:git',
      GIT_SSH_COMMAND: sshCommand(sshKey === undefined ? null : keyFile, folder, git.insecureIgnoreHostKey === true),
      DRYDOCK_GIT_USERNAME: username ?? '',
      DRYDOCK_GIT_PASSWORD: password ?? '',
    }
    if (git.insecureSkipTLS) env['GIT_SSL_NO_VERIFY'] = '1'
    const secrets = [password, sshKey].filter((secret) => secret !== undefined && secret !== '') as string[]
    return new GitProcess(folder, env, secrets, context.signal)
  }

  run(args: readonly string[]): Promise<string> {
    return this.#orThrow(this.#folder, args)
  }

  /** In the work tree. */
  runInside(args: readonly string[]): Promise<string> {
    return this.#orThrow(join(this.#folder, 'work'), args)
  }

  async succeeds(args: readonly string[]): Promise<boolean> {
    return (await this.#spawn(join(this.#folder, 'work'), args)).code === 0
  }

  /** What it prints, `null` where it fails. */
  async output(args: readonly string[]): Promise<string | null> {
    const { code, stdout } = await this.#spawn(join(this.#folder, 'work'), args)
    return code === 0 ? stdout.trim() : null
  }

  async #orThrow(cwd: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#spawn(cwd, args)
    if (code === 0) return stdout
    const text = this.#clean(stderr).trim().split('\n').slice(-4).join('; ')
    const isTransport = /could not resolve|timed out|connection|early EOF|hung up|HTTP 5\d\d|returned error: 5/i.test(
      text,
    )
    const message = `git ${args[0] ?? ''} failed: ${text || `exit code ${code}`}`
    if (isTransport) throw new WorldError('ARTIFACT_GIT', message, { retryable: true })
    throw new UserError('ARTIFACT_GIT', message)
  }

  /** Git prints URLs, and a URL may hold a password. */
  #clean(text: string): string {
    const hidden = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    return hidden.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1***@').replaceAll(this.#folder, '')
  }

  #spawn(cwd: string, args: readonly string[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      const options = { cwd, env: this.#env, ...(this.#signal ? { signal: this.#signal } : {}) }
      const child = spawn('git', args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
      const printed = { stdout: '', stderr: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout = tail(printed.stdout + text)))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr = tail(printed.stderr + text)))
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (this.#signal?.aborted) reject(this.#signal.reason)
        else if (error.code !== 'ENOENT') reject(error)
        else
          reject(
            new UserError('ARTIFACT_GIT', 'git artifacts need the program git', {
              hint: 'install git, or put it on the PATH',
            }),
          )
      })
      child.on('close', (code) => {
        resolve({ code, ...printed })
      })
    })
  }
}

const tail = (text: string): string => text.slice(-outputBytesMax)

function sshCommand(keyFile: string | null, folder: string, ignoreHostKey: boolean): string {
  const options = ['ssh', '-o BatchMode=yes', `-o StrictHostKeyChecking=${ignoreHostKey ? 'no' : 'yes'}`]
  if (ignoreHostKey) options.push(`-o UserKnownHostsFile='${join(folder, 'known-hosts')}'`)
  if (keyFile !== null) options.push('-o IdentitiesOnly=yes', `-i '${keyFile}'`)
  return options.join(' ')
}
