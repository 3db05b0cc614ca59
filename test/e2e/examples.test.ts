import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDaemon } from '../../src/main.ts'
import type { Daemon } from '../../src/main.ts'
import type { Workflow } from '../../src/resources/index.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples')
let base = ''
let folder = ''
let daemon: Daemon

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'examples-test-'))
  folder = join(base, 'drop')
  const flags = {
    data: join(base, 'data'),
    folders: [folder],
    server: { port: 0 },
    metrics: { port: 0 },
    log: { level: 'error' as const },
  }
  daemon = await startDaemon({ sources: { base, flags } })
})
afterAll(async () => {
  for (const { metadata } of (await daemon.controller.listWorkflows({})).items)
    await daemon.controller.deleteWorkflow(metadata.namespace ?? '', metadata.name ?? '', { force: true })
  await daemon.drain()
  await rm(base, { recursive: true, force: true })
})

/** Each example that runs by itself, how it ends, and a global output it then has. */
const stories: [file: string, phase: string, output: string, value: string][] = [
  ['hello.yaml', 'Succeeded', '', ''],
  ['dag-artifacts.yaml', 'Succeeded', 'report', '3 lines, 6 words'],
  ['loop-retries.yaml', 'Succeeded', 'sum', '30'],
  ['conditions.yaml', 'Succeeded', 'round', '3'],
  ['template.yaml', 'Succeeded', 'loud', 'HARBOUR'],
  ['exit-handler.yaml', 'Failed', 'status', 'Failed'],
  ['semaphore.yaml', 'Succeeded', '', ''],
  ['daemon.yaml', 'Succeeded', 'answer', 'ahoy'],
  ['volume.yaml', 'Succeeded', 'out', 'cargo'],
]
const elsewhere = ['approval.yaml', 'cron.yaml']

async function workflowOf(file: string): Promise<Workflow | null> {
  const status = await daemon.sources[0]?.status(file)
  const name = status?.objects.find(({ kind }) => kind === 'Workflow')?.name
  return name === undefined ? null : daemon.controller.workflow('default', name)
}
const phaseOf = async (file: string) => (await workflowOf(file))?.status?.phase
const outputOf = async (file: string, name: string) =>
  (await workflowOf(file))?.status?.outputs?.parameters?.find((parameter) => parameter.name === name)?.value
const often = { interval: 100 }

it.each(stories)('examples/%s, dropped into the folder, ends %s', async (file, phase, output, value) => {
  await copyFile(join(examples, file), join(folder, file))
  await expect
    .poll(() => phaseOf(file), often)
    .toSatisfy((now) => ['Succeeded', 'Failed', 'Error'].includes(String(now)))
  expect(await phaseOf(file)).toBe(phase)
  if (output !== '') expect(await outputOf(file, output)).toBe(value)
})

it('examples/approval.yaml waits for an answer and goes on with it', async () => {
  await copyFile(join(examples, 'approval.yaml'), join(folder, 'approval.yaml'))
  const waits = async () =>
    Object.values((await workflowOf('approval.yaml'))?.status?.nodes ?? {}).some(
      (node) => node.type === 'Suspend' && node.phase === 'Running',
    )
  await expect.poll(waits, often).toBe(true)
  const name = (await workflowOf('approval.yaml'))?.metadata.name ?? ''
  const nodeFieldSelector = 'displayName=approve'
  await daemon.controller.operate('default', name, { kind: 'set', nodeFieldSelector, outputParameters: { by: 'Ada' } })
  await daemon.controller.operate('default', name, { kind: 'resume', nodeFieldSelector })
  await expect.poll(() => phaseOf('approval.yaml'), often).toBe('Succeeded')
  expect(await outputOf('approval.yaml', 'said')).toBe('released by Ada')
})

it('examples/cron.yaml can be started by hand', async () => {
  await copyFile(join(examples, 'cron.yaml'), join(folder, 'cron.yaml'))
  await expect.poll(() => daemon.controller.object('CronWorkflow', 'default', 'example-tide'), often).not.toBeNull()
  const { metadata } = await daemon.controller.submitFrom('default', 'CronWorkflow', 'example-tide', {})
  const phase = async () => (await daemon.controller.workflow('default', metadata.name ?? ''))?.status?.phase
  await expect.poll(phase, often).toBe('Succeeded')
  await rm(join(folder, 'cron.yaml'))
  await expect.poll(() => daemon.controller.object('CronWorkflow', 'default', 'example-tide'), often).toBeNull()
})

it('leaves no example without a test', async () => {
  const files = (await readdir(examples)).filter((name) => name.endsWith('.yaml'))
  expect(files.toSorted()).toEqual([...stories.map(([file]) => file), ...elsewhere].toSorted())
})

it('refuses a privileged container by the rule’s name, in the status file and over the API', async () => {
  const manifest = (await readFile(join(examples, 'hello.yaml'), 'utf8')).replace(
    '        image: busybox',
    '        image: busybox\n        securityContext: { privileged: true }',
  )
  await writeFile(join(folder, 'privileged.yaml'), manifest)
  await expect
    .poll(() => readFile(join(folder, '.status', 'privileged.yaml'), 'utf8').catch(() => ''), often)
    .toMatch(/state: Refused[\s\S]*privileged\.yaml:\d+:\d+[\s\S]*rule: /)
})
