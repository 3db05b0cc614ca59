import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { InvalidSettings, loadConfig, planReload, settingsProblemText, showConfig } from './index.ts'

describe('endpoints', () => {
  const write = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'endpoints-config-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'drydock.yaml')
    await writeFile(file, text)
    return file
  }
  const good = `docker:
  endpoints:
  - name: near
    host: unix:///var/run/docker.sock
  - name: far
    host: tcp://build-2:2376
    tls: { ca: certs/ca.pem }
    labels: { disk: ssd, example.com/team: web }
    capacity: { cpus: 8, memory: 16Gi, containersMax: 200 }
    schedulable: false
`
  it('are read, and printed so that they can be read again', async () => {
    const { config } = await loadConfig({ base: '/base', file: await write(good) })
    expect(config.docker.endpoints).toMatchObject([
      { name: 'near', kind: 'docker', labels: {}, tls: null, schedulable: true },
      { name: 'far', capacity: { cpus: 8, memoryBytes: 2 ** 34, containersMax: 200 }, schedulable: false },
    ])
    expect(config.docker.endpoints[1]?.tls).toEqual({ ca: '/base/certs/ca.pem', cert: null, key: null, verify: true })
    const again = await loadConfig({ base: '/base', file: await write(showConfig(config)) })
    expect(again.config.docker.endpoints).toEqual(config.docker.endpoints)
  })

  it.each([
    ['another of the same name', /name: far/, 'name: near', /:5:11.*another endpoint has the name `near`/],
    ['the same engine', /tcp:.*/, 'unix:///var/run/docker.sock', /:6:11.*endpoint `near` is the same engine/],
    ['a wrong quantity', /16Gi/, '16 elephants', /:9:34.*quantities/],
    ['a wrong label', /disk: ssd/, '"no label": ssd', /:8:13.*`no label` is no name of a label/],
    ['a scheme that nobody speaks', /tcp:.*/, 'gopher://build-2', /:6:11.*use unix/],
    ['a setting that nobody knows', /schedulable/, 'scheduleable', /:10:5.*unknown setting `scheduleable`/],
    ['tls beside a socket', /tcp:.*/, 'unix:///other.sock', /:7:10.*`tls` is for hosts of kind tcp/],
  ])('are refused with their place: %s', async (_, from, to, message) => {
    const file = await write(good.replace(from, to))
    const failed = await loadConfig({ base: '/base', file }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(InvalidSettings)
    const texts = (failed as InvalidSettings).problems.map(settingsProblemText)
    expect(texts.join('\n').replaceAll(file, '')).toMatch(message)
  })

  it('change labels, room and whether they are in service while the daemon runs; the rest waits', async () => {
    const configOf = async (text: string) => (await loadConfig({ base: '/base', file: await write(text) })).config
    const running = await configOf(good)
    const wanted = await configOf(
      good.replace('ssd', 'hdd').replace('schedulable: false', 'schedulable: true').replace('build-2', 'build-3') +
        '  - { name: new, host: "unix:///new.sock" }\n',
    )
    const { applied, pending, config } = planReload(running, wanted)
    expect(applied).toEqual(['docker.endpoints.far.labels', 'docker.endpoints.far.schedulable'])
    expect(pending).toContain('docker.endpoints.far')
    expect(pending).toContain('docker.endpoints.new')
    expect(config.docker.endpoints).toMatchObject([
      { name: 'near' },
      { name: 'far', host: 'tcp://build-2:2376', labels: { disk: 'hdd' }, schedulable: true },
    ])
  })
})
