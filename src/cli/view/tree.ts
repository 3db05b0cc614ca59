/** The tree of nodes as `argo get` draws it: pure, from a workflow's status. */
import { podName } from '../../expressions/index.ts'
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { betweenMs, shortDuration } from './duration-text.ts'
import { phaseIcon } from './style.ts'
import type { Style } from './style.ts'

export type TreeForm = 'default' | 'wide' | 'short'
export type TreeOptions = {
  readonly style: Style
  readonly form?: TreeForm
  readonly nowMs: number
  /** Nodes that are drawn; their descendants are judged for themselves. */
  readonly shows?: (node: NodeStatus) => boolean
}

type Item = { readonly node: NodeStatus } | { readonly group: readonly NodeStatus[] }
type Lines = {
  readonly last: string
  readonly middle: string
  readonly down: string
  readonly fork: string
  readonly alone: string
}

const utf8Lines: Lines = { last: '└─', middle: '├─', down: '│ ', fork: '┬─', alone: '──' }
const plainLines: Lines = { last: '`-', middle: '|-', down: '| ', fork: '+-', alone: '--' }

/** Rows of cells, headings first; nothing where the workflow has no nodes yet. */
export function treeRows(workflow: Workflow, options: TreeOptions): readonly (readonly string[])[] {
  const nodes = workflow.status?.nodes ?? {}
  const name = workflow.metadata.name ?? ''
  const root = nodes[name]
  if (root === undefined) return []
  const drawing = new Drawing(workflow, nodes, options)
  const rows = [headings(options.form ?? 'default'), ...drawing.rootRows(root)]
  const exit = Object.values(nodes).find((node) => node.name === `${name}.onExit`)
  if (exit !== undefined) rows.push([''], ...drawing.rootRows(exit))
  return rows
}

function headings(form: TreeForm): readonly string[] {
  if (form === 'wide')
    return ['STEP', 'TEMPLATE', 'PODNAME', 'DURATION', 'ARTIFACTS', 'MESSAGE', 'RESOURCESDURATION', 'NODENAME']
  const common = ['STEP', 'TEMPLATE', 'PODNAME', 'DURATION', 'MESSAGE']
  return form === 'short' ? [...common, 'NODENAME'] : common
}

class Drawing {
  readonly #workflow: Workflow
  readonly #options: TreeOptions
  readonly #children: ReadonlyMap<string, readonly NodeStatus[]>
  readonly #lines: Lines

  constructor(workflow: Workflow, nodes: Readonly<Record<string, NodeStatus>>, options: TreeOptions) {
    this.#workflow = workflow
    this.#options = options
    this.#lines = options.style.utf8 ? utf8Lines : plainLines
    this.#children = childrenOf(nodes)
  }

