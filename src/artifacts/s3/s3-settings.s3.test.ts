import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectLockConfigurationCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Artifact } from '../../resources/index.ts'
import { startS3Server } from '../../../scripts/s3-server.ts'
import type { S3Server } from '../../../scripts/s3-server.ts'
import { streamOf, textOf } from '../artifacts.fixtures/trees.ts'
import type { ArtifactContext } from '../port.ts'
import { S3Driver } from './s3-driver.ts'
import { recorder } from './s3.fixtures/servers.ts'
import type { Seen } from './s3.fixtures/servers.ts'

let server: S3Server
let secure: S3Server
let directory: string
let ca = ''
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-s3-settings-'))
  const tls = { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
  const files = ['-keyout', tls.key, '-out', tls.certificate]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], { stdio: 'ignore' })
  ca = readFileSync(tls.certificate, 'utf8')
  server = await startS3Server()
  secure = await startS3Server({ tls })
}, 600_000)
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  await server.stop()
  await secure.stop()
  rmSync(directory, { recursive: true })
})

type Location = NonNullable<Artifact['s3']>
const customerSecret = 'a phrase of the customer'
const context = (): ArtifactContext => ({
  namespace: 'default',
  secrets: (_namespace, _name, key) =>
    ({ access: server.accessKey, secret: server.secretKey, token: 'a-session', ca, phrase: customerSecret })[key] ??
    null,
})
const keys: Location = {
  accessKeySecret: { name: 's', key: 'access' },
  secretKeySecret: { name: 's', key: 'secret' },
}
const at = (location: Location): Artifact => ({
  name: 'out',
  s3: { ...keys, endpoint: server.endpoint, insecure: true, bucket: 'settings', key: 'k', ...location },
})
const save = (artifact: Artifact, content = 'x') =>
  new S3Driver().save(artifact, artifact.s3?.key ?? '', streamOf(content), context())
const read = async (artifact: Artifact) => textOf(await new S3Driver().open(artifact, context()))

/** The requests of one save and one read, as a server that takes all sees them. */
async function requestsOf(location: Location, content: string | Uint8Array = 'x'): Promise<readonly Seen[]> {
  const { endpoint, seen, stop } = await recorder()
  const artifact = at({ ...location, endpoint: (location.endpoint ?? '127.0.0.1').replace('127.0.0.1', endpoint) })
  try {
    await new S3Driver().save(artifact, 'k', streamOf(content), context())
    await new S3Driver().open(artifact, context())
  } finally {
    await stop()
  }
  return seen
}
const headerOf = (seen: readonly Seen[], method: string, header: string) =>
  seen.filter((one) => one.method === method).map(({ headers }) => headers[header])

describe('buckets', () => {
  it('are made where the location says so, in its region, and only then', async () => {
    await expect(save(at({ bucket: 'not-made' }))).rejects.toThrow('NoSuchBucket')
    await save(at({ bucket: 'made', createBucketIfNotPresent: {} }))
    await save(at({ bucket: 'made', createBucketIfNotPresent: {} }), 'again')
    expect(await read(at({ bucket: 'made' }))).toBe('again')
  })
  it('are made once by many at the same time', async () => {
    const all = Array.from({ length: 6 }, (_, index) =>
      save(at({ bucket: 'raced', key: `k${index}`, createBucketIfNotPresent: {} })),
    )
    await expect(Promise.all(all)).resolves.toHaveLength(6)
  })
  it('lock their objects where objectLocking says so', async () => {
    await save(at({ bucket: 'locking', createBucketIfNotPresent: { objectLocking: true } }))
    const admin = new S3Client({
      ...{ endpoint: `http://${server.endpoint}`, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
    })
    const { ObjectLockConfiguration } = await admin.send(new GetObjectLockConfigurationCommand({ Bucket: 'locking' }))
    expect(ObjectLockConfiguration?.ObjectLockEnabled).toBe('Enabled')
    await admin.send(new HeadBucketCommand({ Bucket: 'locking' }))
  })
  it("name the region when they are made, and sign for it; us-east-1 is S3's own and not named", async () => {
    const seen = await requestsOf({ region: 'eu-central-1', createBucketIfNotPresent: {} })
    expect(seen.map(({ method, url }) => `${method} ${url.split('?')[0] ?? ''}`).slice(0, 2)).toEqual([
      'HEAD /settings/',
      'PUT /settings/',
    ])
    for (const { headers } of seen) expect(headers.authorization).toContain('/eu-central-1/s3/aws4_request')
  })
})

describe('addresses', () => {
  it('hold the bucket in the path, or in the host name where addressingStyle says so', async () => {
    const path = await requestsOf({})
    expect(path[0]).toMatchObject({ method: 'PUT', url: expect.stringMatching(/^\/settings\/k/) as unknown })
    const style = { addressingStyle: 'path' }
    expect((await requestsOf(style))[0]?.url).toMatch(/^\/settings\/k/)
    const { endpoint, seen, stop } = await recorder()
    const [, port = ''] = endpoint.split(':')
    await save(at({ endpoint: `localhost:${port}`, addressingStyle: 'virtual-hosted' })).catch(() => undefined)
    await stop()
    // Where the resolver knows names below localhost (most do), the request came.
    for (const one of seen) expect(one).toMatchObject({ url: expect.stringMatching(/^\/k/) as unknown })
    for (const { headers } of seen) expect(headers.host).toBe(`settings.localhost:${port}`)
  })
  it('are https unless they are insecure', async () => {
    const plain = at({ endpoint: secure.endpoint, insecure: true, createBucketIfNotPresent: {} })
    await expect(save(plain)).rejects.toThrow()
    const unknown = at({ endpoint: secure.endpoint, insecure: false, createBucketIfNotPresent: {} })
    await expect(save(unknown)).rejects.toThrow(/self.signed certificate/)
  })
  it('are trusted by the authority in caSecret', async () => {
    const more = { endpoint: secure.endpoint, insecure: false, caSecret: { name: 's', key: 'ca' } }
    const artifact = at({ ...more, createBucketIfNotPresent: {} })
    const piece = 'over TLS '.repeat(1_500_000)
    await save(artifact, piece)
    expect((await read(artifact))?.length).toBe(piece.length)
  })
})

describe('credentials', () => {
  it('carry the token of a session', async () => {
    const seen = await requestsOf({ sessionTokenSecret: { name: 's', key: 'token' } })
    expect(seen.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['a-session', 'a-session'])
  })
  const bare = { accessKeySecret: undefined, secretKeySecret: undefined } as unknown as Location
  it('come from the environment with useSDKCreds, although Secrets are named as well', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKey)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.secretKey)
    await save(at({ ...bare, useSDKCreds: true, createBucketIfNotPresent: {} }), 'by environment')
    expect(await read(at({ useSDKCreds: true, accessKeySecret: { name: 's', key: 'no-such' } }))).toBe('by environment')
  })
  it('come from the shared files with useSDKCreds', async () => {
    const file = join(directory, 'credentials')
    writeFileSync(
      file,
      `[of-a-team]\naws_access_key_id=${server.accessKey}\naws_secret_access_key=${server.secretKey}\n`,
    )
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_PROFILE', 'of-a-team')
    await save(at({ ...bare, useSDKCreds: true, createBucketIfNotPresent: {} }), 'by file')
    expect(await read(at({}))).toBe('by file')
  })
  it('of a role are refused with a hint', async () => {
    await expect(save(at({ roleARN: 'arn:aws:iam::1:role/r' }))).rejects.toMatchObject({
      code: 'ARTIFACT_BACKEND',
      message: 's3: roleARN is not supported',
      hint: expect.stringContaining('useSDKCreds') as unknown,
    })
  })
})

