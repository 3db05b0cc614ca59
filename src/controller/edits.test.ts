import { afterEach, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { doing, ended, newHouse, until } from './controller.fixtures/house.ts'
import type { House } from './controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

const steps: Workflow = {
  metadata: { name: 'wf', labels: { team: 'a' } },
  spec: {
    entrypoint: 'main',
    templates: [
      { name: 'main', steps: [[{ name: 'good', template: 'good' }], [{ name: 'bad', template: 'bad' }]] },
      { name: 'good', container: doing() },
      { name: 'bad', container: doing({ exitCode: 1 }) },
    ],
  },
}
const waiting: Workflow = {
  metadata: { name: 'wf' },
  spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] },
}
const spec = (changes: object) => (now: Workflow) => ({ ...now, spec: { ...now.spec, ...changes } })
const metadata = (changes: object) => (now: Workflow) => ({ ...now, metadata: { ...now.metadata, ...changes } })

it('previews what is asked of a workflow in memory or in the store, and changes nothing', async () => {
  house = newHouse()
  const controller = await house.open({ config: { finishedKept: 0 } })
  await controller.createWorkflow('default', steps)
  const before = await ended(controller, 'wf')
  const preview = await controller.preview('default', '@latest', { kind: 'retry' })
  expect(preview.nodes.filter(({ fate }) => fate === 'runs-again').map(({ displayName }) => displayName)).toEqual([
    'bad',
  ])
  const kept = await controller.previewResubmit('default', 'wf', { memoized: true })
  expect(kept.nodes.find(({ displayName }) => displayName === 'good')).toMatchObject({ fate: 'kept' })
  await expect(controller.preview('default', 'wf', { kind: 'stop' })).rejects.toMatchObject({ code: 'INTERNAL' })
  await expect(controller.preview('default', 'none', { kind: 'retry' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await controller.listWorkflows({})).items).toHaveLength(1)
  expect(await controller.workflow('default', 'wf')).toEqual(before)
})

it('changes what may change of a workflow that runs', async () => {
  house = newHouse()
  const controller = await house.open()
  await controller.createWorkflow('default', waiting)
  await until(controller, 'wf', ({ status }) => status?.phase === 'Running')
  const labelled = await controller.editWorkflow('default', 'wf', metadata({ labels: { team: 'b' } })).catch(String)
  expect(labelled).toContain('workflows.argoproj.io/phase is set by the controller')
  const edited = await controller.editWorkflow('default', 'wf', (now) => ({
    ...spec({ priority: 3, suspend: true })(now),
    metadata: { ...now.metadata, labels: { ...now.metadata.labels, team: 'b' }, annotations: { note: 'x' } },
  }))
  expect(edited.spec).toMatchObject({ priority: 3, suspend: true })
  expect(edited.metadata).toMatchObject({ labels: { team: 'b' }, annotations: { note: 'x' } })
  await controller.editWorkflow('default', 'wf', spec({ shutdown: 'Stop', suspend: undefined }))
  expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
})

it('lets a deadline come that is set while the workflow runs', async () => {
  house = newHouse()
  const controller = await house.open()
  await controller.createWorkflow('default', waiting)
  await until(controller, 'wf', ({ status }) => status?.phase === 'Running')
  await controller.editWorkflow('default', 'wf', spec({ activeDeadlineSeconds: 1 }))
  expect((await ended(controller, 'wf')).status?.nodes?.['wf']?.message).toBe('Step exceeded its deadline')
})

it.each([
  [spec({ entrypoint: 'other' }), 'spec.entrypoint may not change'],
  [spec({ shutdown: 'Gently' }), 'spec.shutdown must be Stop or Terminate'],
  [metadata({ name: 'other' }), 'metadata.name: Invalid value: "other": field is immutable'],
  [metadata({ resourceVersion: '1' }), 'the object has been modified'],
])('refuses what may not change (%#)', async (change, words) => {
  house = newHouse()
  const controller = await house.open()
  await controller.createWorkflow('default', waiting)
  await until(controller, 'wf', ({ status }) => status?.phase === 'Running')
  await expect(controller.editWorkflow('default', 'wf', change)).rejects.toThrow(words)
})

it('changes only labels and annotations of one that has ended', async () => {
  house = newHouse()
  const controller = await house.open({ config: { finishedKept: 0 } })
  await controller.createWorkflow('default', steps)
  await ended(controller, 'wf')
  const labels = { 'workflows.argoproj.io/phase': 'Failed', 'workflows.argoproj.io/completed': 'true', seen: 'yes' }
  const edited = await controller.editWorkflow('default', 'wf', metadata({ labels }))
  expect(edited.metadata.labels).toMatchObject({ seen: 'yes' })
  expect(edited.metadata.labels).not.toHaveProperty('team')
  expect(edited.status?.phase).toBe('Failed')
  expect((await controller.listWorkflows({ labelSelector: 'seen=yes' })).items).toHaveLength(1)
  await expect(controller.editWorkflow('default', 'wf', spec({ priority: 1 }))).rejects.toThrow('has ended')
})
