import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Artifact } from '../resources/index.ts'
import { bytesOf, streamOf, tarLines, textOf } from './artifacts.fixtures/trees.ts'
import { createArtifacts } from './artifacts.ts'
import type { Artifacts } from './artifacts.ts'
import { HttpDriver } from './http.ts'
import { Scratch } from './scratch.ts'

type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
const secrets: Record<string, string> = {
  'cred/user': 'ann',
  'cred/pass': 'top secret',
  'oauth/id': 'me',
  'oauth/secret': 's3cr3t',
}
const context = {
  namespace: 'default',
  secrets: (_ns: string, name: string, key: string) => secrets[`${name}/${key}`] ?? null,
}

let directory: string
let driver: HttpDriver
let artifacts: Artifacts
let server: Server
let base: string
let seen: Seen[]
let answer: (request: Seen, response: ServerResponse) => void
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-http-'))
  driver = new HttpDriver(new Scratch(join(directory, 'driver')))
  artifacts = createArtifacts({ directory })
  seen = []
  answer = (_request, response) => response.end('content')
  server = createServer((request, response) => {
    void bytesOf(request).then((body) => {
      const { method = '', url = '', headers } = request
      const asked = { method, url, headers, body: body.toString('utf8') }
      seen.push(asked)
      answer(asked, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  secrets['oauth/url'] = `${base}/token`
})
afterEach(async () => {
  expect(readdirSync(join(directory, 'driver'))).toEqual([])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true })
})
const at = (path: string, more: Partial<NonNullable<Artifact['http']>> = {}): Artifact => ({
  name: 'a',
  http: { url: `${base}${path}`, ...more },
})
const key = (artifact: Artifact) => artifact.http?.url ?? ''

it('loads a file with the headers of the manifest', async () => {
  const artifact = at('/f', { headers: [{ name: 'X-Mine', value: 'yes' }] })
  const tar = await artifacts.load(artifact, { path: '/in' }, context)
  expect(tar && (await tarLines(tar))).toEqual(['644 0:0 in = content'])
  expect(seen).toMatchObject([{ method: 'GET', url: '/f', headers: { 'x-mine': 'yes' } }])
})
it('loads a file whose length the server does not tell', async () => {
  answer = (_request, response) => {
    response.write('one ')
    response.end('two')
  }
  const tar = await artifacts.load(at('/f'), { path: '/in' }, context)
  expect(tar && (await tarLines(tar))).toEqual(['644 0:0 in = one two'])
})
it('finds nothing where the server has nothing, or no URL is given', async () => {
  answer = (_request, response) => response.writeHead(404).end()
  expect(await artifacts.load(at('/f'), { path: '/in' }, context)).toBeNull()
  expect(await artifacts.load({ name: 'a', http: { url: '' } }, { path: '/in' }, context)).toBeNull()
})
it.each([
  [403, false],
  [429, true],
  [503, true],
])('reports a refusal with status %i, to be tried again: %s', async (status, retryable) => {
  answer = (_request, response) => response.writeHead(status).end()
  const wanted = {
    code: 'ARTIFACT_HTTP',
    retryable,
    message: expect.stringMatching(
      new RegExp(`^loading file from ${base}/f failed with reason: ${status} `),
    ) as unknown,
  }
  await expect(driver.open(at('/f?signature=x'), context)).rejects.toMatchObject(wanted)
  await expect(driver.save(at('/f'), `${base}/f`, streamOf('x'), context)).rejects.toMatchObject({ retryable })
})
it('saves with the length told and basic auth', async () => {
  const auth = {
    basicAuth: { usernameSecret: { name: 'cred', key: 'user' }, passwordSecret: { name: 'cred', key: 'pass' } },
  }
  const artifact = at('/put', { auth })
  await driver.save(artifact, key(artifact), streamOf('one ', 'two'), context)
  expect(seen).toMatchObject([
    {
      method: 'PUT',
      body: 'one two',
      headers: { 'content-length': '7', authorization: `Basic ${btoa('ann:top secret')}` },
    },
  ])
})
it('uses the same for artifactory', async () => {
  const artifact = {
    name: 'a',
    artifactory: {
      url: `${base}/x`,
      usernameSecret: { name: 'cred', key: 'user' },
      passwordSecret: { name: 'cred', key: 'pass' },
    },
  }
  expect(await textOf(await driver.open(artifact, context))).toBe('content')
  expect(seen[0]?.headers.authorization).toBe(`Basic ${btoa('ann:top secret')}`)
})
it('gets a token by OAuth2', async () => {
  answer = (request, response) => response.end(request.url === '/token' ? '{"access_token":"tok"}' : 'content')
  const selector = (name: string) => ({ name: 'oauth', key: name })
  const oauth2 = {
    tokenURLSecret: selector('url'),
    clientIDSecret: selector('id'),
    clientSecretSecret: selector('secret'),
    scopes: ['a', 'b'],
    endpointParams: [{ key: 'audience', value: 'x' }],
  }
  expect(await textOf(await driver.open(at('/f', { auth: { oauth2 } }), context))).toBe('content')
  expect(seen[0]?.body).toBe('grant_type=client_credentials&client_id=me&client_secret=s3cr3t&scope=a+b&audience=x')
  expect(seen[1]?.headers.authorization).toBe('Bearer tok')
})
it('follows redirects, sends the body again, and keeps credentials from other hosts', async () => {
  const port = new URL(base).port
  answer = (request, response) =>
    request.url === '/f'
      ? response.writeHead(307, { location: `http://localhost:${port}/g` }).end()
      : response.end('moved')
  const auth = { basicAuth: { usernameSecret: { name: 'cred', key: 'user' } } }
  const artifact = at('/f', { auth })
  expect(await textOf(await driver.open(artifact, context))).toBe('moved')
  await driver.save(artifact, key(artifact), streamOf('body'), context)
  expect(
    seen.map(({ method, url, body, headers }) => [method, url, body, headers.authorization !== undefined]),
  ).toEqual([
    ['GET', '/f', '', true],
    ['GET', '/g', '', false],
    ['PUT', '/f', 'body', true],
    ['PUT', '/g', 'body', false],
  ])
})
it('gives up on endless redirects', async () => {
  answer = (_request, response) => response.writeHead(302, { location: '/again' }).end()
  await expect(driver.open(at('/f'), context)).rejects.toThrow('more than 10 redirects')
})
it('names a secret that is missing, and shows none', async () => {
  const auth = { basicAuth: { passwordSecret: { name: 'cred', key: 'nope' } } }
  await expect(driver.open(at('/f', { auth }), context)).rejects.toMatchObject({
    code: 'ARTIFACT_SECRET',
    message: "secret 'cred' does not have the key 'nope'",
  })
})
it('reports a server that is not there, and a transfer that breaks off, as worth another try', async () => {
  await expect(
    driver.open({ name: 'a', http: { url: 'http://127.0.0.1:1/x?token=t' } }, context),
  ).rejects.toMatchObject({
    retryable: true,
    message: 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
  })
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('part')
    setImmediate(() => response.destroy())
  }
  await expect(driver.open(at('/f'), context).then(textOf)).rejects.toMatchObject({
    code: 'ARTIFACT_HTTP',
    retryable: true,
  })
})
it('takes only http and https', async () => {
  await expect(driver.open({ name: 'a', http: { url: 'file:///etc/passwd' } }, context)).rejects.toMatchObject({
    code: 'ARTIFACT_LOCATION',
  })
})
it('cannot delete', async () => {
  await expect(artifacts.delete(at('/f'), context)).rejects.toMatchObject({ code: 'ARTIFACT_DELETE' })
})
