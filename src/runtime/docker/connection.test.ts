import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findEngine } from './connection.ts'

const home = mkdtempSync(join(tmpdir(), 'drydock-connection-'))
const socket = join(home, 'engine.sock')
let server: Server

beforeAll(async () => {
  server = createServer((request, response) => {
    response.statusCode = request.url === '/_ping' ? 200 : 404
    response.end('OK')
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
})
afterAll(() => {
  server.close()
  rmSync(home, { recursive: true, force: true })
})

it('takes DOCKER_HOST before all else', async () => {
  const search = await findEngine({ env: { DOCKER_HOST: `unix://${socket}`, DOCKER_CONTEXT: 'nope' }, home })
  expect(search).toEqual({ found: true, address: { kind: 'socket', path: socket, source: 'DOCKER_HOST' } })
})

it("takes the host of docker's current context", async () => {
  const meta = join(home, '.docker/contexts/meta', createHash('sha256').update('mine').digest('hex'))
  mkdirSync(meta, { recursive: true })
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'mine' }))
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'mine', Endpoints: { docker: { Host: `unix://${socket}` } } }),
  )
  const search = await findEngine({ env: {}, home })
  expect(search).toMatchObject({ found: true, address: { path: socket, source: 'docker context mine' } })
})

it.each([
  ['unix:///nowhere/docker.sock', 'there is no such socket'],
  ['tcp://127.0.0.1:1', 'nothing listens there'],
  ['::', 'not an address'],
])('says what is wrong with DOCKER_HOST=%s', async (host, reason) => {
  const search = await findEngine({ env: { DOCKER_HOST: host }, home })
  expect(search.found ? '' : search.message).toContain(reason)
})
