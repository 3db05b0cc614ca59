/** An engine over ssh: a daemon of sshd of the test's own, on a port of this machine, with a key of its own. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../scripts/free-port.ts'
import { workflowUid } from '../../resources/index.ts'
import type { PodRequest, PodState } from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { engineAt } from './connection.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { probeEngine } from './probe-engine.ts'

const run = promisify(execFile)
const sshd = '/usr/sbin/sshd'

async function hasSshd(): Promise<boolean> {
  if (existsSync(sshd)) return true
  if (userInfo().uid !== 0) return false
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'openssh-server']).catch(() => null)
  return existsSync(sshd)
}
const isThere = await hasSshd()
if (!isThere) console.warn('the tests of ssh are skipped: there is no sshd, and it cannot be installed here')

let base = ''
let port = 0
let server: ChildProcess | null = null

async function startSshd(): Promise<void> {
  const child = spawn(sshd, ['-D', '-e', '-f', join(base, 'sshd_config')], { stdio: 'ignore' })
  server = child
  await vi.waitUntil(async () => (await hostKeys()) !== '', { timeout: 60_000, interval: 100 })
}

const hostKeys = (): Promise<string> =>
  run('ssh-keyscan', ['-p', String(port), '127.0.0.1']).then(
    ({ stdout }) => stdout,
    () => '',
  )

/** With the connections that it has: they are processes of their own. */
async function killSshd(): Promise<void> {
  const pid = server?.pid
  if (pid === undefined) return
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }))
  for (const child of [
    pid,
    ...stdout
      .split('\n')
      .map(Number)
      .filter((one) => one > 0),
  ])
    process.kill(child, 'SIGKILL')
}

/** `ssh` reads its settings from where the user's are, so the known hosts of the test are those of a wrapper in PATH. */
async function wrapSsh(): Promise<void> {
  const wrapper = join(base, 'bin', 'ssh')
  await mkdir(join(base, 'bin'))
  const words = `-F none -o UserKnownHostsFile=${join(base, 'known_hosts')} -o GlobalKnownHostsFile=/dev/null`
  await writeFile(wrapper, `#!/bin/sh\nexec /usr/bin/ssh ${words} "$@"\n`, { mode: 0o755 })
  process.env['PATH'] = `${join(base, 'bin')}:${process.env['PATH'] ?? ''}`
}

const keyFile = () => join(base, 'key')
const address = () => {
  const found = engineAt(`ssh://${userInfo().username}@127.0.0.1:${port}/var/run/docker.sock`)
  if (found.kind !== 'ssh') throw new Error('no address of kind ssh')
  return { ...found, keyFile: keyFile() }
}

beforeAll(async () => {
  if (!isThere) return
  base = await mkdtemp(join(tmpdir(), 'ssh-test-'))
  port = await freePort()
  for (const name of ['key', 'host_key'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(base, name)])
  await writeFile(join(base, 'authorized_keys'), await readFile(join(base, 'key.pub')), { mode: 0o600 })
  await mkdir('/run/sshd', { recursive: true })
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(base, 'host_key')}`,
    `AuthorizedKeysFile ${join(base, 'authorized_keys')}`,
    `PidFile ${join(base, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
  ]
  await writeFile(join(base, 'sshd_config'), `${lines.join('\n')}\n`)
  await wrapSsh()
  await startSshd()
})
afterAll(async () => {
  await killSshd()
  if (base !== '') await rm(base, { recursive: true, force: true })
})

const podOf = (uid: string, command: string): PodRequest =>
  podRequest(workflowUid(uid), 'over-ssh', [mainContainer({ command: ['sh', '-c', command] })], {
    terminationGraceMs: 0,
  })

describe.skipIf(!isThere)('an engine over ssh', () => {
  it('is refused while its host is not known, in the words of ssh', async () => {
    const probe = await probeEngine(address())
    expect(probe).toMatchObject({ ok: false, reason: expect.stringMatching(/Host key verification failed/) as string })
    await writeFile(join(base, 'known_hosts'), await hostKeys())
    expect(await probeEngine(address())).toMatchObject({ ok: true })
  })

  it('runs a pod to its end, though the connection breaks meanwhile', async () => {
    const uid = randomUUID()
    const runtime = new DockerRuntime({
      engine: address(),
      instance: `ssh-test-${uid.slice(0, 8)}`,
      dataDir: join(base, 'data'),
    })
    const states: PodState[] = []
    const health: boolean[] = []
    runtime.observe(
      (state) => states.push(state),
      (isHealthy) => health.push(isHealthy),
    )
    try {
      const pod = podOf(uid, 'sleep 4; echo through the tunnel')
      await runtime.start(pod)
      await expect.poll(() => states.some(({ phase }) => phase === 'running')).toBe(true)
      await killSshd()
      await expect.poll(() => health.at(-1)).toBe(false)
      await startSshd()
      await expect.poll(() => states.at(-1)?.phase).toBe('ended')
      const stdout = await runtime.readStdout(pod.identity.id, 'main', 1_000)
      expect(Buffer.from(stdout).toString()).toBe('through the tunnel\n')
      await runtime.remove(pod.identity.id)
    } finally {
      await runtime.forget(workflowUid(uid))
      await runtime.close()
    }
  })

  it('leaves no ssh behind', async () => {
    const left = () =>
      run('pgrep', ['-f', `ssh .*-p ${port} `]).then(
        ({ stdout }) => stdout,
        () => '',
      )
    // A process that was told to end takes a moment.
    await expect.poll(left).toBe('')
  })
})
