import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Workflow } from '../../src/resources/index.ts'
import { argoCall, argoStream } from './argo-wire.ts'
import { startDaemon } from './daemon.ts'
import type { RunningDaemon } from './daemon.ts'

let daemon: RunningDaemon
beforeAll(async () => {
  daemon = await startDaemon()
})
afterAll(() => daemon.stop())

const workflows = '/api/v1/workflows/default'
const submit = async (script: string, more: object = {}): Promise<Workflow> => {
  const template = { name: 'main', container: { image: 'busybox:latest', command: ['sh', '-c', script] }, ...more }
  const workflow = { metadata: { generateName: 'wire-' }, spec: { entrypoint: 'main', templates: [template] } }
  return (await argoCall(daemon.url, 'POST', workflows, { namespace: 'default', workflow })) as Workflow
}
const named = (name: string | undefined) => encodeURIComponent(`metadata.name=${name ?? ''}`)

/** As `argo wait`: from version 0 until a finish time is seen. */
async function wait(name: string | undefined): Promise<Workflow> {
  const path = `/api/v1/workflow-events/default?listOptions.fieldSelector=${named(name)}&listOptions.resourceVersion=0`
  for await (const { object } of argoStream(daemon.url, path))
    if ((object as Workflow).status?.finishedAt) return object as Workflow
  throw new Error('the stream ended')
}

it('can be waited for while it runs and after it has finished', async () => {
  const { metadata } = await submit('sleep 1; exit 0')
  const finished = await wait(metadata.name)
  expect(finished.status).toMatchObject({ phase: 'Succeeded', progress: '1/1' })
  expect((await wait(metadata.name)).status?.phase).toBe('Succeeded')
})

it('shows its log while it runs, with the pod names that the CLI computes', async () => {
  const { metadata } = await submit('echo one; sleep 1; echo two')
  const lines: unknown[] = []
  const path = `${workflows}/${metadata.name ?? ''}/log?logOptions.container=main&logOptions.follow=true`
  for await (const line of argoStream(daemon.url, path)) lines.push(line)
  expect(lines).toEqual(['one', 'two'].map((content) => ({ content, podName: metadata.name })))
  const { status } = await wait(metadata.name)
  expect(status?.phase).toBe('Succeeded')
})

it('loses no change between a list and the watch from its version on', async () => {
  const list = (await argoCall(daemon.url, 'GET', workflows)) as { metadata: { resourceVersion: string } }
  const { metadata } = await submit('true')
  await wait(metadata.name)
  const path = `/api/v1/workflow-events/default?listOptions.resourceVersion=${list.metadata.resourceVersion}`
  const seen: string[] = []
  for await (const { type, object } of argoStream(daemon.url, path)) {
    const workflow = object as Workflow
    if (workflow.metadata.name === metadata.name) seen.push(`${String(type)} ${workflow.status?.phase ?? ''}`)
    if (workflow.status?.finishedAt) break
  }
  expect(seen[0]).toMatch(/^ADDED /)
  expect(seen.at(-1)).toMatch(/ Succeeded$/)
})

it('gives its artifacts under the keys of its status, as `argo cp` copies them', async () => {
  const outputs = {
    artifacts: [
      { name: 'plain', path: '/tmp/a.txt', archive: { none: {} } },
      { name: 'packed', path: '/tmp/a.txt' },
    ],
  }
  const { metadata } = await submit('echo artifact > /tmp/a.txt', { outputs })
  const { status } = await wait(metadata.name)
  const artifacts = Object.values(status?.nodes ?? {})[0]?.outputs?.artifacts ?? []
  expect(artifacts.map(({ s3 }) => s3?.key ?? '')).toEqual([
    expect.stringMatching(/a\.txt$/),
    expect.stringMatching(/packed\.tgz$/),
  ])
  const name = metadata.name ?? ''
  const download = (artifact: string) => fetch(`${daemon.url}/artifacts/default/${name}/${name}/${artifact}`)
  expect(await (await download('plain')).text()).toBe('artifact\n')
  const packed = new Uint8Array(await (await download('packed')).arrayBuffer())
  expect([...packed.subarray(0, 2)]).toEqual([0x1f, 0x8b])
})

it('is terminated and deleted, and says so to who watches', async () => {
  const { metadata } = await submit('sleep 300')
  const name = metadata.name ?? ''
  const types: unknown[] = []
  let isTerminated = false
  const path = `/api/v1/workflow-events/default?listOptions.fieldSelector=${named(name)}`
  for await (const { type, object } of argoStream(daemon.url, path)) {
    if (types.at(-1) !== type) types.push(type)
    const { status } = object as Workflow
    if (status?.phase === 'Running' && !isTerminated) {
      isTerminated = true
      await argoCall(daemon.url, 'PUT', `${workflows}/${name}/terminate`, {})
    }
    if (type === 'DELETED') break
    if (status?.finishedAt) await argoCall(daemon.url, 'DELETE', `${workflows}/${name}`)
  }
  expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  await expect(argoCall(daemon.url, 'GET', `${workflows}/${name}`)).rejects.toThrow(
    `5 workflows.argoproj.io "${name}" not found`,
  )
})
