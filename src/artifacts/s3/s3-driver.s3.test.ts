import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Artifact } from '../../resources/index.ts'
import { startS3Server } from '../../../scripts/s3-server.ts'
import type { S3Server } from '../../../scripts/s3-server.ts'
import { driverContract } from '../artifacts.contract.ts'
import { file, folder, streamOf, tarLines, tarOf, textOf } from '../artifacts.fixtures/trees.ts'
import { createArtifacts } from '../artifacts.ts'
import { S3Driver } from './s3-driver.ts'

let server: S3Server
let directory: string
let buckets = 0
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-s3-test-'))
  server = await startS3Server()
}, 600_000)
afterAll(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

const secretsOf = (secretKey: string) => (_ns: string, name: string, key: string) =>
  name === 's3-cred' ? (key === 'access' ? server.accessKey : secretKey) : null
const context = () => ({ namespace: 'default', secrets: secretsOf(server.secretKey) })
const place = (bucket: string): NonNullable<Artifact['s3']> => ({
  endpoint: server.endpoint,
  insecure: true,
  bucket,
  accessKeySecret: { name: 's3-cred', key: 'access' },
  secretKeySecret: { name: 's3-cred', key: 'secret' },
  createBucketIfNotPresent: {},
})
const newBucket = () => `bucket-${++buckets}`
const at = (bucket: string, key: string, more: Partial<Artifact> = {}): Artifact => ({
  name: 'out',
  path: '/tmp/out',
  s3: { ...place(bucket), key },
  ...more,
})

driverContract('the S3 driver', async () => {
  const bucket = newBucket()
  const driver = new S3Driver()
  await driver.save(at(bucket, 'first'), 'first', streamOf(''), context()) // makes the bucket
  return { driver, context: context(), artifactAt: (key) => at(bucket, key), dispose: async () => undefined }
})

it('carries more than memory should hold, in parts', async () => {
  const driver = new S3Driver()
  const artifact = at(newBucket(), 'big')
  const piece = Buffer.alloc(1024 * 1024, 'drydock ')
  const pieces = 200
  const sent = createHash('sha256')
  const before = process.memoryUsage.rss()
  let rssMax = 0
  async function* content() {
    for (let i = 0; i < pieces; i++) {
      sent.update(piece)
      rssMax = Math.max(rssMax, process.memoryUsage.rss())
      yield piece
    }
  }
  await driver.save(artifact, 'big', content(), context())
  const got = createHash('sha256')
  const stream = await driver.open(artifact, context())
  expect(stream?.sizeBytes).toBe(pieces * piece.length)
  for await (const part of stream ?? []) got.update(part)
  expect(got.digest('hex')).toBe(sent.digest('hex'))
  expect(rssMax - before).toBeLessThan(150 * 1024 * 1024)
})
it("is where a key alone leads when the repository is an S3 one, the workflow's before the default", async () => {
  const [ours, theirs] = [newBucket(), newBucket()]
  const artifacts = createArtifacts({ directory: join(directory, 'a'), repository: { s3: place(ours) } })
  const artifact: Artifact = { name: 'out', path: '/tmp/out', s3: { key: 'k' } }
  const own = { ...context(), repository: { s3: place(theirs) } }
  await artifacts.save(tarOf(file('out', 'default')), artifact, context())
  await artifacts.save(tarOf(file('out', 'own')), artifact, own)
  const load = async (where: ReturnType<typeof context>) => {
    const tar = await artifacts.load(artifact, { path: '/in' }, where)
    return tar && (await tarLines(tar))
  }
  expect(await load(context())).toEqual(['644 0:0 in = default'])
  expect(await load(own)).toEqual(['644 0:0 in = own'])
})
it.each([[undefined], [{ tar: {} }], [{ zip: {} }], [{ none: {} }]])(
  'keeps a folder with archive %j',
  async (archive) => {
    const artifacts = createArtifacts({ directory: join(directory, 'b') })
    const artifact = at(newBucket(), 'wf/out', { archive })
    await artifacts.save(
      tarOf(folder('out'), file('out/a b', '1'), folder('out/sub'), file('out/sub/c', '2')),
      artifact,
      context(),
    )
    const tar = await artifacts.load(artifact, { path: '/in' }, context())
    const lines = tar ? await tarLines(tar) : []
    expect(lines.filter((line) => line.includes('='))).toEqual(['644 0:0 in/a b = 1', '644 0:0 in/sub/c = 2'])
  },
)
it('names what is wrong: a missing bucket, a wrong key, a missing secret', async () => {
  const driver = new S3Driver()
  const { createBucketIfNotPresent: _create, ...bare } = place('no-such-bucket')
  const missing: Artifact = { name: 'out', s3: { ...bare, key: 'k' } }
  await expect(driver.open(missing, context())).rejects.toMatchObject({
    code: 'ARTIFACT_S3',
    retryable: false,
    message: expect.stringContaining('NoSuchBucket') as unknown,
  })
  const wrong = { namespace: 'default', secrets: secretsOf('wrong') }
  await expect(driver.open(missing, wrong)).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining('SignatureDoesNotMatch') as unknown,
  })
  await expect(driver.open(missing, { namespace: 'default', secrets: () => null })).rejects.toMatchObject({
    code: 'ARTIFACT_SECRET',
  })
})
it('reports a server that is not there as worth another try', async () => {
  const artifact: Artifact = { name: 'out', s3: { ...place('b'), endpoint: '127.0.0.1:1', key: 'k' } }
  await expect(new S3Driver().open(artifact, context())).rejects.toMatchObject({ code: 'ARTIFACT_S3', retryable: true })
})
it('takes up a secret that has changed', async () => {
  const driver = new S3Driver()
  const artifact = at(newBucket(), 'k')
  await expect(
    driver.save(artifact, 'k', streamOf('x'), { namespace: 'default', secrets: secretsOf('old') }),
  ).rejects.toThrow()
  await driver.save(artifact, 'k', streamOf('x'), context())
  expect(await textOf(await driver.open(artifact, context()))).toBe('x')
})
