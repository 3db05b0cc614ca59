/** What the files of deploy/ must keep to; that they work is shown by deploy/try.sh. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { environmentVariables } from '../src/config/index.ts'
import { envExample } from './env-example.ts'

const deploy = join(import.meta.dirname, '..', 'deploy')
const text = (name: string) => readFileSync(join(deploy, name), 'utf8')

type Service = {
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly networks?: readonly string[]
  readonly profiles?: readonly string[]
  readonly privileged?: boolean
  readonly user?: string
}
const compose = parse(text('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}
const services = Object.entries(compose.services)

it('publishes every port on this machine alone', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports)
  expect(ports.length).toBeGreaterThan(3)
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
})

it('sets nothing that no daemon reads', () => {
  const known = new Set([...environmentVariables.map(({ name }) => name), 'DRYDOCK_TOKEN_FILE', 'DOCKER_CONFIG'])
  for (const name of ['drydock', 'socket-proxy'])
    for (const variable of Object.keys(compose.services[name]?.environment ?? {})) expect(known).toContain(variable)
})

it('keeps secrets in files', () => {
  for (const [, { environment = {} }] of services)
    for (const [name, value] of Object.entries(environment))
      if (/PASSWORD|TOKEN|SECRET/.test(name)) expect(value).toMatch(/\/run\/secrets\//)
})

it('keeps pods away from the database, and the proxied socket from everyone but the daemon', () => {
  const on = (network: string) =>
    services.filter(([, { networks = [] }]) => networks.includes(network)).map(([name]) => name)
  expect(on('pods')).toEqual(['drydock'])
  expect(on('engine')).toEqual(['drydock', 'socket-proxy'])
  expect(compose.networks['engine']).toEqual({ internal: true })
  expect(compose.services['socket-proxy']?.profiles).toEqual(['socket-proxy'])
})

it('runs nothing of ours as root or privileged', () => {
  for (const name of ['drydock', 'socket-proxy']) {
    const { user, privileged } = compose.services[name] ?? {}
    expect([user, privileged]).toEqual(['${DRYDOCK_UID:-1000}:${DRYDOCK_GID:-1000}', undefined])
  }
})

const analyze = '/usr/bin/systemd-analyze'
it.skipIf(!existsSync(analyze))('has a systemd unit without a fault', () => {
  const said = execFileSync(analyze, ['verify', join(deploy, 'systemd', 'drydock.service')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(said).toBe('')
})

it('lists each setting in .env.example (npm run docs)', () => {
  expect(text('.env.example')).toBe(envExample())
})
