/** How long runs of the same origin took: the newest that succeeded counts (semantics.md §2.3). */
import type { Estimate } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import type { Store } from '../store/port.ts'

const originLabels = ['workflow-template', 'cluster-workflow-template', 'cron-workflow'].map(
  (name) => `workflows.argoproj.io/${name}`,
)
/** Finished workflows looked at after a start. */
const lookedAtMax = 500
/** A run with more nodes is not remembered node by node. */
const nodesMax = 10_000

type Known = { readonly createdAt: number; readonly estimate: Estimate }

export class Estimates {
  readonly #known = new Map<string, Known>()

  async load(store: Store): Promise<void> {
    for (const row of await store.workflows({ finished: true, phases: ['Succeeded'], limit: lookedAtMax })) {
      const workflow = row.body as Workflow
      const origin = originOf(workflow)
      if (origin === null || (this.#known.get(origin)?.createdAt ?? 0) >= row.createdAt) continue
      const nodes = (await store.nodes(row.uid)).map(({ node }) => node)
      this.learn({
        ...workflow,
        status: { ...workflow.status, nodes: Object.fromEntries(nodes.map((node) => [node.id, node])) },
      })
    }
  }

  /** Whether `learn` would take note of it; nodes do not matter. */
  wants(workflow: Workflow): boolean {
    return workflow.status?.phase === 'Succeeded' && originOf(workflow) !== null
  }

  /** Takes note of a workflow that has ended. */
  learn(workflow: Workflow): void {
    const origin = originOf(workflow)
    const { status, metadata } = workflow
    if (origin === null || status?.phase !== 'Succeeded') return
    const createdAt = instantOf(metadata?.creationTimestamp) ?? 0
    if ((this.#known.get(origin)?.createdAt ?? -1) > createdAt) return
    const nodes = Object.values(status.nodes ?? {})
    const name = metadata?.name ?? ''
    const nodeSeconds = new Map<string, number>()
    if (nodes.length <= nodesMax)
      for (const node of nodes) {
        const seconds = secondsOf(node)
        if (seconds !== null && node.name.startsWith(name)) nodeSeconds.set(node.name.slice(name.length), seconds)
      }
    this.#known.set(origin, { createdAt, estimate: { workflowSeconds: secondsOf(status) ?? 0, nodeSeconds } })
  }

  of(workflow: Workflow): Estimate | null {
    const origin = originOf(workflow)
    return origin === null ? null : (this.#known.get(origin)?.estimate ?? null)
  }
}

function secondsOf(times: Pick<NodeStatus, 'startedAt' | 'finishedAt'>): number | null {
  const startedAt = instantOf(times.startedAt)
  const finishedAt = instantOf(times.finishedAt)
  return startedAt === null || finishedAt === null ? null : Math.round((finishedAt - startedAt) / 1000)
}

/** The first origin label that is there, with its value and the namespace. */
function originOf({ metadata }: Workflow): string | null {
  for (const label of originLabels) {
    const value = metadata?.labels?.[label]
    if (value) return `${metadata?.namespace ?? ''} ${label}=${value}`
  }
  return null
}
