import { describe, expect, it } from 'vitest'
import { nodeIdOf, workflowUid } from '../resources/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { workflowRow } from './commit.ts'
import { hasManyNodes, nodesToShow, withoutNodes } from './many-nodes.ts'

const uid = workflowUid('00000000-0000-4000-8000-000000000001')
const metadata = { uid, namespace: 'default', name: 'wf' }

describe('the nodes of a workflow in an answer', () => {
  it('are all of them, through as many pages as there are, or none where there are too many', async () => {
    const store = openMemoryStore()
    const row = workflowRow({ metadata, spec: {} }, { internal: null, finished: false })
    const nodes = Array.from({ length: 2_500 }, (_, index) => {
      const id = nodeIdOf(`wf-${index}`)
      return { id, node: { id, name: id, displayName: id, type: 'Pod' as const } }
    })
    await store.commit([
      { kind: 'putWorkflow', row },
      { kind: 'putNodes', uid, nodes },
    ])
    const shown = await nodesToShow(store, uid)
    expect(Object.keys(shown ?? {})).toEqual(nodes.map(({ id }) => id))
    expect(await nodesToShow(store, uid, 2_499)).toBeNull()
    expect(Object.keys((await nodesToShow(store, uid, 2_500)) ?? {})).toHaveLength(2_500)
  })

  it('are not even counted where its progress tells that there are too many', () => {
    const of = (progress?: string) =>
      hasManyNodes({ metadata, spec: {}, ...(progress === undefined ? {} : { status: { progress } }) })
    expect([of(), of('0/0'), of('7/100000'), of('7/100001')]).toEqual([false, false, false, true])
  })

  it('are left out with a condition that says so, once', () => {
    const nodes = { wf: { id: 'wf', name: 'wf', displayName: 'wf', type: 'Pod' as const } }
    const once = withoutNodes({ metadata, spec: {}, status: { phase: 'Running', progress: '1/2', nodes } })
    expect(once.status).toMatchObject({ phase: 'Running', progress: '1/2' })
    expect(once.status?.nodes).toBeUndefined()
    expect(withoutNodes(once).status?.conditions).toEqual([
      { type: 'NodesLeftOut', status: 'True', message: expect.stringContaining('more than 100000 nodes') as unknown },
    ])
  })
})