  rootRows(root: NodeStatus): (readonly string[])[] {
    const [shown] = this.#items([root])
    const top = shown !== undefined && 'node' in shown ? shown.node : root
    return [this.#row(' ', top), ...this.#below(top, ' ')]
  }

  #below(node: NodeStatus, prefix: string): (readonly string[])[] {
    const items = this.#items(this.#children.get(node.id) ?? [])
    return items.flatMap((item, index) => {
      const isLast = index === items.length - 1
      const branch = prefix + (isLast ? this.#lines.last : this.#lines.middle)
      const deeper = prefix + (isLast ? '  ' : this.#lines.down)
      return 'node' in item
        ? [this.#row(branch, item.node), ...this.#below(item.node, deeper)]
        : this.#group(item.group, branch, deeper)
    })
  }

  /** The members of a step group share a bracket. */
  #group(group: readonly NodeStatus[], branch: string, deeper: string): (readonly string[])[] {
    const { alone, fork, middle, last, down } = this.#lines
    return group.flatMap((node, index) => {
      const isLast = index === group.length - 1
      if (group.length === 1) return [this.#row(branch + alone, node), ...this.#below(node, `${deeper}  `)]
      const start = index === 0 ? branch + fork : deeper + (isLast ? last : middle)
      return [this.#row(start, node), ...this.#below(node, deeper + (isLast ? '  ' : down))]
    })
  }

  /** What is drawn of these nodes: groups opened, hidden ones left out, a retry with one attempt replaced by it. */
  #items(nodes: readonly NodeStatus[]): Item[] {
    return nodes.flatMap((node): Item[] => {
      if (node.type === 'TaskGroup' || node.type === 'Container') return []
      if (node.type === 'Skipped' && node.phase === 'Omitted') return []
      const below = this.#children.get(node.id) ?? []
      if (node.type === 'StepGroup') {
        const group = this.#items(below).flatMap((item) => ('node' in item ? [item.node] : item.group))
        return group.length === 0 ? [] : [{ group }]
      }
      if (node.type === 'Retry' && below.length === 1) return this.#items(below)
      if (this.#options.shows !== undefined && !this.#options.shows(node)) return []
      return [{ node }]
    })
  }

  #row(branch: string, node: NodeStatus): readonly string[] {
    const { form = 'default', style, nowMs } = this.#options
    const isWaiting = node.type === 'Suspend' && node.phase === 'Running'
    const step = `${branch}${phaseIcon(isWaiting ? 'Suspended' : (node.phase ?? ''), style)} ${node.displayName ?? node.name}`
    const template =
      node.templateRef === undefined
        ? (node.templateName ?? '')
        : `${node.templateRef.name ?? ''}/${node.templateRef.template ?? ''}`
    const isPod = node.type === 'Pod'
    const runMs = isPod ? betweenMs(node.startedAt, node.finishedAt, nowMs) : null
    const pod = isPod
      ? podName(
          this.#workflow.metadata.name ?? '',
          node.name ?? '',
          node.templateRef?.template ?? node.templateName ?? '',
        )
      : ''
    const duration = runMs === null ? '' : shortDuration(runMs)
    const message = (node.message ?? '').split('\n')[0] ?? ''
    if (form === 'wide')
      return [step, template, pod, duration, artifactsText(node), message, resourcesText(node), node.name ?? '']
    return form === 'short'
      ? [step, template, pod, duration, message, node.name ?? '']
      : [step, template, pod, duration, message]
  }
}

/** A node hangs below the group or retry that lists it, else below its boundary. */
function childrenOf(nodes: Readonly<Record<string, NodeStatus>>): ReadonlyMap<string, readonly NodeStatus[]> {
  const parents = new Map<string, string>()
  for (const node of Object.values(nodes)) {
    if (node.type !== 'StepGroup' && node.type !== 'Retry') continue
    for (const child of node.children ?? []) if (!parents.has(child)) parents.set(child, node.id)
  }
  const children = new Map<string, NodeStatus[]>()
  for (const node of Object.values(nodes)) {
    const parent = parents.get(node.id) ?? node.boundaryID ?? ''
    if (parent === '' || parent === node.id) continue
    const siblings = children.get(parent) ?? []
    children.set(parent, siblings)
    siblings.push(node)
  }
  for (const siblings of children.values()) siblings.sort(inOrder)
  return children
}

function inOrder(a: NodeStatus, b: NodeStatus): number {
  const startedA = Date.parse(a.startedAt ?? '') || Infinity
  const startedB = Date.parse(b.startedAt ?? '') || Infinity
  if (startedA !== startedB) return startedA < startedB ? -1 : 1
  const indexA = indexOf(a)
  const indexB = indexOf(b)
  if (indexA !== indexB) return indexA - indexB
  return (a.displayName ?? '') < (b.displayName ?? '') ? -1 : 1
}

/** `3` of `name(3:x)`. */
const indexOf = (node: NodeStatus): number =>
  Number(/\((\d+)(:|\)$)/.exec(node.displayName ?? node.name ?? '')?.[1] ?? -1)

const artifactsText = (node: NodeStatus): string => (node.outputs?.artifacts ?? []).map(({ name }) => name).join(',')
const resourcesText = (node: NodeStatus): string =>
  Object.entries(node.resourcesDuration ?? {})
    .map(([name, seconds]) => `${seconds}s*${name}`)
    .join(',')
