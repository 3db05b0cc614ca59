/** What resource templates do with workflows and objects, and what they say where they cannot. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Template } from '../../resources/index.ts'
import { ended, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { only, root } from './tasks.fixtures/workflow.ts'

let house: House
afterEach(() => house.close())

describe('a resource template', () => {
  const manifest = `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: child-}
spec:
  entrypoint: main
  templates: [{name: main, container: {image: busybox, command: [sim], args: ['{"exitCode":EXIT}']}}]
`
  it.each([
    ['0', 'Succeeded', ''],
    ['1', 'Failed', "main: Error (exit code 64): failure condition '{status.phase in [Error Failed]}' evaluated true"],
  ])('waits for the workflow it made; exit %s makes it %s', async (exit, phase, message) => {
    house = newHouse()
    const controller = await house.open()
    const resource = {
      action: 'create' as const,
      manifest: manifest.replace('EXIT', exit),
      successCondition: 'status.phase == Succeeded',
      failureCondition: 'status.phase in (Failed, Error)',
      setOwnerReference: true,
    }
    const outputs = { parameters: [{ name: 'child', valueFrom: { jsonPath: '{.metadata.name}' } }] }
    await controller.createWorkflow('default', only('wf', { resource, outputs }))
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe(phase)
    expect(done.status?.message ?? '').toBe(message)
    if (phase === 'Succeeded') expect(root(done)?.outputs?.parameters?.[0]?.value).toMatch(/^child-/)
    await controller.deleteWorkflow('default', 'wf')
    expect((await controller.listWorkflows({ namespace: 'default' })).items).toEqual([])
  })

  it('makes, patches, reads and deletes a ConfigMap', async () => {
    house = newHouse()
    const controller = await house.open()
    const map = (data: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: cm}, data: ${data}}`
    const step = (
      name: string,
      resource: NonNullable<Template['resource']>,
      outputs?: Template['outputs'],
    ): Template => ({ name, resource, ...(outputs ? { outputs } : {}) })
    const templates: Template[] = [
      { name: 'main', steps: ['make', 'patch', 'read', 'drop'].map((name) => [{ name, template: name }]) },
      step('make', { action: 'create', manifest: map('{a: "1"}') }),
      step('patch', {
        action: 'patch',
        mergeStrategy: 'json',
        flags: ['configmap', 'cm'],
        manifest: '[{"op": "add", "path": "/data/b", "value": "2"}]',
      }),
      step(
        'read',
        { action: 'get', manifest: map('{}') },
        { parameters: [{ name: 'all', valueFrom: { jqFilter: '.data | tojson' } }] },
      ),
      step('drop', { action: 'delete', flags: ['cm/cm'] }),
    ]
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: { entrypoint: 'main', templates } })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    const read = Object.values(done.status?.nodes ?? {}).find((node) => node.displayName === 'read')
    expect(read?.outputs?.parameters?.[0]?.value).toBe('{"a":"1","b":"2"}')
    expect(controller.object('ConfigMap', 'default', 'cm')).toBeNull()
  })
})

describe('a resource template that fails', () => {
  const unknown = `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: child-}
spec: {entrypoint: main, templates: [{name: main, resources: {}, container: {image: busybox}}]}
`
  const map = '{apiVersion: v1, kind: ConfigMap, metadata: {name: there}}'
  const strict =
    'no more retries Error from server (BadRequest): error when creating "/tmp/manifest.yaml": Workflow in version "v1alpha1" cannot be handled as a Workflow: strict decoding error: unknown field "spec.templates[0].resources"'
  const mapping =
    'no more retries error: resource mapping not found for name: "x" namespace: "" from "/tmp/manifest.yaml": no matches for kind "Bogus" in version "foo/v1"\nensure CRDs are installed first'
  it.each<[string, NonNullable<Template['resource']>, string]>([
    ['an unknown field', { action: 'create', manifest: unknown }, strict],
    [
      'an unknown kind',
      { action: 'create', manifest: '{apiVersion: foo/v1, kind: Bogus, metadata: {name: x}}' },
      mapping,
    ],
    [
      'an object that is there already',
      { action: 'create', manifest: map },
      'no more retries Error from server (AlreadyExists): error when creating "/tmp/manifest.yaml": configmaps "there" already exists',
    ],
    [
      'an object that is not there',
      { action: 'get', manifest: map.replace('there', 'nowhere') },
      'no more retries Error from server (NotFound): configmaps "nowhere" not found',
    ],
    [
      'a condition on a deletion',
      { action: 'delete', manifest: map, successCondition: 'a == b' },
      'successCondition, failureCondition and outputs are not supported for delete action',
    ],
  ])('on %s says so in the words of kubectl, in its log too', async (_what, resource, text) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'there' } })
    await controller.createWorkflow('default', only('wf', { resource }))
    const done = await ended(controller, 'wf')
    expect(root(done)).toMatchObject({ phase: 'Failed', message: `main: Error (exit code 64): ${text}` })
    const lines: string[] = []
    for await (const { content } of controller.logs(
      'default',
      'wf',
      { podName: 'wf', container: 'main' },
      new AbortController().signal,
    ))
      lines.push(content)
    expect(lines.join('\n')).toBe(`Error: ${text}\n${text}\nError: exit status 64`)
  })
})
