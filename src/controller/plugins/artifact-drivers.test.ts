import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'

let house: House
let driverDirectory = ''
beforeEach(() => {
  driverDirectory = mkdtempSync(join(tmpdir(), 'drivers-'))
})
afterEach(async () => {
  await house.close()
  rmSync(driverDirectory, { recursive: true, force: true })
})

const keep = { name: 'keep', image: 'example/keep:1', connectionTimeoutSeconds: 7 }
const standing = () => [...house.engine.pods.values()].map(({ request }) => request)

describe('the container of an artifact driver', () => {
  it('begins when it is first asked for, is asked for its socket, and ends with the daemon', async () => {
    house = newHouse()
    const controller = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    expect(standing()).toEqual([])
    const [endpoint, again] = await Promise.all([controller.artifactDriver('keep'), controller.artifactDriver('keep')])
    expect(again).toEqual(endpoint)
    const shared = join(driverDirectory, 'keep')
    expect(endpoint).toEqual({
      socketPath: join(shared, 'socket'),
      sharedPath: shared,
      pathInDriver: '/artifact-plugins/keep',
      connectionTimeoutMs: 7000,
    })
    expect(statSync(shared).mode & 0o777).toBe(0o777)
    expect(standing()).toMatchObject([
      {
        containers: [
          {
            name: 'artifact-plugin-keep',
            image: 'example/keep:1',
            args: ['/artifact-plugins/keep/socket'],
            mounts: [{ volume: 'shared', mountPath: '/artifact-plugins/keep' }],
          },
        ],
        volumes: [{ kind: 'hostPath', path: shared }],
      },
    ])
    await controller.drain()
    expect(standing()).toEqual([])
  })

  it('is adopted by the next life of the daemon, and goes when it is configured otherwise', async () => {
    house = newHouse()
    const first = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    await first.artifactDriver('keep')
    const [pod] = house.engine.pods.values()
    const second = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    await second.artifactDriver('keep')
    expect([...house.engine.pods.values()]).toEqual([pod])
    const other = { ...keep, image: 'example/keep:2' }
    const third = await house.open({ config: { artifactDrivers: [other], driverDirectory } })
    await third.artifactDriver('keep')
    await eventually(() => standing().length === 1, 'the old one goes')
    expect(standing()[0]?.containers[0]?.image).toBe('example/keep:2')
  })

  it('waits for Secrets that its environment names', async () => {
    house = newHouse()
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } }]
    const controller = await house.open({ config: { artifactDrivers: [{ ...keep, env }], driverDirectory } })
    const asked = controller.artifactDriver('keep')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(standing()).toEqual([])
    await controller.createObject('Secret', 'default', { metadata: { name: 's' }, stringData: { p: 'hidden' } })
    await asked
    expect(standing()[0]?.containers[0]?.env).toContainEqual({ name: 'PASSWORD', value: 'hidden', secret: true })
  })

  it('finds nothing of an earlier life in its folder', async () => {
    house = newHouse()
    const controller = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    await controller.artifactDriver('keep')
    writeFileSync(join(driverDirectory, 'keep', 'left'), 'x')
    await controller.drain()
    const next = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    await next.artifactDriver('keep')
    expect(() => statSync(join(driverDirectory, 'keep', 'left'))).toThrow(/ENOENT/)
  })

  it('has a socket that can be reached however long the path is', async () => {
    house = newHouse()
    const long = join(driverDirectory, 'x'.repeat(90))
    const controller = await house.open({ config: { artifactDrivers: [keep], driverDirectory: long } })
    const { socketPath } = await controller.artifactDriver('keep')
    expect(socketPath.length).toBeLessThan(100)
    expect(statSync(join(socketPath, '..')).isDirectory()).toBe(true)
  })

  it('is not there where none is configured under that name', async () => {
    house = newHouse()
    const controller = await house.open({ config: { artifactDrivers: [keep], driverDirectory } })
    await expect(controller.artifactDriver('nope')).rejects.toThrow('artifact driver nope not found')
  })
})
