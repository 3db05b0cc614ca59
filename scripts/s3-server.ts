/**
 * A real S3 server for tests: versitygw on a scratch directory. Found on the PATH or in our cache, else built with Go.
 * By itself: `node scripts/s3-server.ts [PORT]` runs one until it is stopped.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

const modulePath = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const cache = fileURLToPath(new URL('../node_modules/.cache/drydock-bin/', import.meta.url))

export type S3Server = {
  /** `host:port`. */
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  /** Ends the server and removes its objects. */
  readonly stop: () => Promise<void>
}

/** The path of the server's program; built where it is missing, which takes minutes. */
export function findS3Server(): string {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), cache].map((folder) => join(folder, 'versitygw'))
  const found = places.find((path) => existsSync(path))
  if (found !== undefined) return found
  mkdirSync(cache, { recursive: true })
  try {
    execFileSync('go', ['install', modulePath], { env: { ...process.env, GOBIN: cache }, stdio: ['ignore', 2, 2] })
  } catch (error) {
    throw new Error(`no S3 server: put versitygw on the PATH, or install Go and run: go install ${modulePath}`, {
      cause: error,
    })
  }
  return join(cache, 'versitygw')
}

export type S3Options = {
  readonly port?: number
  /** Files of a certificate and its key: the server speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  readonly accessKey?: string
  readonly secretKey?: string
}

export async function startS3Server(options: S3Options = {}): Promise<S3Server> {
  const program = findS3Server()
  const directory = mkdtempSync(join(tmpdir(), 'drydock-s3-'))
  for (const name of ['objects', 'attributes']) mkdirSync(join(directory, name))
  const port = options.port ? options.port : await freePort()
  const endpoint = `127.0.0.1:${port}`
  const { accessKey = 'drydock-test', secretKey = 'drydock-test-secret', tls } = options
  const args = [
    '--port',
    endpoint,
    '--quiet',
    ...(tls ? ['--cert', tls.certificate, '--key', tls.key] : []),
    'posix',
    '--sidecar',
    join(directory, 'attributes'),
    join(directory, 'objects'),
  ]
  const env = { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey }
  const child = spawn(program, args, { env, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  process.once('exit', () => child.kill('SIGKILL'))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  if (!(await answers(port, child))) {
    await stop()
    throw new Error(`${program} does not answer on ${endpoint}`)
  }
  return { endpoint, accessKey, secretKey, stop }
}

/** Whether it takes connections within a minute. */
async function answers(port: number, child: { readonly exitCode: number | null }): Promise<boolean> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startS3Server({ port: Number(process.argv[2] ?? 0) })
  console.log(`S3 on http://${server.endpoint}, access key ${server.accessKey}, secret key ${server.secretKey}`)
  process.once('SIGINT', () => void server.stop().then(() => process.exit(0)))
}
