/** What is adopted of a list that was late, without an engine. */
import { expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import type { PodId } from '../../resources/index.ts'
import { encodePlan, planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import type { EngineClient } from './client.ts'
import { EngineCalls } from './engine-calls.ts'
import { Inventory } from './inventory.ts'
import type { InventoryParts } from './inventory.ts'
import { identityLabels, label } from './names.ts'
import { PodRecord } from './pod-record.ts'

const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
const { identity } = request
const plan = planOf(request, [], 'none')
const Labels = {
  ...identityLabels('mine', identity),
  [label.role]: 'main',
  [label.container]: 'main',
  [label.plan]: encodePlan(plan),
}

/** The pods that are known after a list of one container, while which something else is done. */
async function listedWhile(deed: (calls: EngineCalls, pods: Map<PodId, PodRecord>) => Promise<void>) {
  const client = {
    call: () => Promise.resolve({ status: 204, body: Buffer.alloc(0), headers: {} }),
    json: () => Promise.resolve([{ Id: 'old', Names: ['/old'], State: 'created', Labels }]),
  } as unknown as EngineClient
  const calls = new EngineCalls(client)
  const pods = new Map<PodId, PodRecord>()
  const parts = {
    calls,
    pods,
    instance: 'mine',
    sandboxes: { ids: () => new Set(), adopt: () => Promise.resolve(), sandboxOf: () => null },
    supervisor: { advance: () => {} },
    marks: { recall: () => ({}), of: () => ({}) },
    startedBefore: { learn: () => deed(calls, pods) },
    clockOffsetMs: () => 0,
    onGone: (pod: PodRecord) => void pods.delete(pod.identity.id),
    isOurs: () => true,
  } as unknown as InventoryParts
  await new Inventory(parts).take()
  return [...pods.values()].flatMap(({ all }) => all.map(({ id }) => id))
}

it('what stands is adopted', async () => {
  expect(await listedWhile(() => Promise.resolve())).toEqual(['old'])
})

it('what was removed while the list was on its way is not', async () => {
  expect(await listedWhile((calls) => calls.remove('old'))).toEqual([])
})

it('nor is it taken for one that is being made anew in its place', async () => {
  const known = await listedWhile(async (calls, pods) => {
    await calls.removeUnlessRunning('old')
    pods.set(identity.id, new PodRecord(identity, plan))
  })
  expect(known).toEqual([null])
})
