/** How fast big artifacts go to S3 and back, beside the AWS command line, and what the daemon takes of memory meanwhile. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { findAwsCli } from '../scripts/aws-cli.ts'
import { startS3Server } from '../scripts/s3-server.ts'
import type { S3Server } from '../scripts/s3-server.ts'
import { oneFile } from '../src/artifacts/archive/tar-write.ts'
import { createArtifacts } from '../src/artifacts/index.ts'
import type { Artifact } from '../src/resources/index.ts'
import { image } from './docker-baseline.ts'

export type Transfer = { readonly up: number; readonly down: number }
export type S3Seconds = {
  readonly plain: Transfer
  /** The default archive; compressing random bytes is the worst case. */
  readonly packed: Transfer
  /** `null` where no native client can be had. */
  readonly native: Transfer | null
}

const bucket = 'bench'
const locationOf = ({ endpoint }: S3Server, key: string): NonNullable<Artifact['s3']> => ({
  ...{ endpoint, bucket, key, insecure: true, createBucketIfNotPresent: {} },
  accessKeySecret: { name: 'bench-s3', key: 'access' },
  secretKeySecret: { name: 'bench-s3', key: 'secret' },
})

/** Seconds for one file of random bytes from disk to S3 and back to disk; the best of so many rounds, in turns. */
export async function s3Seconds(mebibytes: number, rounds: number): Promise<S3Seconds> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-s3-'))
  const server = await startS3Server()
  try {
    const file = join(base, 'file')
    await randomFile(file, mebibytes)
    const aws = findAwsCli()
    const best = { plain: worst, packed: worst, native: worst }
    for (let round = 0; round < rounds; round++) {
      best.plain = better(best.plain, await byDoor(server, base, file, { none: {} }))
      if (aws !== null) best.native = better(best.native, await byAws(aws, server, base, file))
      if (round === 0) best.packed = await byDoor(server, base, file, { tar: {} })
    }
    return { ...best, native: aws === null ? null : best.native }
  } finally {
    await server.stop()
    await rm(base, { recursive: true, force: true })
  }
}

const worst: Transfer = { up: Infinity, down: Infinity }
const better = (a: Transfer, b: Transfer): Transfer => ({ up: Math.min(a.up, b.up), down: Math.min(a.down, b.down) })

async function byDoor(
  server: S3Server,
  base: string,
  file: string,
  archive: NonNullable<Artifact['archive']>,
): Promise<Transfer> {
  const artifacts = createArtifacts({ directory: join(base, 'artifacts') })
  const secrets = (_namespace: string, _name: string, key: string) =>
    key === 'access' ? server.accessKey : server.secretKey
  const context = { namespace: 'default', secrets }
  const artifact: Artifact = { name: 'big', path: '/big', archive, s3: locationOf(server, 'by-door') }
  const { size } = await stat(file)
  const content = createReadStream(file, { highWaterMark: 256 * 1024 })
  const tar = oneFile({ path: 'big', mode: 0o644, uid: 0, gid: 0, modifiedAt: 0, sizeBytes: size, content })
  const up = await timed(() => artifacts.save(tar, artifact, context))
  const back = join(base, 'back')
  const down = await timed(async () => {
    const loaded = await artifacts.load(artifact, { path: '/big' }, context)
    if (loaded === null) throw new Error('what was saved is not there')
    await pipeline(Readable.from(loaded, { objectMode: false }), createWriteStream(back))
  })
  await rm(back)
  await artifacts.delete(artifact, context)
  return { up, down }
}

