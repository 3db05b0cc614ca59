import { afterEach, expect, it } from 'vitest'
import { createHmac } from 'node:crypto'
import { createServer } from './server.ts'
import type { Harness } from './testing/harness.ts'
import { StreamReader, call, rawCall, serverConfig, startServer, tokenFile } from './testing/harness.ts'
import { MemoryController } from './testing/memory-controller.ts'

const servers: Harness[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})
async function start(...args: Parameters<typeof startServer>): Promise<Harness> {
  const server = await startServer(...args)
  servers.push(server)
  return server
}
const token = 'a-token-of-some-length'
const info = '/api/v1/info'
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const denied = {
  code: 16,
  message: 'token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/',
}

it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com'])('refuses to listen on %s without a token', (host) => {
  const options = { controller: new MemoryController(), log: silent, version: '0' }
  expect(() => createServer({ ...options, config: serverConfig({ host }) })).toThrow(
    `refusing to listen on ${host} without a token`,
  )
})

it.each([
  ['', 'is not usable'],
  ['short', 'is not usable'],
  ['two words in it', 'is not usable'],
])('refuses the token %j', (text, words) => {
  const options = { controller: new MemoryController(), log: silent, version: '0' }
  expect(() => createServer({ ...options, config: serverConfig({ tokenFile: tokenFile(text) }) })).toThrow(words)
})

it('needs no token on loopback, and takes whatever header comes', async () => {
  const { url } = await start()
  const any: Record<string, string>[] = [{}, { authorization: '' }, { authorization: 'Bearer x' }]
  for (const headers of any) expect((await call(url + info, { headers })).status).toBe(200)
})

it('takes the token in the header or, only without a header, in a cookie', async () => {
  const { url } = await start({ tokenFile: tokenFile(token) })
  const right: Record<string, string>[] = [
    { authorization: `Bearer ${token}` },
    { authorization: `bearer ${token}` },
    { cookie: `authorization=Bearer ${token}` },
    { cookie: `a=b; authorization="Bearer ${token}"` },
    { cookie: `authorization=Bearer other; authorization=Bearer%20${token}` },
  ]
  for (const headers of right) expect((await call(url + info, { headers })).status).toBe(200)
  const wrong: Record<string, string>[] = [
    {},
    { authorization: token },
    { authorization: `Bearer ${token}x` },
    { authorization: `Basic ${token}` },
    { authorization: 'Bearer x', cookie: `authorization=Bearer ${token}` },
    { cookie: `authorization=${token}` },
  ]
  for (const headers of wrong) expect(await call(url + info, { headers })).toMatchObject({ status: 401, json: denied })
})

it('asks for the token on every path of the API, for streams and artifacts too, but not for health and the page', async () => {
  const { url } = await start({ tokenFile: tokenFile(token) }, { metricsText: () => Promise.resolve('up 1\n') })
  for (const path of ['/api/v1/version', '/api/v1/userinfo', '/api/v1/nonsense', '/api/v1/workflow-events/default'])
    expect((await call(url + path)).status).toBe(401)
  expect(await call(`${url}/artifacts/default/w/n/a`)).toMatchObject({
    status: 401,
    text: expect.stringContaining('token'),
  })
  expect((await call(`${url}/metrics`)).status).toBe(403)
  const cookie = { cookie: `authorization=Bearer ${token}` }
  expect(await call(`${url}/metrics`, { headers: cookie })).toMatchObject({ status: 200, text: 'up 1\n' })
  const events = await StreamReader.open(`${url}/api/v1/workflow-events/default`, cookie)
  expect(events.status).toBe(200)
  events.close()
  for (const path of ['/healthz', '/readyz', '/', '/workflows/default'])
    expect((await call(url + path)).status).toBe(200)
})

it('says why it is not ready', async () => {
  const { url, controller } = await start()
  expect(await call(`${url}/readyz`)).toMatchObject({ status: 200, json: { ready: true, reasons: [] } })
  controller.notReady.push('the Docker Engine does not answer')
  expect(await call(`${url}/readyz`)).toMatchObject({
    status: 503,
    json: { ready: false, reasons: ['the Docker Engine does not answer'] },
  })
})

it('serves only names of this machine without a token, so that a rebound name gets nothing', async () => {
  const { url } = await start()
  const { port } = new URL(url)
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'drydock.localhost'])
    expect((await rawCall(url, { path: info, headers: { host } })).status).toBe(200)
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost@evil.example'])
    expect((await rawCall(url, { path: info, headers: { host } })).status).toBe(403)
  const open = await start({ tokenFile: tokenFile(token) })
  const headers = { host: 'drydock.example', authorization: `Bearer ${token}` }
  expect((await rawCall(open.url, { path: info, headers })).status).toBe(200)
})

it.each([
  ['a page elsewhere', { origin: 'https://evil.example' }, 403],
  ['a page on another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
  ['a page without an origin', { origin: 'null' }, 403],
  ['a form of an old browser', { referer: 'https://evil.example/form' }, 403],
  ['a browser that says so', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
  ['its own page', { origin: 'SELF', 'sec-fetch-site': 'same-origin' }, 200],
  ['a program', {}, 200],
])('lets %s post accordingly', async (_who, headers, status) => {
  const { url, controller } = await start()
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === 'SELF' ? url : value]),
  )
  const body = JSON.stringify({ workflow: { metadata: { name: 'w' }, spec: {} } })
  const answer = await call(`${url}/api/v1/workflows/default`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain', ...given },
  })
  expect(answer.status).toBe(status)
  expect(controller.workflows.find('default', 'w') !== null).toBe(status === 200)
})

