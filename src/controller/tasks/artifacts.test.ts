/** Outputs of a template as its files give them: data, what is missing, artifacts from their making to their end. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Template, Workflow } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { only, root } from './tasks.fixtures/workflow.ts'

let house: House
afterEach(() => house.close())

describe('a data template', () => {
  it('whose expression is wrong fails as its main container would', async () => {
    house = newHouse()
    const controller = await house.open()
    const source = { artifactPaths: { name: 'x', s3: { key: 'nothing' } } }
    await controller.createWorkflow(
      'default',
      only('wf', { data: { source, transformation: [{ expression: 'data + 1' }] } }),
    )
    const done = await ended(controller, 'wf')
    expect(root(done)?.phase).toBe('Failed')
    expect(root(done)?.message).toContain(
      'main: Error (exit code 64): unable to process data template: unable to process data transformation: error processing data step 0: invalid operation: + (mismatched types',
    )
  })
})

describe('outputs that are missing', () => {
  const volumes = [{ name: 'v', emptyDir: {} }]
  const mounted = { ...doing(), volumeMounts: [{ name: 'v', mountPath: '/v' }] }
  const parameters = [
    { name: 'a', valueFrom: { path: '/v/a' } },
    { name: 'b', valueFrom: { path: '/tmp/b', default: 'B' } },
  ]
  it.each<[string, Template['outputs'], string]>([
    [
      'a parameter, before which nothing else is told',
      { parameters, artifacts: [{ name: 'x', path: '/x' }] },
      'open /mainctrfs/v/a: no such file or directory',
    ],
    ['an artifact', { artifacts: [{ name: 'x', path: '/v/x' }] }, 'stat /mainctrfs/v/x: no such file or directory; '],
    [
      'an artifact as it is',
      { artifacts: [{ name: 'x', path: '/v/x', archive: { none: {} } }] },
      '/v/x no such file or directory; ',
    ],
    [
      'a file that is not on it',
      { artifacts: [{ name: 'x', path: '/vx', archive: { none: {} } }] },
      'open /var/run/argo/outputs/artifacts/vx.tgz: no such file or directory; ',
    ],
  ])('on a volume are looked for where Argo looks for them: %s', async (_what, outputs, text) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { container: mounted, outputs }, { volumes }))
    const done = await ended(controller, 'wf')
    expect(root(done)).toMatchObject({ phase: 'Error', message: `wait: Error (exit code 64): ${text}` })
    expect(root(done)?.outputs?.parameters?.some(({ value }) => value !== undefined) === true).toBe(false)
  })
})

describe('artifacts', () => {
  const passing: Workflow['spec'] = {
    entrypoint: 'main',
    artifactGC: { strategy: 'OnWorkflowDeletion' },
    templates: [
      {
        name: 'main',
        steps: [
          [{ name: 'make', template: 'make' }],
          [
            {
              name: 'use',
              template: 'use',
              arguments: { artifacts: [{ name: 'in', from: '{{steps.make.outputs.artifacts.out}}' }] },
            },
          ],
        ],
      },
      {
        name: 'make',
        container: doing({ files: { '/tmp/out': 'content' } }),
        outputs: { artifacts: [{ name: 'out', path: '/tmp/out' }] },
      },
      {
        name: 'use',
        inputs: { artifacts: [{ name: 'in', path: '/in/file' }] },
        container: doing(),
        outputs: { parameters: [{ name: 'read', valueFrom: { path: '/in/file' } }] },
      },
    ],
  }

  it('pass from step to step and can be opened afterwards', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: passing })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    const node = (name: string) =>
      Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === name)
    expect(node('use')?.outputs?.parameters?.[0]?.value).toBe('content')
    const handle = await controller.artifact(done, node('make')?.id ?? '', 'outputs', 'out')
    expect(handle.fileName).toBe('out.tgz')
    expect(await handle.list()).toHaveLength(1)
    await controller.deleteWorkflow('default', 'wf')
    expect(await handle.open()).toBeNull()
  })

  it('go before the workflow that is deleted in the background, also when the daemon ends in between', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', { metadata: { name: 'wf' }, spec: passing })
    const done = await ended(first, 'wf')
    const make = Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === 'make')
    const handle = await first.artifact(done, make?.id ?? '', 'outputs', 'out')
    await first.deleteWorkflow('default', 'wf', { background: true })
    const marked = await first.workflow('default', 'wf')
    expect(marked?.metadata.deletionTimestamp).toBeDefined()
    expect(marked?.metadata.finalizers).toEqual(['workflows.argoproj.io/artifact-gc'])
    expect(await handle.open()).not.toBeNull()
    await first.drain()
    const second = await house.open()
    await eventually(async () => (await second.workflow('default', 'wf')) === null, 'the workflow is gone')
    expect(await handle.open()).toBeNull()
  })

  it('that are missing make the node an error in the words of Argo', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow(
      'default',
      only('wf', { container: doing(), outputs: { artifacts: [{ name: 'out', path: '/tmp/none' }] } }),
    )
    expect((await ended(controller, 'wf')).status).toMatchObject({
      phase: 'Error',
      message:
        'wait: Error (exit code 64): open /var/run/argo/outputs/artifacts/tmp/none.tgz: no such file or directory; ',
    })
  })
})