async function byAws(aws: string, server: S3Server, base: string, file: string): Promise<Transfer> {
  const env = {
    ...process.env,
    ...{ AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey },
    ...{ AWS_DEFAULT_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' },
  }
  const run = async (...words: string[]) => {
    const args = ['--endpoint-url', `http://${server.endpoint}`, 's3', ...words, '--only-show-errors']
    const [code] = (await once(spawn(aws, args, { env, stdio: ['ignore', 2, 2] }), 'close')) as [number | null]
    if (code !== 0) throw new Error(`aws s3 ${words.join(' ')} failed`)
  }
  const back = join(base, 'back')
  const up = await timed(() => run('cp', file, `s3://${bucket}/by-aws`))
  const down = await timed(() => run('cp', `s3://${bucket}/by-aws`, back))
  await rm(back)
  await run('rm', `s3://${bucket}/by-aws`)
  return { up, down }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

async function randomFile(path: string, mebibytes: number): Promise<void> {
  const file = await open(path, 'w')
  const block = new Uint32Array(256 * 1024)
  let state = 88172645463325252n & 0xffffffffn
  for (let i = 0; i < block.length; i++) block[i] = Number((state = (state * 1664525n + 1013904223n) & 0xffffffffn))
  try {
    for (let i = 0; i < mebibytes; i++) {
      block[0] = i
      await file.write(new Uint8Array(block.buffer))
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

export type Moved = { readonly peakMiB: number; readonly idleMiB: number; readonly seconds: number }

/** The daemon's most resident memory while so many containers save a file each, and as many load one, at once. */
export async function memoryWhileMoving(count: number, mebibytes: number): Promise<Moved> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-s3-'))
  const server = await startS3Server()
  const drop = join(base, 'drop')
  await mkdir(drop)
  const program = join(import.meta.dirname, '..', 'bin', 'drydock.js')
  const words = ['up', drop, '--data', join(base, 'data'), '--port', '0', '--metrics-port', '0', '--log-level', 'error']
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    await new Promise((resolve) => setTimeout(resolve, 4000))
    const idleMiB = await memoryOf(child.pid, 'VmRSS')
    const seconds = await timed(async () => {
      await writeFile(join(drop, 'moving.yaml'), moving(server, count, mebibytes))
      await ended(join(drop, '.status', 'moving.yaml'), 900)
    })
    return { peakMiB: await memoryOf(child.pid, 'VmHWM'), idleMiB, seconds }
  } finally {
    await rm(join(drop, 'moving.yaml'), { force: true })
    await new Promise((resolve) => setTimeout(resolve, 3000)) // the workflow goes, and its containers
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
    await server.stop()
    await rm(base, { recursive: true, force: true })
  }
}

async function memoryOf(pid: number | undefined, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) / 1024
}

async function ended(statusFile: string, limitSeconds: number): Promise<void> {
  for (const until = Date.now() + limitSeconds * 1000; Date.now() < until;) {
    const phase = /^ *phase: (\w+)/m.exec(await readFile(statusFile, 'utf8').catch(() => ''))?.[1] ?? ''
    if (phase === 'Succeeded') return
    if (['Failed', 'Error'].includes(phase)) throw new Error(await readFile(statusFile, 'utf8'))
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`nothing in ${statusFile} after ${limitSeconds} s`)
}

function moving(server: S3Server, count: number, mebibytes: number): string {
  const s3 = JSON.stringify(locationOf(server, '{{inputs.parameters.number}}'))
  const container = (command: string) =>
    `{ image: ${image}, imagePullPolicy: IfNotPresent, command: [sh, -c], args: ["${command}"] }`
  return `apiVersion: v1
kind: Secret
metadata: { name: bench-s3 }
stringData: { access: ${server.accessKey}, secret: ${server.secretKey} }
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: moving }
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - [{ name: save, template: save, withSequence: { count: "${count}" }, arguments: { parameters: [{ name: number, value: "{{item}}" }] } }]
    - [{ name: load, template: load, withSequence: { count: "${count}" }, arguments: { parameters: [{ name: number, value: "{{item}}" }] } }]
  - name: save
    inputs: { parameters: [{ name: number }] }
    outputs: { artifacts: [{ name: big, path: /tmp/big, archive: { none: {} }, s3: ${s3} }] }
    container: ${container(`dd if=/dev/zero of=/tmp/big bs=1M count=${mebibytes}`)}
  - name: load
    inputs:
      parameters: [{ name: number }]
      artifacts: [{ name: big, path: /tmp/big, archive: { none: {} }, s3: ${s3} }]
    container: ${container(`test $(wc -c < /tmp/big) -eq ${mebibytes * 1024 * 1024}`)}
`
}
