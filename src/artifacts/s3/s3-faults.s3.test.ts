import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Artifact } from '../../resources/index.ts'
import { startS3Server } from '../../../scripts/s3-server.ts'
import type { S3Server } from '../../../scripts/s3-server.ts'
import { streamOf, textOf } from '../artifacts.fixtures/trees.ts'
import { S3Driver } from './s3-driver.ts'
import { faultyProxy } from './s3.fixtures/servers.ts'
import type { Fault, Listening } from './s3.fixtures/servers.ts'

let server: S3Server
let directory: string
let buckets = 0
const open: Listening[] = []
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-s3-faults-'))
  server = await startS3Server()
}, 600_000)
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})
afterAll(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

const context = () => ({
  namespace: 'default',
  secrets: (_namespace: string, _name: string, key: string) => (key === 'access' ? server.accessKey : server.secretKey),
})
const at = (bucket: string, key: string, endpoint = server.endpoint): Artifact => ({
  name: 'out',
  s3: {
    ...{ endpoint, bucket, key, insecure: true },
    accessKeySecret: { name: 's', key: 'access' },
    secretKeySecret: { name: 's', key: 'secret' },
  },
})
const admin = () =>
  new S3Client({
    ...{ endpoint: `http://${server.endpoint}`, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  })
async function newBucket(): Promise<string> {
  const bucket = `faults-${++buckets}`
  await admin().send(new CreateBucketCommand({ Bucket: bucket }))
  return bucket
}
const uploadsOf = async (bucket: string) =>
  ((await admin().send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).length
async function through(faultOf: (method: string, url: string) => Fault | null): Promise<string> {
  const proxy = await faultyProxy(server.endpoint, faultOf)
  open.push(proxy)
  return proxy.endpoint
}
/** Each fault once, at the first request that fits. */
function each(...faults: readonly [RegExp, Fault][]): (method: string, url: string) => Fault | null {
  const left = [...faults]
  return (method, url) => {
    const index = left.findIndex(([fits]) => fits.test(`${method} ${url}`))
    return index < 0 ? null : (left.splice(index, 1)[0]?.[1] ?? null)
  }
}
const mebibytes = (count: number, seed: string) =>
  Array.from({ length: count }, (_, index) => Buffer.alloc(1024 * 1024, `${seed}${index} `))
const hashOf = (pieces: readonly Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

it('saves whole although the server is busy, fails and breaks connections off in between', async () => {
  const bucket = await newBucket()
  const endpoint = await through(
    each(
      [/^POST .*uploads/, 'SlowDown'],
      [/partNumber=1&/, 'cut'],
      [/partNumber=2&/, 'SlowDown'],
      [/partNumber=2&/, 'InternalError'],
      [/partNumber=3&/, 'answer lost'],
      [/^POST .*uploadId/, 'answer lost'],
    ),
  )
  const pieces = mebibytes(30, 'a')
  await new S3Driver().save(at(bucket, 'k', endpoint), 'k', streamOf(...pieces), context())
  const stream = await new S3Driver().open(at(bucket, 'k'), context())
  const got: Uint8Array[] = []
  for await (const part of stream ?? []) got.push(part)
  expect(hashOf(got)).toBe(hashOf(pieces))
  expect(await uploadsOf(bucket)).toBe(0)
})
it('goes on with a download where the connection broke, again and again', async () => {
  const bucket = await newBucket()
  const pieces = mebibytes(20, 'b')
  await new S3Driver().save(at(bucket, 'k'), 'k', streamOf(...pieces), context())
  let gets = 0
  const endpoint = await through((method) => {
    if (method !== 'GET') return null
    return ++gets <= 3 ? { cutAnswerAfter: 4 * 1024 * 1024 } : gets === 4 ? 'SlowDown' : null
  })
  const stream = await new S3Driver().open(at(bucket, 'k', endpoint), context())
  const got: Uint8Array[] = []
  for await (const part of stream ?? []) got.push(part)
  expect(hashOf(got)).toBe(hashOf(pieces))
  expect(gets).toBe(5)
})
it('does not mix two versions when the object is replaced while a broken download goes on', async () => {
  const bucket = await newBucket()
  const driver = new S3Driver()
  await driver.save(at(bucket, 'k'), 'k', streamOf(...mebibytes(8, 'old')), context())
  const endpoint = await through(each([/^GET/, { cutAnswerAfter: 1024 * 1024 }]))
  const stream = await driver.open(at(bucket, 'k', endpoint), context())
  const read = async () => {
    let isFirst = true
    for await (const part of stream ?? []) {
      if (isFirst && part.length > 0)
        await driver.save(at(bucket, 'k'), 'k', streamOf(...mebibytes(8, 'new')), context())
      isFirst = false
    }
  }
  await expect(read()).rejects.toMatchObject({ code: 'ARTIFACT_S3', retryable: true })
})
it('gives up on a server that stays busy, as worth another try, and leaves no parts', async () => {
  const bucket = await newBucket()
  const endpoint = await through((_method, url) => (/partNumber=2&/.test(url) ? 'SlowDown' : null))
  const work = new S3Driver().save(at(bucket, 'k', endpoint), 'k', streamOf(...mebibytes(20, 'c')), context())
  await expect(work).rejects.toMatchObject({ code: 'ARTIFACT_S3', retryable: true })
  expect(await uploadsOf(bucket)).toBe(0)
  expect(await new S3Driver().open(at(bucket, 'k'), context())).toBeNull()
})
it('lists and deletes although answers are lost', async () => {
  const bucket = await newBucket()
  const driver = new S3Driver()
  for (const key of ['d/a', 'd/b/c', 'dd']) await driver.save(at(bucket, key), key, streamOf('x'), context())
  const endpoint = await through(each([/^GET .*list-type/, 'cut'], [/^DELETE/, 'answer lost'], [/^DELETE/, 'SlowDown']))
  const found = await driver.list(at(bucket, 'd', endpoint), context())
  expect(found.map(({ key }) => key)).toEqual(['d/a', 'd/b/c'])
  await driver.delete(at(bucket, 'd', endpoint), context())
  expect((await driver.list(at(bucket, ''), context())).map(({ key }) => key)).toEqual(['dd'])
})
it('shows nothing of an upload whose process was killed, and takes its parts away with the next save', async () => {
  const bucket = await newBucket()
  const journal = join(directory, 'uploads')
  const program = join(import.meta.dirname, 's3.fixtures', 'upload-until-killed.ts')
  const words = [program, server.endpoint, bucket, 'wf/big', journal, server.accessKey, server.secretKey]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await new S3Driver().open(at(bucket, 'wf/big'), context())).toBeNull()
  expect(await uploadsOf(bucket)).toBe(1)
  expect(readdirSync(journal)).toHaveLength(1)

  const next = new S3Driver(journal)
  await next.save(at(bucket, 'wf/big'), 'wf/big', streamOf('whole'), context())
  expect(await textOf(await next.open(at(bucket, 'wf/big'), context()))).toBe('whole')
  expect(await uploadsOf(bucket)).toBe(0)
  expect(readdirSync(journal)).toEqual([])
})
it('leaves the uploads of others alone', async () => {
  const bucket = await newBucket()
  const journal = join(directory, 'ours')
  async function* slow() {
    yield* mebibytes(12, 'd')
    await new S3Driver(join(directory, 'theirs')).save(at(bucket, 'b'), 'b', streamOf(...mebibytes(12, 'e')), context())
    yield* mebibytes(1, 'f')
  }
  const driver = new S3Driver(journal)
  await driver.save(at(bucket, 'a'), 'a', slow(), context())
  expect((await driver.list(at(bucket, ''), context())).map(({ key, sizeBytes }) => `${key} ${sizeBytes}`)).toEqual([
    `a ${13 * 1024 * 1024}`,
    `b ${12 * 1024 * 1024}`,
  ])
})
it('carries sixteen uploads at once with the memory of a few', async () => {
  const bucket = await newBucket()
  const driver = new S3Driver()
  const piece = Buffer.alloc(1024 * 1024, 'many ')
  const before = process.memoryUsage.rss()
  let most = 0
  async function* content() {
    for (let i = 0; i < 25; i++) {
      most = Math.max(most, process.memoryUsage.rss())
      yield piece
    }
  }
  await Promise.all(
    Array.from({ length: 16 }, (_, index) => driver.save(at(bucket, `k${index}`), `k${index}`, content(), context())),
  )
  expect((await driver.list(at(bucket, ''), context())).every(({ sizeBytes }) => sizeBytes === 25 * 1024 * 1024)).toBe(
    true,
  )
  expect(most - before).toBeLessThan(220 * 1024 * 1024)
})
