import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Workflow, WorkflowTemplate } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, plainConfig, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { noArchive } from '../archive/policy.ts'
import { revisionsAnnotation } from './uses.ts'

let house: House
beforeEach(() => {
  house = newHouse()
})
afterEach(() => house.close())

/** Two templates: `first` waits to be resumed, `second` says which revision it is of. */
const library = (exitCode: number): WorkflowTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'WorkflowTemplate',
  metadata: { name: 'library', namespace: 'default' },
  spec: {
    entrypoint: 'first',
    templates: [
      { name: 'first', suspend: {} },
      { name: 'second', container: doing({ exitCode }) },
    ],
  },
})
const user: Workflow = {
  metadata: { name: 'user' },
  spec: {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        steps: [
          [{ name: 'a', templateRef: { name: 'library', template: 'first' } }],
          [{ name: 'b', templateRef: { name: 'library', template: 'second' } }],
        ],
      },
    ],
  },
}
const whole: Workflow = {
  metadata: { name: 'whole' },
  spec: { workflowTemplateRef: { name: 'library' }, arguments: {} },
}
const waits = (now: Workflow) =>
  Object.values(now.status?.nodes ?? {}).some(({ type, phase }) => type === 'Suspend' && phase === 'Running')
const put = (controller: Awaited<ReturnType<House['open']>>, exitCode: number) =>
  controller.updateObject('WorkflowTemplate', 'default', 'library', library(exitCode), { upsert: true })

describe('revisions of templates', () => {
  it('pin a run to those it began with, also for what it had not used yet, and over a restart', async () => {
    const first = await house.open()
    await put(first, 0)
    for (const workflow of [user, whole]) await first.createWorkflow('default', workflow)
    for (const name of ['user', 'whole']) await until(first, name, waits)
    await put(first, 7)
    await first.drain()
    const second = await house.open()
    await put(second, 8)
    for (const name of ['user', 'whole']) await second.operate('default', name, { kind: 'resume' })
    const done = await ended(second, 'user')
    expect(done.status?.phase).toBe('Succeeded')
    expect(JSON.parse(done.metadata.annotations?.[revisionsAnnotation] ?? '')).toEqual({
      'WorkflowTemplate/library': 1,
    })
    const other = await ended(second, 'whole')
    expect(JSON.parse(other.metadata.annotations?.[revisionsAnnotation] ?? '')).toEqual({
      'WorkflowTemplate/library': 1,
    })
    expect((await second.explain('default', 'user')).sentences).toContain(
      'It goes by revision 1 of WorkflowTemplate library; the template is at revision 3 by now.',
    )
    await second.createWorkflow('default', { ...user, metadata: { name: 'later' } })
    await until(second, 'later', waits)
    await second.operate('default', 'later', { kind: 'resume' })
    expect((await ended(second, 'later')).status?.phase).toBe('Failed')
  })
  it('are counted, read, and kept while workflows of the hot tables use them', async () => {
    const controller = await house.open({ config: { archive: { ...noArchive } } })
    await put(controller, 0)
    await controller.createWorkflow('default', user)
    await until(controller, 'user', waits)
    await put(controller, 0)
    expect(await controller.templateRevisions('WorkflowTemplate', 'default', 'library')).toHaveLength(1)
    for (let code = 1; code <= 30; code++) await put(controller, code)
    const numbers = async () =>
      (await controller.templateRevisions('WorkflowTemplate', 'default', 'library')).map(({ revision }) => revision)
    const newest = Array.from({ length: 20 }, (_, i) => 31 - i)
    await controller.operate('default', 'user', { kind: 'resume' })
    await ended(controller, 'user')
    await put(controller, 99)
    await eventually(async () => (await numbers()).length === 21, 'twenty and the one that is used')
    expect(await numbers()).toEqual([32, ...newest.slice(0, -1), 1])
    const [last] = (await controller.templateRevisions('WorkflowTemplate', 'default', 'library')).slice(-1)
    expect(last).toMatchObject({ revision: 1, usedBy: 1, current: false })
    expect(await controller.templateRevision('WorkflowTemplate', 'default', 'library', 1)).toMatchObject({
      spec: library(0).spec,
    })
    expect(await controller.templateRevision('WorkflowTemplate', 'default', 'library', 32)).toMatchObject({
      spec: library(99).spec,
    })
    expect(await controller.templateRevision('WorkflowTemplate', 'default', 'library', 2)).toBeNull()
    controller.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0 } })
    await eventually(() => house.disk.workflows.size === 0, 'archived')
    await put(controller, 100)
    await eventually(async () => (await numbers()).length === 20, 'the used one goes with the workflow')
    await controller.deleteObject('WorkflowTemplate', 'default', 'library')
    await eventually(async () => (await numbers()).length === 0, 'nobody uses it')
  })
})
