import { describe, expect, it } from 'vitest'
import { type ProxyPolicy, bodyRefusal, usedBy, verdictOf } from './rules.ts'

const closed: ProxyPolicy = {
  privileged: false,
  capabilities: [],
  hostPaths: [],
  hostNamespaces: false,
  devices: false,
}

describe('calls', () => {
  it.each([
    ['GET', '/_ping'],
    ['GET', '/v1.41/events?since=1&filters=%7B%7D'],
    ['POST', '/v1.41/containers/create?name=drydock.x.main'],
    ['GET', '/v1.41/containers/drydock.u.n._net/json'],
    ['PUT', '/containers/0abc/archive?path=/'],
    ['GET', '/v1.41/containers/0abc/changes'],
    ['GET', '/v1.44/images/quay.io/argo%2Fx:v1/json'],
    ['DELETE', '/v1.41/volumes/drydock.x.work'],
  ])('lets %s %s through', (method, url) => expect(verdictOf(method, url).kind).toBe('allowed'))

  it.each([
    ['POST', '/v1.41/build'],
    ['GET', '/v1.41/containers/0abc/attach/ws'],
    ['POST', '/v1.41/containers/0abc/attach'],
    ['POST', '/v1.41/containers/0abc/update'],
    ['GET', '/v1.41/containers/0abc/export'],
    ['POST', '/v1.41/networks/create'],
    ['POST', '/v1.41/swarm/init'],
    ['GET', '/v1.41/secrets'],
    ['DELETE', '/v1.41/images/alpine'],
    ['POST', '/v1.41/images/load'],
    ['POST', '/v1.41/containers/../images/load'],
    ['GET', '/v1.41/images/../secrets/json'],
    ['POST', '/v1.41/volumes/prune'],
    ['POST', '/v1.41/containers/json'],
    ['POST', '/plugins/pull'],
  ])('refuses %s %s', (method, url) => expect(verdictOf(method, url).kind).toBe('refused'))
})

describe('new containers', () => {
  const refusal = (HostConfig: object, policy = closed) => bodyRefusal('container', { HostConfig }, policy)

  it('may have what Drydock gives them', () => {
    const host = {
      NetworkMode: 'drydock-pods',
      Init: true,
      Mounts: [
        { Type: 'volume', Source: 'drydock.x.work', Target: '/work', VolumeOptions: { NoCopy: true } },
        {
          Type: 'volume',
          Source: 'drydock.x.memory',
          Target: '/m',
          VolumeOptions: {
            DriverConfig: { Name: 'local', Options: { type: 'tmpfs', device: 'tmpfs', o: 'mode=0777' } },
          },
        },
      ],
      Memory: 1e8,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file' },
      Binds: [],
    }
    expect(refusal(host)).toBeNull()
  })

  it.each([
    [{ Privileged: true }, 'privileged'],
    [{ CapAdd: ['SYS_ADMIN'] }, 'SYS_ADMIN'],
    [{ Binds: ['/:/host'] }, '/:/host'],
    [{ Binds: ['/srv/../etc:/x'] }, '/srv/../etc'],
    [{ Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/s' }] }, 'docker.sock'],
    [{ NetworkMode: 'host' }, 'network of the host'],
    [{ PidMode: 'host' }, 'PidMode'],
    [{ Devices: [{ PathOnHost: '/dev/sda' }] }, 'devices'],
    [{ SecurityOpt: ['seccomp=unconfined'] }, 'unconfined'],
    [{ VolumesFrom: ['other'] }, 'VolumesFrom'],
    [{ Runtime: 'other' }, 'Runtime'],
    [
      {
        Mounts: [
          {
            Type: 'volume',
            Target: '/x',
            VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } } },
          },
        ],
      },
      'outside of Docker',
    ],
  ])('may not have %j', (host, why) => expect(refusal(host)).toContain(why))

  it('may have what the policy allows', () => {
    const policy = { ...closed, capabilities: ['NET_ADMIN'], hostPaths: ['/srv/shared'], hostNamespaces: true }
    const host = { CapAdd: ['NET_ADMIN'], Binds: ['/srv/shared/a:/a:ro'], NetworkMode: 'host' }
    expect(refusal(host, policy)).toBeNull()
    expect(refusal({ Binds: ['/srv/sharedness:/a'] }, policy)).toContain('/srv/sharedness')
    expect(refusal({ Privileged: true }, { ...closed, privileged: true })).toBeNull()
  })

  it('use other containers and volumes, which are told', () => {
    const HostConfig = {
      NetworkMode: 'container:other',
      Mounts: [{ Type: 'volume', Source: 'database', Target: '/d' }],
      Binds: ['named:/n', '/srv:/s'],
    }
    expect(usedBy('container', { HostConfig })).toEqual([
      { kind: 'container', ref: 'other' },
      { kind: 'volume', ref: 'database' },
      { kind: 'volume', ref: 'named' },
    ])
  })
})

it('lets no exec and no volume be more than its container', () => {
  expect(bodyRefusal('exec', { Cmd: ['true'], Privileged: true }, closed)).toContain('privileged')
  expect(bodyRefusal('volume', { Name: 'x', DriverOpts: { type: 'nfs' } }, closed)).toContain('outside of Docker')
  expect(bodyRefusal('volume', { Name: 'x', Driver: 'sshfs' }, closed)).toContain('sshfs')
  expect(bodyRefusal('volume', { Name: 'x' }, closed)).toBeNull()
})
