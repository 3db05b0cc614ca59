import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { controllerConfigOf, environmentVariables, loadConfig, readArgoConfigMap, showConfig } from './index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(text: string): Promise<string> {
  const path = join(folder, 'drydock.yaml')
  await writeFile(path, text)
  return path
}
const load = async (text: string, environment = {}, flags = {}) =>
  loadConfig({ file: await file(text), environment, flags, base: '/base' })

describe('loadConfig', () => {
  it('listens on loopback and allows nothing where nothing is said', async () => {
    const { config } = await loadConfig({ base: '/base' })
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 2746, tokenFile: null })
    expect(config.metrics).toMatchObject({ host: '127.0.0.1', port: 9090 })
    expect(config.policy).toEqual({
      privileged: false,
      capabilities: [],
      hostPaths: [],
      hostNamespaces: false,
      devices: false,
    })
    expect(config.dataDir).toBe('/base/.drydock')
  })

  it('lets flags win over the environment, and the environment over the file', async () => {
    const text = 'server:\n  port: 1\n  host: 0.0.0.0\nmetrics:\n  port: 2\nfolders: [a]\n'
    const { config } = await load(
      text,
      { DRYDOCK_SERVER_PORT: '10', DRYDOCK_METRICS_PORT: '20' },
      { server: { port: 100 } },
    )
    expect([config.server.port, config.metrics.port, config.server.host]).toEqual([100, 20, '0.0.0.0'])
    expect(config.folders).toEqual(['/base/a'])
  })

  it.each([
    ['server:\n  prot: 1\n', /drydock\.yaml:2:3 {2}server {2}unknown setting `prot` {2}— did you mean `port`\?/],
    ['parallelism: many\n', /drydock\.yaml:1:14 {2}parallelism {2}must be integer/],
    ['a: [1\n', /drydock\.yaml:\d+:\d+ /],
    ['log:\n  level: loud\n', /drydock\.yaml:2:10 {2}log\.level {2}must be one of debug, info/],
    ['capacity:\n  memory: 8 GB\n', /capacity\.memory/],
  ])('says where %j is wrong', async (text, words) => {
    await expect(load(text)).rejects.toThrow(words)
  })

  it('allows plugins by settings, or by the variables that Argo’s messages name', async () => {
    const { config: plain } = await load('{}')
    expect(plain.executorPlugins).toEqual({ enabled: false, workflowLevel: false })
    expect(plain.pluginFolder).toBeNull()
    const text = 'pluginFolder: modules\nexecutorPlugins: { workflowLevel: false }\n'
    const environment = { ARGO_EXECUTOR_PLUGINS: 'true', ARGO_WORKFLOW_LEVEL_EXECUTOR_PLUGINS: 'true' }
    const { config } = await load(text, environment)
    expect(config.executorPlugins).toEqual({ enabled: true, workflowLevel: true })
    expect(config.pluginFolder).toBe('/base/modules')
    const own = await load(text, { ...environment, DRYDOCK_EXECUTOR_PLUGINS_ENABLED: 'false' })
    expect(own.config.executorPlugins.enabled).toBe(false)
    await expect(load('{}', { ARGO_EXECUTOR_PLUGINS: 'perhaps' })).rejects.toThrow(/ARGO_EXECUTOR_PLUGINS/)
  })

  it('takes artifact drivers as Argo has them, with an environment beside', async () => {
    const drivers = 'artifactDrivers:\n- { name: oras, image: "x:1", env: [{ name: A, value: b }] }\n'
    const { config } = await load(drivers)
    const made = controllerConfigOf(config, { plugins: [], hostName: 'h', storages: ['module'] })
    expect(made.artifactDrivers).toEqual([{ name: 'oras', image: 'x:1', env: [{ name: 'A', value: 'b' }] }])
    expect(made.engine.artifactDrivers).toEqual(['oras', 'module'])
    expect(made.driverDirectory).toBe('/base/.drydock/artifact-drivers')
    await expect(load('artifactDrivers: [{ name: "../x", image: y }]')).rejects.toThrow(/artifactDrivers/)
    const { settings, notes, problems } = readArgoConfigMap({ artifactDrivers: '- { name: a, image: b }' }, 'f')
    expect([settings.artifactDrivers, notes, problems]).toEqual([[{ name: 'a', image: 'b' }], [], []])
  })

  it('names the variable of the environment that is wrong', async () => {
    await expect(load('', { DRYDOCK_SERVER_PORT: 'x' })).rejects.toThrow(/DRYDOCK_SERVER_PORT {2}must be integer/)
  })

  it('reads quantities and durations', async () => {
    const { config } = await load(
      'capacity: { memory: 2Gi }\npodGCDeleteDelayDuration: 1m30s\nmetricsConfig: { metricsTTL: 10s }\n',
    )
    expect([config.capacity.memoryBytes, config.podGCDeleteDelayMs, config.metricsTtlMs]).toEqual([
      2 ** 31,
      90_000,
      10_000,
    ])
  })

  it('reads what it shows', async () => {
    const { config } = await load('parallelism: 3\npolicy: { hostPaths: [/srv] }\n')
    expect(showConfig(config)).toContain('parallelism: 3')
    expect(showConfig(config)).toContain('- /srv')
  })
})

describe('Argo’s ConfigMap', () => {
  it('is understood with one item a key, quoted scalars included', () => {
    const { settings, problems } = readArgoConfigMap(
      { parallelism: '"10"', retentionPolicy: 'completed: 5\n', kubeConfig: '{}' },
      'cm.yaml',
    )
    expect(problems).toEqual([])
    expect(settings).toMatchObject({ parallelism: 10, retentionPolicy: { completed: 5 } })
  })

  it('is understood as one text under `config`, given as --config', async () => {
    const { config, notes } = await load(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: workflow-controller-configmap }\ndata:\n  config: |\n    parallelism: 7\n    initlessPod: true\n',
    )
    expect(controllerConfigOf(config, { plugins: [], hostName: 'h' }).parallelism).toBe(7)
    expect(notes).toEqual([expect.stringContaining('`initlessPod` has no effect')])
  })

  it('refuses unknown keys, at their line in the file', async () => {
    const text = 'kind: ConfigMap\ndata:\n  config: |\n    parallelism: 7\n    paralelism: 8\n'
    await expect(load(text)).rejects.toThrow(
      /drydock\.yaml:5:\d+ .*unknown setting `paralelism`.*did you mean `parallelism`/,
    )
  })
})

it('gives every setting of one value or a list of texts a variable', () => {
  const names = environmentVariables.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['DRYDOCK_DATA', 'DRYDOCK_SERVER_TOKEN_FILE', 'DRYDOCK_POLICY_CAPABILITIES']),
  )
  expect(new Set(names).size).toBe(names.length)
})
