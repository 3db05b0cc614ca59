/** History and explanations: gathers what the sentences are made from. */
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { nodeIdOf, workflowUid } from '../../resources/index.ts'
import { unpackDocument } from '../archive/pack.ts'
import type { Core } from '../core.ts'
import { explainNode, explainWorkflow, failedPodOf, nodesNamed } from '../explain/explain.ts'
import type { Facts, LiveFacts } from '../explain/facts.ts'
import { dueOf } from '../../engine/index.ts'
import { keptIn } from '../history/history.ts'
import { readHistory } from '../history/read.ts'
import type { LiveRun } from '../live-run.ts'
import type { Explanation, HistoryEntry, WorkflowHistory } from '../port.ts'
import { notFound } from '../refusals.ts'
import { usedRevisions } from '../revisions/uses.ts'
import { endpointFigures } from '../snapshot.ts'
import { workflowLogs } from './logs.ts'
import { existingWorkflow } from './read.ts'

/** Of the log of what failed, and of the history. */
const logLinesMax = 10
const entriesMax = 20

export async function workflowHistory(core: Core, namespace: string, name: string): Promise<WorkflowHistory> {
  const workflow = await existingWorkflow(core, namespace, name, { archived: true })
  const { uid = '', name: own = '' } = workflow.metadata
  const entries = await historyOf(core, workflow)
  const last = entries.at(-1)?.sequence ?? -1
  return {
    workflow: own,
    namespace: workflow.metadata.namespace ?? '',
    uid,
    entries,
    missing: last + 1 - entries.length,
  }
}

/** @param wanted a node, step or task; absent: the workflow. @throws ApiError NOT_FOUND */
export async function explain(
  core: Core,
  {
    namespace,
    name,
    node: wanted,
  }: { readonly namespace: string; readonly name: string; readonly node?: string | undefined },
): Promise<Explanation> {
  const workflow = await existingWorkflow(core, namespace, name, { archived: true })
  const { uid = '', name: own = '' } = workflow.metadata
  const nodes = workflow.status?.nodes ?? {}
  const history = await historyOf(core, workflow)
  const live = core.runs.byUid(workflowUid(uid))
  const facts: Facts = {
    workflow,
    name: own,
    spec: live?.run.spec ?? workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec ?? {},
    nodes,
    now: core.clock.now(),
    history,
    live: live === undefined ? null : liveFacts(core, live),
  }
  const explained = wanted === undefined ? explainWorkflow(facts) : explainNode(facts, wanted)
  if (explained === null) throw notFound('node', wanted ?? '')
  const id = explained.node?.id
  const node = id === undefined ? null : (nodesNamed(facts, id)[0] ?? null)
  const failed = wanted === undefined || node !== null ? failedPodOf(facts, node) : null
  return {
    ...explained,
    sentences: [...explained.sentences, ...(wanted === undefined ? templateSentences(core, workflow) : [])],
    log: failed === null ? [] : await lastLines(core, workflow, failed),
    history: (id === undefined ? history : history.filter((entry) => tellsOf(entry, id))).slice(-entriesMax),
  }
}

/** Which revisions of templates it goes by. */
function templateSentences({ revisions }: Core, workflow: Workflow): readonly string[] {
  const { namespace = '' } = workflow.metadata
  return Object.entries(usedRevisions(workflow)).map(([word, number]) => {
    const [kind = '', name = ''] = word.split('/')
    const own = kind === 'ClusterWorkflowTemplate' ? kind : 'WorkflowTemplate'
    const newest = revisions.newest({ kind: own, namespace, name })?.number
    const later = newest === undefined || newest === number ? '' : `; the template is at revision ${newest} by now`
    return `It goes by revision ${number} of ${kind} ${name}${later}.`
  })
}

const tellsOf = (entry: Explanation['history'][number], id: string): boolean =>
  entry.nodes.some(({ node }) => node === id) ||
  entry.notes?.some(({ node }) => node === id) === true ||
  entry.deleted?.nodes.includes(id) === true

async function historyOf(core: Core, { metadata, status }: Workflow): Promise<readonly HistoryEntry[]> {
  const uid = workflowUid(metadata.uid ?? '')
  const row = await core.store.workflowByUid(uid)
  const archived = row === null ? await unpackDocument(core.store, uid) : null
  const { internal, history } = archived ?? { internal: row?.internal, history: null }
  const pages = history === null ? null : history.map(([, page]) => page as readonly string[]) // our own words
  return readHistory(core.store, { uid, name: metadata.name ?? '', kept: keptIn(internal), pages }, status?.nodes ?? {})
}

function liveFacts(core: Core, live: LiveRun): LiveFacts {
  const begun = [...core.runs.all()].filter((one) => !one.held)
  const health = core.store.health()
  const { used, budget, waiting } = core.capacity
  const endpoints = endpointFigures(core)
  return {
    isHeld: live.held,
    limits: {
      all: core.config.parallelism,
      allBegun: begun.length,
      namespace: core.config.namespaceParallelism,
      namespaceBegun: begun.filter(({ namespace }) => namespace === live.namespace).length,
    },
    engineAway: core.engineAway(),
    storeDown: health.isUp ? null : health.reason,
    lock: (name) => {
      const known = core.locks.snapshot().find((one) => one.name === name)
      return {
        holders: core.locks.holdersOf(name).map((holder) => holderText(core, holder, live)),
        pending: known?.pending ?? 0,
        limit: known === undefined || known.mutex ? null : known.limit,
      }
    },
    dueOf: (id) => dueOf(live.run, id),
    capacity: { used, budget, waiting, endpoints },
    endpointAway: (name) => endpoints.find((one) => one.name === name && !one.ok)?.reason ?? null,
  }
}

/** @param holder `<namespace>/<workflow>`, and `/<node id>` where a node holds it */
function holderText(core: Core, holder: string, asking: LiveRun): string {
  const [namespace = '', name = '', id] = holder.split('/')
  const place = namespace === asking.namespace ? name : `${namespace}/${name}`
  const isOwn = namespace === asking.namespace && name === asking.name
  if (id === undefined) return `workflow ${place}`
  const node = core.runs.byName(namespace, name)?.run.nodes.get(id)
  const shown = node?.displayName || id
  return isOwn ? `its own node ${shown}` : `node ${shown} of workflow ${place}`
}

async function lastLines(core: Core, { metadata }: Workflow, node: NodeStatus): Promise<string[]> {
  const { namespace = '', name = '', uid = '' } = metadata
  const pod = await podNameOf(core, uid, node)
  if (pod === null) return []
  const lines: string[] = []
  try {
    const query = { podName: pod, tailLines: logLinesMax }
    for await (const { content } of workflowLogs(core, namespace, name, query, new AbortController().signal))
      lines.push(content)
  } catch {
    return [] // what is no longer there is not needed to tell the rest
  }
  return lines.slice(-logLinesMax)
}

async function podNameOf(core: Core, uid: string, node: NodeStatus): Promise<string | null> {
  const live = core.runs.byUid(workflowUid(uid))
  if (live !== undefined) return live.pods.get(nodeIdOf(node.id))?.podName ?? null
  const row = (await core.store.nodes(workflowUid(uid))).find(({ id }) => id === node.id)
  const internal = row?.internal
  return typeof internal === 'object' && internal !== null && 'podName' in internal ? String(internal.podName) : null
}
