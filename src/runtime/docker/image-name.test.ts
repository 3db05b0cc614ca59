import { expect, it } from 'vitest'
import { parseImageName, registryAuth } from './image-name.ts'

it.each([
  ['busybox', { repository: 'busybox', tag: 'latest', registry: 'docker.io' }],
  ['argoproj/argosay:v2', { repository: 'argoproj/argosay', tag: 'v2', registry: 'docker.io' }],
  ['localhost:5000/a/b', { repository: 'localhost:5000/a/b', tag: 'latest', registry: 'localhost:5000' }],
  ['quay.io/x/y:1.2', { repository: 'quay.io/x/y', tag: '1.2', registry: 'quay.io' }],
  [`a/b@sha256:${'0'.repeat(64)}`, { repository: 'a/b', tag: `sha256:${'0'.repeat(64)}`, registry: 'docker.io' }],
])('reads %s as the engine does', (text, name) => {
  expect(parseImageName(text)).toEqual(name)
})

it.each(['', 'Busybox', 'a b', 'a:', 'a//b', 'x@sha256:12', 'a:b:c'])('takes "%s" for no image name', (text) => {
  expect(() => parseImageName(text)).toThrow(/^InvalidImageName/)
})

it('finds the credentials of a registry under any of the names it goes by', () => {
  const auth = Buffer.from('user:pa:ss').toString('base64')
  const config = JSON.stringify({
    auths: { 'https://index.docker.io/v1/': { auth }, 'quay.io': { username: 'q', password: 'p' } },
  })
  const read = (registry: string): unknown => {
    const value = registryAuth(registry, ['no json', config])
    return value === null ? null : JSON.parse(Buffer.from(value, 'base64url').toString())
  }
  expect(read('docker.io')).toMatchObject({ username: 'user', password: 'pa:ss' })
  expect(read('quay.io')).toMatchObject({ username: 'q', password: 'p' })
  expect(read('ghcr.io')).toBeNull()
})
