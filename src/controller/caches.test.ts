import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigMap, Workflow } from '../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from './controller.fixtures/house.ts'
import type { House } from './controller.fixtures/house.ts'
import type { RunningController } from './controller.ts'

let house: House
afterEach(() => house.close())

const cacheLabels = { 'workflows.argoproj.io/configmap-type': 'Cache' }
const memoized = (name: string, key: string, maxAge = ''): Workflow => ({
  metadata: { name },
  spec: {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        memoize: { key, cache: { configMap: { name: 'results' } }, maxAge },
        container: doing({ stdout: name }),
      },
    ],
  },
})

async function ran(
  controller: RunningController,
  workflow: Workflow,
): Promise<{ hit: boolean | undefined; phase: string }> {
  await controller.createWorkflow('default', workflow)
  const { status } = await ended(controller, workflow.metadata.name ?? '')
  const root = status?.nodes?.[workflow.metadata.name ?? '']
  return { hit: root?.memoizationStatus?.hit, phase: `${root?.phase ?? ''}${root?.message ? `: ${root.message}` : ''}` }
}
const cacheOf = (controller: RunningController): ConfigMap | null =>
  controller.object('ConfigMap', 'default', 'results')
const keysOf = (map: ConfigMap | null) => Object.keys(map?.data ?? {})

describe('a memo cache', () => {
  it('is the ConfigMap that Argo would have made, also after a restart', async () => {
    house = newHouse()
    const first = await house.open()
    expect(await ran(first, memoized('one', 'k'))).toMatchObject({ hit: false })
    await eventually(() => cacheOf(first) !== null, 'the ConfigMap is there')
    await first.drain()
    const second = await house.open()
    const map = cacheOf(second)
    expect(map?.metadata).toMatchObject({ name: 'results', namespace: 'default', labels: cacheLabels })
    expect(JSON.parse(map?.data?.['k'] ?? '')).toMatchObject({
      nodeID: 'one',
      creationTimestamp: expect.stringMatching(/Z$/) as string,
      lastHitTimestamp: expect.stringMatching(/Z$/) as string,
    })
    expect(second.objects('ConfigMap', '')).toContainEqual(map)
    expect(await ran(second, memoized('two', 'k'))).toEqual({ hit: true, phase: 'Succeeded' })
  })

  it('forgets an entry that is deleted, and keeps the others', async () => {
    house = newHouse()
    const controller = await house.open()
    for (const key of ['a', 'b']) await ran(controller, memoized(`first-${key}`, key))
    await eventually(() => cacheOf(controller) !== null, 'the ConfigMap is there')
    const { data: { a: _deleted, ...data } = {}, ...map } = cacheOf(controller) ?? {}
    await controller.updateObject('ConfigMap', 'default', 'results', { ...map, data } as ConfigMap)
    expect(keysOf(cacheOf(controller))).toEqual(['b'])
    expect(await ran(controller, memoized('again-a', 'a'))).toMatchObject({ hit: false })
    expect(await ran(controller, memoized('again-b', 'b'))).toMatchObject({ hit: true })
  })

  it('forgets for the run itself too what is deleted while the run goes on', async () => {
    house = newHouse()
    const controller = await house.open()
    const { spec } = memoized('wf', 'k')
    const [work = {}] = spec.templates ?? []
    await controller.createWorkflow('default', {
      metadata: { name: 'wf' },
      spec: {
        entrypoint: 'steps',
        templates: [
          { ...work, name: 'work' },
          { name: 'wait', suspend: {} },
          {
            name: 'steps',
            steps: [
              [{ name: 'a', template: 'work' }],
              [{ name: 'b', template: 'work' }],
              [{ name: 'wait', template: 'wait' }],
              [{ name: 'c', template: 'work' }],
            ],
          },
        ],
      },
    })
    await until(controller, 'wf', ({ status }) =>
      Object.values(status?.nodes ?? {}).some(({ type, phase }) => type === 'Suspend' && phase === 'Running'),
    )
    await eventually(() => cacheOf(controller) !== null, 'the ConfigMap is there')
    await controller.deleteObject('ConfigMap', 'default', 'results')
    await controller.operate('default', 'wf', { kind: 'resume' })
    const { status } = await ended(controller, 'wf')
    const hits = Object.values(status?.nodes ?? {}).flatMap(({ displayName, memoizationStatus }) =>
      memoizationStatus === undefined ? [] : [`${displayName ?? ''} ${String(memoizationStatus.hit)}`],
    )
    expect(hits.toSorted()).toEqual(['a false', 'b true', 'c false'])
  })

  it('answers with what somebody wrote into it', async () => {
    house = newHouse()
    const controller = await house.open()
    const entry = {
      nodeID: 'by-hand',
      outputs: { parameters: [{ name: 'p', value: 'written' }] },
      creationTimestamp: '2026-01-02T03:04:05Z',
      lastHitTimestamp: '2026-01-02T03:04:05Z',
    }
    const data = { k: JSON.stringify(entry), note: 'no entry' }
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'results', labels: cacheLabels }, data })
    expect(keysOf(cacheOf(controller)).toSorted()).toEqual(['k', 'note'])
    await controller.createWorkflow('default', memoized('wf', 'k'))
    const { status } = await ended(controller, 'wf')
    expect(status?.nodes?.['wf']?.outputs?.parameters).toEqual([{ name: 'p', value: 'written' }])
    expect(JSON.parse(cacheOf(controller)?.data?.['k'] ?? '{}')).toMatchObject({
      creationTimestamp: entry.creationTimestamp,
      lastHitTimestamp: expect.not.stringMatching(entry.lastHitTimestamp) as string,
    })
    expect(await ran(controller, memoized('old', 'k', '1h'))).toMatchObject({ hit: false })
  })

  it('keeps what it holds when a file that only declares it is brought in again', async () => {
    house = newHouse()
    const controller = await house.open()
    const declared = { metadata: { name: 'results', labels: cacheLabels } }
    await controller.updateObject('ConfigMap', 'default', 'results', declared, { upsert: true })
    await ran(controller, memoized('one', 'k'))
    await controller.updateObject('ConfigMap', 'default', 'results', declared, { upsert: true })
    expect(keysOf(cacheOf(controller))).toEqual(['k'])
    await controller.deleteObject('ConfigMap', 'default', 'results')
    expect(cacheOf(controller)).toBeNull()
    expect(await ran(controller, memoized('two', 'k'))).toMatchObject({ hit: false })
  })

  it('is refused, in Argo’s words, where a ConfigMap of that name is something else', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'results' }, data: {} })
    expect(await ran(controller, memoized('wf', 'k'))).toMatchObject({
      phase: expect.stringContaining(
        "memoization configmap doesn't have workflows.argoproj.io/configmap-type label, refusing to use it",
      ) as string,
    })
  })

  it('stays as it was where the store refuses the edit', async () => {
    house = newHouse()
    let isBroken = false
    const controller = await house.open({ fault: () => (isBroken ? { kind: 'refuse', code: 'STORE_FULL' } : null) })
    await ran(controller, memoized('one', 'k'))
    await eventually(() => cacheOf(controller) !== null, 'the ConfigMap is there')
    isBroken = true
    await expect(controller.deleteObject('ConfigMap', 'default', 'results')).rejects.toThrow()
    isBroken = false
    expect(keysOf(cacheOf(controller))).toEqual(['k'])
  })
})