it('does not let a page elsewhere use the cookie of a browser, but anyone the header', async () => {
  const { url } = await start({ tokenFile: tokenFile(token) })
  const origin = 'https://evil.example'
  const post = (headers: Record<string, string>) =>
    call(`${url}/api/v1/tracking/event`, { method: 'POST', headers: { origin, ...headers } })
  expect((await post({ cookie: `authorization=Bearer ${token}` })).status).toBe(403)
  expect((await post({ authorization: `Bearer ${token}` })).status).toBe(200)
})

it('lets the origin in that the configuration allows', async () => {
  const { url } = await start({ accessControlAllowOrigin: 'https://friend.example' })
  const headers = { origin: 'https://friend.example' }
  expect((await call(`${url}/api/v1/tracking/event`, { method: 'POST', headers })).status).toBe(200)
})

it('understands its base path, stripped by a proxy or not', async () => {
  const { url } = await start({ baseHref: '/argo/' })
  expect((await call(`${url}/argo/api/v1/info`)).status).toBe(200)
  expect((await call(`${url}/api/v1/info`)).status).toBe(200)
  expect((await call(`${url}/argo/`)).text).toContain('<base href="/argo/" />')
})

const push = '{"ref":"refs/heads/main"}'
const sign = (algorithm: string, secret: string) =>
  `${algorithm}=${createHmac(algorithm, secret).update(push).digest('hex')}`
it.each([
  ['github', { 'x-github-event': 'push', 'x-hub-signature-256': sign('sha256', 'sesame') }],
  ['github', { 'x-github-event': 'push', 'x-hub-signature': sign('sha1', 'sesame') }],
  ['gitlab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'sesame' }],
  ['bitbucket', { 'x-event-key': 'repo:push', 'x-hook-uuid': 'sesame' }],
  ['bitbucketserver', { 'x-event-key': 'repo:refs_changed', 'x-hub-signature': sign('sha256', 'sesame') }],
])('takes an event that %s has signed instead of a token', async (type, headers) => {
  const { url, controller } = await start({ tokenFile: tokenFile(token) })
  const post = (body: string) => call(`${url}/api/v1/events/default/hook`, { method: 'POST', body, headers })
  expect((await post(push)).status).toBe(401)
  const webhook = (secret: string) => ({ 'my-account': `type: ${type}\nsecret: ${secret}\n` })
  const metadata = { name: 'argo-workflows-webhook-clients' }
  await controller.createObject('Secret', 'default', { metadata, stringData: webhook('sesame') })
  expect(await post(push)).toMatchObject({ status: 200, json: {} })
  const [name = '', value = ''] = Object.entries(headers)[0] ?? []
  expect(controller.received).toMatchObject([
    { namespace: 'default', discriminator: 'hook', payload: { ref: 'refs/heads/main' }, metadata: { [name]: [value] } },
  ])
  await controller.deleteObject('Secret', 'default', metadata.name)
  await controller.createObject('Secret', 'default', { metadata, stringData: webhook('other') })
  expect(await post(push)).toMatchObject({ status: 403, json: { message: expect.any(String) } })
  expect((await call(`${url}/api/v1/workflows/default`, { headers })).status).toBe(401)
})

it.each([
  [
    'a body that was changed',
    'github',
    { 'x-github-event': 'push', 'x-hub-signature-256': sign('sha256', 'sesame') },
    `${push} `,
  ],
  [
    'a weak signature beside a wrong strong one',
    'github',
    {
      'x-github-event': 'push',
      'x-hub-signature-256': sign('sha256', 'no'),
      'x-hub-signature': sign('sha1', 'sesame'),
    },
    push,
  ],
  ['no header of the kind of event', 'github', { 'x-hub-signature-256': sign('sha256', 'sesame') }, push],
  [
    'the signature of another service',
    'gitlab',
    { 'x-github-event': 'push', 'x-hub-signature-256': sign('sha256', 'sesame') },
    push,
  ],
  ['the secret as a signature', 'bitbucketserver', { 'x-event-key': 'push', 'x-hub-signature': 'sesame' }, push],
  ['an empty token', 'gitlab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': '' }, push],
  [
    'a service that nobody knows',
    'gitea',
    { 'x-github-event': 'push', 'x-hub-signature-256': sign('sha256', 'sesame') },
    push,
  ],
])('refuses a signed event with %s', async (_what, type, headers, body) => {
  const { url, controller } = await start({ tokenFile: tokenFile(token) })
  const stringData = { account: `type: ${type}\nsecret: sesame\n`, empty: `type: ${type}\nsecret: ""\n`, broken: '{' }
  await controller.createObject('Secret', 'default', {
    metadata: { name: 'argo-workflows-webhook-clients' },
    stringData,
  })
  expect((await call(`${url}/api/v1/events/default/hook`, { method: 'POST', body, headers })).status).toBe(403)
  expect(controller.received).toEqual([])
})

it('takes any JSON as an event, and an empty discriminator', async () => {
  const { url, controller } = await start()
  const bodies = ['"text"', '3', 'null', '', '[1]']
  for (const body of bodies)
    expect((await call(`${url}/api/v1/events/default/`, { method: 'POST', body })).status).toBe(200)
  expect(controller.received.map(({ payload }) => payload)).toEqual(['text', 3, null, null, [1]])
  expect(controller.received[0]?.discriminator).toBe('')
})
