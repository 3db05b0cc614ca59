/** The nodes of a workflow as a tree, in the order in which they began. */

/** @returns rows `{ node, depth }` from the top down: the entrypoint's tree, then the exit handler's */
export function treeRows(workflow) {
  const nodes = workflow.status?.nodes ?? {}
  const { name } = workflow.metadata
  const children = childrenOf(nodes)
  const rows = []
  const walk = (node, depth, seen) => {
    if (seen.has(node.id)) return
    seen.add(node.id)
    const isGroup = node.type === 'StepGroup' || node.type === 'TaskGroup'
    if (!isGroup) rows.push({ node, depth })
    for (const child of sorted(children.get(node.id) ?? [])) walk(child, isGroup ? depth : depth + 1, seen)
  }
  const seen = new Set()
  const roots = Object.values(nodes).filter((node) => node.name === name || node.name === `${name}.onExit`)
  for (const root of roots.sort((a, b) => a.name.length - b.name.length)) walk(root, 0, seen)
  return rows
}

/** Under the group, retry or pod that lists it, else under the steps or DAG that bounds it. */
function childrenOf(nodes) {
  const parents = new Map()
  for (const node of Object.values(nodes))
    if (['StepGroup', 'TaskGroup', 'Retry', 'Pod'].includes(node.type))
      for (const id of node.children ?? [])
        if (node.type !== 'Pod' || nodes[id]?.type === 'Container') parents.set(id, node.id)
  const children = new Map()
  for (const node of Object.values(nodes)) {
    const parent = parents.get(node.id) ?? node.boundaryID
    if (parent === undefined || parent === '' || parent === node.id) continue
    children.set(parent, [...(children.get(parent) ?? []), node])
  }
  return children
}

const indexOf = (node) => Number(/\((\d+)/.exec(node.name)?.[1] ?? 0)
const sorted = (list) =>
  [...list].sort(
    (a, b) =>
      (a.startedAt ?? '~').localeCompare(b.startedAt ?? '~') || indexOf(a) - indexOf(b) || a.name.localeCompare(b.name),
  )

/** FNV-1a, 32 bit, of the UTF-8 text. */
function fnv(text) {
  let hash = 2_166_136_261
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 16_777_619)
  return hash >>> 0
}

/** The pod whose logs a node has: its own, or for a container of a set that of the set. */
export function podOf(workflow, node) {
  const { name } = workflow.metadata
  const podNode = node.type === 'Container' ? node.name.replace(/\.[^.]*$/, '') : node.name
  if (podNode === name) return name
  const template = node.templateRef?.template ?? node.templateName ?? ''
  return `${template === '' ? name : `${name}-${template}`.slice(0, 242)}-${fnv(podNode)}`
}
