import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { addressOf, isConnectionFault, keepSession, pauseMs, redactedUrl } from './index.ts'
import { speaksTls } from './probe-tls.ts'

describe('a database URL', () => {
  it.each([
    [
      'postgres://u:p%40w@db:5433/wf',
      { host: 'db', port: 5433, user: 'u', password: 'p@w', database: 'wf', sslMode: 'prefer' },
    ],
    ['postgresql://u@db', { host: 'db', port: 5432, user: 'u', password: null, database: 'u' }],
    ['postgres:///wf?host=/run/postgresql&user=me', { host: '/run/postgresql', user: 'me', database: 'wf' }],
    ['postgres://u@[::1]:5/x', { host: '::1', port: 5 }],
    ['postgres://u@db/x?sslmode=verify-full&sslrootcert=/ca.pem', { sslMode: 'verify-full', caFile: '/ca.pem' }],
  ])('is understood: %s', (url, expected) => {
    expect(addressOf({ url })).toMatchObject(expected)
  })
  it.each([
    ['mysql://u@db/x', /postgres:\/\//],
    ['db:5432', /postgres:\/\//],
    ['postgres://u:se%cret@db/x', /%/],
    ['postgres://u@db/x?sslmode=on', /unknown sslmode on/],
  ])('is refused: %s', (url, words) => {
    expect(() => addressOf({ url })).toThrow(words)
  })
  it.each([
    ['postgres://u:secret@db/x', 'postgres://u:***@db/x'],
    ['postgres://u:se:c@ret@db/x', 'postgres://u:***@db/x'],
    ['postgres://u@db/x?password=secret&a=b', 'postgres://u@db/x?password=***&a=b'],
    ['postgres://u@db/x', 'postgres://u@db/x'],
  ])('is shown without its password: %s', (url, shown) => {
    expect(redactedUrl(url)).toBe(shown)
  })
})

it.each([
  [{ code: 'ECONNREFUSED' }, true],
  [{ code: '57P01' }, true],
  [{ code: '08006' }, true],
  [{ code: '23505' }, false],
  [{ code: '40001' }, false],
])('tells a lost connection from a refused statement: %j', (fields, expected) => {
  expect(isConnectionFault(Object.assign(new Error('x'), fields))).toBe(expected)
})

it('pauses longer after each failure, up to a limit, with half of it left to chance', () => {
  const pauses = { firstMs: 100, capMs: 1000 }
  expect([1, 2, 3, 9].map((failures) => pauseMs(pauses, failures, 0))).toEqual([50, 100, 200, 500])
  expect(pauseMs(pauses, 1, 0.999)).toBe(100)
})

describe('with a server that is none', () => {
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end('N')))
  afterEach(() => void server.close())
  it('asks for TLS, and tells of each attempt that failed', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await speaksTls({ host: '127.0.0.1', port }, 1000)).toBe(false)
    const told: number[] = []
    await new Promise<void>((resolve) => {
      const session = keepSession(
        { url: `postgres://u@127.0.0.1:${port}/x` },
        {
          onUp: () => undefined,
          onDown: (_error, ms) => void (told.push(ms) === 3 && void session.close().then(resolve)),
        },
      )
    })
    expect(told.length).toBe(3)
  })
})
