/**
 * A real Prometheus for tests, in a scratch directory. The programs are those of this machine; where there are none and
 * we may (root on Debian or Ubuntu), apt installs them; else the official image runs, where a registry is reached.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

type Programs = { readonly prometheus: readonly string[]; readonly promtool: readonly string[] }
export type PrometheusServer = { readonly url: string; stop(): Promise<void> }

const image = 'prom/prometheus:v2.53.4'

/** The words that run `prometheus` and `promtool` on files below the directory. */
export function findPrometheus(directory: string): Programs {
  const native: Programs = { prometheus: ['prometheus'], promtool: ['promtool'] }
  if (isOnPath()) return native
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const words = ['install', '-y', '-qq', '--no-install-recommends', 'prometheus']
    spawnSync('apt-get', words, { env, stdio: ['ignore', 2, 2] })
    // The package starts a service of its own, on the port of our metrics.
    if (existsSync('/run/systemd/system')) spawnSync('systemctl', ['disable', '--now', 'prometheus'])
    if (isOnPath()) return native
  }
  const run = (program: string) => [
    ...['docker', 'run', '--rm', '--network', 'host', '--user', '0:0', '--volume', `${directory}:${directory}`],
    ...['--workdir', directory, '--entrypoint', `/bin/${program}`, image],
  ]
  const pulled = spawnSync('docker', ['pull', '--quiet', image], { stdio: 'ignore' })
  if (pulled.status === 0) return { prometheus: run('prometheus'), promtool: run('promtool') }
  throw new Error(
    'no Prometheus: install it (Debian, Ubuntu: apt-get install prometheus), or put prometheus and promtool on the PATH',
  )
}

const isOnPath = (): boolean =>
  ['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).status === 0)

/** What promtool says; throws with it where it is not content. */
export function promtool(directory: string, words: readonly string[]): string {
  const [program = '', ...args] = findPrometheus(directory).promtool
  const { status, stdout, stderr } = spawnSync(program, [...args, ...words], { cwd: directory, encoding: 'utf8' })
  if (status !== 0) throw new Error(`promtool ${words.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** @param directory holds `prometheus.yml`, and the data */
export async function startPrometheus(directory: string): Promise<PrometheusServer> {
  const [program = '', ...words] = findPrometheus(directory).prometheus
  const port = await freePort()
  const data = join(directory, 'data')
  mkdirSync(data, { recursive: true })
  const args = [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]
  const child = spawn(program, [...words, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`${url}/-/ready`).catch(() => null)
    if (response?.ok === true) break
    if (child.exitCode !== null || tries > 600) throw new Error(`Prometheus did not come up:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { prometheus } = findPrometheus(process.cwd())
  execFileSync(prometheus[0] ?? '', [...prometheus.slice(1), '--version'], { stdio: 'inherit' })
}
