/** What is taken away of containers that others have made, without an engine. */
import { expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import { planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { OthersContainers } from './others-containers.ts'
import type { OthersContainersParts } from './others-containers.ts'
import { PodRecord } from './pod-record.ts'

const created = { status: 'created', startedAt: null, finishedAt: null, error: '' }

/** A pod that another life has made, and what was done to its container in such a world. */
function worldOf(world: object): {
  readonly pod: PodRecord
  readonly done: string[]
  readonly others: OthersContainers
} {
  const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
  const pod = new PodRecord(request.identity, planOf(request, [], 'none'))
  pod.isAdopted = true
  pod.madeAt = 1
  for (const container of pod.all) container.id = 'theirs'
  const done: string[] = []
  const parts = {
    calls: {
      inspect: () => Promise.resolve(created),
      hasBegun: () => Promise.resolve(false),
      removeUnlessRunning: (id: string) => Promise.resolve(done.push(`remove ${id}`) > 0),
    },
    confirm: () => Promise.resolve(void done.push('confirm')),
    hasStarted: () => Promise.resolve(false),
    ...world,
  } as unknown as OthersContainersParts
  return { pod, done, others: new OthersContainers(parts) }
}
const idsOf = (pod: PodRecord) => pod.all.map(({ id }) => id)

it('what nobody has started goes, while we are in charge, and is not known any more', async () => {
  const { pod, done, others } = worldOf({})
  await others.clear(pod)
  expect(done).toEqual(['confirm', 'remove theirs'])
  expect([idsOf(pod), pod.isAdopted, pod.madeAt]).toEqual([[null], false, Infinity])
})

it('whoever is in charge no more takes nothing away', async () => {
  const { pod, done, others } = worldOf({ confirm: () => Promise.reject(new Error('another leads')) })
  await expect(others.clear(pod)).rejects.toThrow('another leads')
  expect([idsOf(pod), done]).toEqual([['theirs'], []])
})

it.each([
  ['runs', { calls: { inspect: () => Promise.resolve({ ...created, status: 'running', startedAt: 1 }) } }],
  [
    'was begun in an engine that does not know of it',
    { calls: { inspect: () => Promise.resolve(created), hasBegun: () => Promise.resolve(true) } },
  ],
  [
    'was started just before its removal',
    {
      calls: {
        inspect: () => Promise.resolve(created),
        hasBegun: () => Promise.resolve(false),
        removeUnlessRunning: () => Promise.resolve(false),
      },
    },
  ],
])('what %s stays', async (_what, world) => {
  const { pod, others } = worldOf(world)
  await others.clear(pod)
  expect([idsOf(pod), pod.isAdopted]).toEqual([['theirs'], true])
})

it('what had run to its end just before its removal is not run again', async () => {
  const { pod, others } = worldOf({ hasStarted: () => Promise.resolve(true) })
  await expect(others.clear(pod)).rejects.toMatchObject({ code: 'POD_GONE', message: 'pod deleted', retryable: false })
})

it('a pod of ours, and one of which something has run, are left as they are', async () => {
  const { pod, done, others } = worldOf({})
  pod.isAdopted = false
  await others.clear(pod)
  pod.isAdopted = true
  for (const container of pod.all) container.startedAt = 1 as never
  await others.clear(pod)
  expect([idsOf(pod), done]).toEqual([['theirs'], []])
})
