/** Progress and resourcesDuration of nodes that are no leaves: sums over the graph below them (semantics.md §2.2). */
import type { NodeStatus } from '../resources/index.ts'
import { addAll } from './add-all.ts'
import { progressTypes } from './node-types.ts'
import { progressParts } from './progress-text.ts'
import type { Run } from './run.ts'

/** Beyond so many nodes the sums below inner nodes are left out: exact ones would cost their square. */
const exactNodesMax = 3000

export function sumBelow(run: Run): void {
  const exact = run.nodes.size <= exactNodesMax
  const root = run.nodes.get(run.name)
  for (const node of exact ? run.nodes.values() : root === undefined ? [] : [root]) {
    if (progressTypes.has(node.type)) continue
    const sums = exact
      ? below(run, node)
      : { progress: `${run.progressDone}/${run.progressTotal}`, durations: run.totalDuration() }
    if (sums.progress === node.progress && same(sums.durations, node.resourcesDuration)) continue
    if (sums.progress !== '0/0') node.progress = sums.progress
    if (Object.keys(sums.durations).length > 0) node.resourcesDuration = sums.durations
    run.touch(node)
  }
}

type Sums = { readonly progress: string; readonly durations: Record<string, number> }

function below(run: Run, node: NodeStatus): Sums {
  const seen = new Set<string>()
  const stack = [...(node.children ?? [])]
  let [done, total] = [0, 0]
  const durations: Record<string, number> = {}
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const child = seen.has(id) ? undefined : run.nodes.get(id)
    seen.add(id)
    if (child === undefined) continue
    if (progressTypes.has(child.type)) {
      const [ownDone, ownTotal] = progressParts(child.progress ?? '0/0')
      done += ownDone
      total += ownTotal
    }
    if (child.type === 'Pod') add(durations, child.resourcesDuration)
    if (child.children !== undefined) addAll(stack, child.children)
  }
  return { progress: `${done}/${total}`, durations }
}

function add(sum: Record<string, number>, part: Record<string, number> | undefined): void {
  for (const name in part) sum[name] = (sum[name] ?? 0) + (part[name] ?? 0)
}

const same = (a: Record<string, number>, b: Record<string, number> | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b ?? {})
