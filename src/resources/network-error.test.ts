import { getServers } from 'node:dns'
import { expect, it } from 'vitest'
import { goNetworkText } from './network-error.ts'

const failure = (more: object): Error => Object.assign(new Error('some words of Node'), more)

it.each([
  [{ code: 'ECONNREFUSED', address: '127.0.0.1', port: 1 }, 'dial tcp 127.0.0.1:1: connect: connection refused'],
  [{ code: 'ECONNREFUSED', address: '::1', port: 1 }, 'dial tcp [::1]:1: connect: connection refused'],
  [{ code: 'ETIMEDOUT', address: '10.0.0.1', port: 80 }, 'dial tcp 10.0.0.1:80: i/o timeout'],
  [
    { code: 'SELF_SIGNED_CERT_IN_CHAIN' },
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  [
    { errors: [failure({ code: 'ECONNREFUSED', address: '1.2.3.4', port: 5 })] },
    'dial tcp 1.2.3.4:5: connect: connection refused',
  ],
  [{ code: 'EOTHER' }, 'some words of Node'],
])('a failure %j is told as Go tells it', (more, text) => {
  expect(goNetworkText(failure(more))).toBe(text)
})

it('a name that is not known is told with the server that was asked', () => {
  const [server] = getServers()
  const asked = server === undefined ? '' : ` on ${server.includes(':') ? server : `${server}:53`}`
  expect(goNetworkText(failure({ code: 'ENOTFOUND', hostname: 'nowhere.example' }))).toBe(
    `dial tcp: lookup nowhere.example${asked}: no such host`,
  )
})
