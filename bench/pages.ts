/** What a page costs where there is much: of the list of workflows, and of the nodes of one that is very large. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant, nodeIdOf, rfc3339, workflowUid } from '../src/resources/index.ts'
import { openSqliteStore } from '../src/store/index.ts'
import type { Store } from '../src/store/index.ts'
import { daemonIn, quantile } from './on-docker.ts'
import { simulated } from './simulated.ts'

type Row = Extract<Parameters<Store['commit']>[0][number], { readonly kind: 'putWorkflow' }>['row']
type Nodes = Extract<Parameters<Store['commit']>[0][number], { readonly kind: 'putNodes' }>['nodes']

const start = Date.UTC(2026, 0, 1)
const pageSize = 50
const perCommit = 1000

function rowOf(index: number): Row {
  const uid = workflowUid(`00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`)
  const at = instant(start + index * 1000)
  const time = rfc3339(at)
  const labels = { 'workflows.argoproj.io/phase': 'Succeeded', 'workflows.argoproj.io/completed': 'true' }
  const [namespace, name, phase] = ['default', `bench-${index}`, 'Succeeded']
  const body = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name, namespace, uid, creationTimestamp: time, labels },
    spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['true'] } }] },
    status: { phase, startedAt: time, finishedAt: time, progress: '1/1' },
  }
  return {
    ...{ uid, namespace, name, phase, labels, body, internal: null, finished: true },
    ...{ createdAt: at, startedAt: at, finishedAt: at },
  }
}

function nodesFrom(first: number): Nodes {
  return Array.from({ length: perCommit }, (_, offset) => {
    const id = nodeIdOf(`bench-0-${first + offset}`)
    const name = `bench-0[0].s(${first + offset}:${first + offset})`
    return { id, node: { id, name, displayName: name, type: 'Pod', phase: 'Succeeded', templateName: 'main' } }
  })
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  for (let i = 0; i < 21; i++) {
    const begun = performance.now()
    await work()
    samples.push(performance.now() - begun)
  }
  return quantile(samples, 0.5)
}

export type Pages = { readonly listMs: number; readonly nodesMs: number }

/** Milliseconds of a page of the list among so many finished workflows, and of one in the middle of so many nodes. */
export async function pageMilliseconds(workflows: number, nodes: number): Promise<Pages> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    const nodesMs = await filled(base, workflows, nodes)
    const daemon = await daemonIn(base, simulated)
    const page = () => daemon.controller.listWorkflows({ namespace: 'default', limit: pageSize })
    const listMs = await medianMs(page)
    await daemon.drain()
    return { listMs, nodesMs }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

async function filled(directory: string, workflows: number, nodes: number): Promise<number> {
  const store = await openSqliteStore({ directory })
  try {
    for (let first = 0; first < workflows; first += perCommit) {
      const rows = Array.from({ length: Math.min(perCommit, workflows - first) }, (_, offset) => rowOf(first + offset))
      await store.commit(rows.map((row) => ({ kind: 'putWorkflow', row })))
    }
    const { uid } = rowOf(0)
    for (let first = 0; first < nodes; first += perCommit)
      await store.commit([{ kind: 'putNodes', uid, nodes: nodesFrom(first) }])
    let cursor: string | null = null
    for (let page = 0; page < 3; page++) cursor = (await store.nodePage(uid, cursor, pageSize)).next ?? cursor
    return await medianMs(() => store.nodePage(uid, cursor, pageSize))
  } finally {
    await store.close()
  }
}
