import { beforeEach, expect, it } from 'vitest'
import { nodeIdOf, workflowUid } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import { openMemoryStore } from '../../store/index.ts'
import { workflowRow } from '../commit.ts'
import { wholeOf } from './read.ts'

const uid = workflowUid('00000000-0000-4000-8000-000000000001')
const metadata = { uid, namespace: 'default', name: 'wf' }
const rowOf = (phase: 'Running' | 'Succeeded') =>
  workflowRow({ metadata, spec: {}, status: { phase } }, { internal: null, finished: phase === 'Succeeded' })
const nodeOf = (phase: 'Running' | 'Succeeded') => {
  const id = nodeIdOf('wf')
  return { id, node: { id, name: 'wf', displayName: 'wf', type: 'Pod' as const, phase } }
}

let store: Store
beforeEach(async () => {
  store = openMemoryStore()
  await put('Running')
})

const put = (phase: 'Running' | 'Succeeded') =>
  store.commit([
    { kind: 'putWorkflow', row: rowOf(phase) },
    { kind: 'putNodes', uid, nodes: [nodeOf(phase)] },
  ])

/** What others do right after the row was read for the n-th time. */
function disturbed(deeds: readonly (() => Promise<unknown>)[]) {
  const left = [...deeds]
  return async () => {
    const row = await store.workflowByUid(uid)
    await left.shift()?.()
    return row
  }
}

it('a workflow that is deleted while it is read is not there, rather than there without its nodes', async () => {
  const remove = () => store.commit([{ kind: 'deleteWorkflow', uid }])
  expect(await wholeOf({ store }, disturbed([remove]), true)).toBeNull()
})

it('a workflow that ends while it is read has ended with its nodes', async () => {
  const found = await wholeOf({ store }, disturbed([() => put('Succeeded')]), true)
  expect(found?.status).toMatchObject({ phase: 'Succeeded', nodes: { wf: { phase: 'Succeeded' } } })
})

it('a workflow that never stands still is shown all the same', async () => {
  const deeds = Array.from({ length: 100 }, () => () => put('Running'))
  const found = await wholeOf({ store }, disturbed(deeds), true)
  expect(found?.status).toMatchObject({ phase: 'Running', nodes: { wf: { phase: 'Running' } } })
})
