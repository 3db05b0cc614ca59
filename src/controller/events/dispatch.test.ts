import { afterEach, expect, it } from 'vitest'
import { doing, ended, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

it('submits the template of every binding whose selector holds, and reports the ones that fail', async () => {
  house = newHouse()
  const controller = await house.open()
  await controller.createObject('WorkflowTemplate', 'default', {
    metadata: { name: 'ci' },
    spec: {
      entrypoint: 'main',
      arguments: {
        parameters: [
          { name: 'sha', value: 'none' },
          { name: 'all', value: 'none' },
        ],
      },
      templates: [{ name: 'main', container: doing() }],
    },
  })
  const binding = (name: string, selector: string, template = 'ci') => ({
    metadata: { name },
    spec: {
      event: { selector },
      submit: {
        workflowTemplateRef: { name: template },
        metadata: { name: "'ci-' + payload.sha[0:3]", labels: { ref: 'payload.ref' } },
        arguments: {
          parameters: [
            { name: 'sha', valueFrom: { event: 'payload.sha' } },
            { name: 'all', valueFrom: { event: 'payload.list' } },
          ],
        },
      },
    },
  })
  const selector = 'discriminator == "push" && metadata["x-kind"] == ["a"]'
  await controller.createObject('WorkflowEventBinding', 'default', binding('fits', selector))
  await controller.createObject('WorkflowEventBinding', 'default', binding('fits-not', 'false'))
  const payload = { sha: 'abcdef', ref: 'main', list: [1, 'x'] }
  await controller.dispatchEvent('default', 'push', payload, { 'x-kind': ['a'] })
  const done = await ended(controller, 'ci-abc')
  expect(done.status?.phase).toBe('Succeeded')
  expect(done.spec.arguments?.parameters).toEqual([
    { name: 'sha', value: 'abcdef' },
    { name: 'all', value: '[1,"x"]' },
  ])
  expect(done.metadata.labels).toMatchObject({
    ref: 'main',
    'workflows.argoproj.io/workflow-event-binding': 'fits',
    'workflows.argoproj.io/workflow-template': 'ci',
  })
  expect((await controller.listWorkflows({ namespace: 'default' })).items).toHaveLength(1)

  await controller.createObject('WorkflowEventBinding', 'default', binding('broken', 'true', 'missing'))
  await expect(controller.dispatchEvent('default', 'pull', payload, {})).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(controller.events('default').find(({ reason }) => reason === 'WorkflowEventBindingError')?.message).toBe(
    'failed to dispatch event: failed to get workflow template: workflowtemplates.argoproj.io "missing" not found',
  )
})
