/** Volumes of claims: when they are made, when they go, and that none outlasts its workflow. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../../resources/index.ts'
import { podIdOf } from '../../resources/index.ts'
import { SimulatedRuntime } from '../../runtime/simulated/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { only, root } from './tasks.fixtures/workflow.ts'

let house: House
afterEach(() => house.close())

describe('claims', () => {
  const spec: Workflow['spec'] = {
    entrypoint: 'main',
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
    templates: [
      {
        name: 'main',
        container: { ...doing({ durationMs: 50 }), volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      },
    ],
  }

  it('are made before the first step and removed after a success', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    await until(controller, 'wf', (now) => root(now)?.phase === 'Running')
    expect([...house.engine.volumes.keys()]).toEqual(['default-wf-data'])
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
    await eventually(() => controller.objects('PersistentVolumeClaim', '').length === 0, 'its object is removed')
  })

  it('go with their workflow when it is deleted', async () => {
    house = newHouse()
    const controller = await house.open()
    const failing = {
      ...spec,
      templates: [
        {
          name: 'main',
          container: { ...doing({ exitCode: 1 }), volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        },
      ],
    }
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: failing })
    await ended(controller, 'wf')
    expect(house.engine.volumes.size).toBe(1)
    await controller.deleteWorkflow('default', 'wf')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
  })

  it('are removed at a start where a daemon that was overtaken had them made for a workflow that was over', async () => {
    house = newHouse()
    const first = await house.open()
    const lasting = (container: Parameters<typeof doing>[0]): Workflow['spec'] => ({
      ...spec,
      templates: [
        { name: 'main', container: { ...doing(container), volumeMounts: [{ name: 'data', mountPath: '/data' }] } },
      ],
    })
    await first.createWorkflow('default', { metadata: { name: 'over' }, spec })
    await first.createWorkflow('default', { metadata: { name: 'kept' }, spec: lasting({ exitCode: 1 }) })
    await first.createWorkflow('default', { metadata: { name: 'runs' }, spec: lasting({ forEver: true }) })
    const { metadata } = await ended(first, 'over')
    await ended(first, 'kept')
    await until(first, 'runs', (now) => root(now)?.phase === 'Running')
    await eventually(() => !house.engine.volumes.has('default-over-data'), 'the volume is removed')
    await first.drain()
    const late = new SimulatedRuntime(house.engine)
    const labels = { 'drydock.namespace': 'default', 'drydock.claim': 'over-data' }
    await late.ensureVolume('default-over-data', { ...labels, 'drydock.workflow-uid': metadata.uid ?? '' })
    await late.ensureVolume('mine', {})
    await house.open()
    await eventually(() => !house.engine.volumes.has('default-over-data'), 'it is removed once more')
    expect([...house.engine.volumes.keys()].sort()).toEqual(['default-kept-data', 'default-runs-data', 'mine'])
  })

  it('are removed at a start where a daemon that was overtaken had a pod prepared that mounts them', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    await eventually(() => house.engine.pods.size === 1, 'its pod stands')
    const [pod] = house.engine.pods.values()
    await ended(first, 'wf')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
    await eventually(() => house.engine.pods.size === 0, 'the pod is removed')
    await first.drain()
    if (pod !== undefined) await new SimulatedRuntime(house.engine).prepare(pod.request)
    expect([...house.engine.volumes.keys()]).toEqual(['default-wf-data'])
    await house.open()
    await eventually(() => house.engine.volumes.size === 0, 'it is removed once more')
    expect(house.engine.pods.size).toBe(0)
  })

  it('are removed at a start as soon as the containers are gone that mount them', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', only('runs', { container: doing({ forEver: true }) }))
    const { metadata } = await until(first, 'runs', (now) => root(now)?.phase === 'Running')
    const [running] = house.engine.pods.values()
    if (running === undefined) throw new Error('no pod runs')
    await first.drain()
    const late = new SimulatedRuntime(house.engine)
    const labels = {
      'drydock.namespace': 'default',
      'drydock.claim': 'gone',
      'drydock.workflow-uid': 'of-nobody',
    }
    const volumes = [{ kind: 'claim', name: 'data', volumeName: 'default-gone', labels }] as const
    const id = podIdOf(`${metadata.uid ?? ''}.late`)
    await late.prepare({ ...running.request, identity: { ...running.request.identity, id }, volumes })
    await house.open()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([...house.engine.volumes.keys()]).toEqual(['default-gone'])
    await late.remove(id)
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
  })

  it('never have what a workflow before them left in a volume of the same name', async () => {
    house = newHouse()
    const controller = await house.open()
    const labels = { 'drydock.namespace': 'default', 'drydock.claim': 'wf-data', 'drydock.workflow-uid': 'before' }
    await new SimulatedRuntime(house.engine).ensureVolume('default-wf-data', labels)
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    const { metadata } = await until(controller, 'wf', (now) => root(now)?.phase === 'Running')
    expect(house.engine.volumeLabels.get('default-wf-data')).toEqual({
      ...labels,
      'drydock.workflow': 'wf',
      'drydock.workflow-uid': metadata.uid,
    })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
  })

  it('leave a volume alone that somebody made by hand under their name', async () => {
    house = newHouse()
    const controller = await house.open()
    await new SimulatedRuntime(house.engine).ensureVolume('default-wf-data', {})
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    expect((await ended(controller, 'wf')).status).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining(
        'persistentvolumeclaims "wf-data" already exists: a volume default-wf-data stands already',
      ) as string,
    })
    await controller.deleteWorkflow('default', 'wf')
    await controller.drain()
    expect([...house.engine.volumes.keys()]).toEqual(['default-wf-data'])
  })

  it('are waited for where a manifest names one that does not exist yet', async () => {
    house = newHouse()
    const controller = await house.open()
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'mine' } }]
    await controller.createWorkflow(
      'default',
      only('wf', { container: { ...doing(), volumeMounts: [{ name: 'data', mountPath: '/data' }] } }, { volumes }),
    )
    const waiting = await until(controller, 'wf', (now) => Boolean(root(now)?.message))
    expect(root(waiting)?.message).toBe('Unschedulable: persistentvolumeclaim "mine" not found')
    await controller.createObject('PersistentVolumeClaim', 'default', { metadata: { name: 'mine' }, spec: {} })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
  })
})