describe('encryptionOptions', () => {
  const encrypted = (encryptionOptions: Location['encryptionOptions']) => ({ encryptionOptions })
  it('ask for nothing unless they are enabled', async () => {
    const seen = await requestsOf(encrypted({ kmsKeyId: 'key-1' }))
    expect(seen.flatMap(({ headers }) => Object.keys(headers)).filter((name) => name.includes('encryption'))).toEqual(
      [],
    )
  })
  it('ask for keys of the server', async () => {
    const seen = await requestsOf(encrypted({ enableEncryption: true }))
    expect(headerOf(seen, 'PUT', 'x-amz-server-side-encryption')).toEqual(['AES256'])
  })
  it('ask for a key of the key service, with its context', async () => {
    const seen = await requestsOf(
      encrypted({ enableEncryption: true, kmsKeyId: 'key-1', kmsEncryptionContext: '{ "team": "a" }' }),
    )
    expect(headerOf(seen, 'PUT', 'x-amz-server-side-encryption')).toEqual(['aws:kms'])
    expect(headerOf(seen, 'PUT', 'x-amz-server-side-encryption-aws-kms-key-id')).toEqual(['key-1'])
    expect(headerOf(seen, 'PUT', 'x-amz-server-side-encryption-context')).toEqual([
      Buffer.from('{"team":"a"}').toString('base64'),
    ])
    const broken = encrypted({ enableEncryption: true, kmsKeyId: 'key-1', kmsEncryptionContext: 'team=a' })
    await expect(requestsOf(broken)).rejects.toThrow('failed to parse KMS encryption context')
  })
  it("bring a key of the customer's with every request that needs it, every part as well", async () => {
    const phrase = { enableEncryption: true, serverSideCustomerKeySecret: { name: 's', key: 'phrase' } }
    const small = await requestsOf(encrypted(phrase))
    // argon2id of the phrase with bucket and key as salt: what Argo's own client makes of them.
    const keyOfObject = headerOf(small, 'PUT', 'x-amz-server-side-encryption-customer-key')[0]
    expect(Buffer.from(String(keyOfObject), 'base64')).toHaveLength(32)
    expect(headerOf(small, 'GET', 'x-amz-server-side-encryption-customer-key')).toEqual([keyOfObject])
    const large = await requestsOf(encrypted(phrase), Buffer.alloc(11 * 1024 * 1024))
    expect(headerOf(large, 'PUT', 'x-amz-server-side-encryption-customer-key')).toEqual([
      keyOfObject,
      keyOfObject,
      keyOfObject,
    ])
    expect(headerOf(large, 'PUT', 'x-amz-server-side-encryption-customer-algorithm')).toContain('AES256')
  })
})
