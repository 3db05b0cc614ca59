/** The order among the tasks of a DAG template, worked out once per template object. */
import type { DAGTask, DAGTemplate } from '../resources/index.ts'
import { compileDag, dagOrder, leavesOf, type DependsLogic } from '../expressions/index.ts'

export type DagPlan = {
  readonly targets: readonly string[]
  /** The targets and everything they depend on. */
  readonly needed: ReadonlySet<string>
  /** All needed tasks in Argo's order: from each target down, each after those it depends on. */
  readonly order: readonly string[]
  positionOf(name: string): number
  task(name: string): DAGTask | undefined
  logicOf(name: string): DependsLogic | undefined
  dependenciesOf(name: string): readonly string[]
  /** Needed tasks that wait for this one. */
  dependantsOf(name: string): readonly string[]
  isAncestor(ancestor: string, of: string): boolean
  ancestorsOf(name: string): readonly string[]
}

const plans = new WeakMap<DAGTemplate, DagPlan | { readonly fault: string }>()

export function dagPlanOf(dag: DAGTemplate): DagPlan | { readonly fault: string } {
  let plan = plans.get(dag)
  if (plan === undefined) {
    plan = makePlan(dag)
    plans.set(dag, plan)
  }
  return plan
}

function makePlan(dag: DAGTemplate): DagPlan | { readonly fault: string } {
  const conditions = compileDag(dag.tasks)
  const sorted = dagOrder(dag.tasks, conditions)
  if ('fault' in sorted) return { fault: sorted.fault }
  const byName = new Map(dag.tasks.map((task) => [task.name, task]))
  const targets = dag.target ? dag.target.split(' ').filter((name) => name !== '') : leavesOf(conditions)
  const none: readonly string[] = []
  const dependenciesOf = (name: string) => conditions.get(name)?.tasks ?? none
  const needed = closure(targets, dependenciesOf)
  const order = walkOrder(targets, dependenciesOf)
  const positions = new Map(order.map((name, index) => [name, index]))
  const dependants = new Map<string, string[]>()
  for (const name of needed)
    for (const dependency of dependenciesOf(name)) {
      const list = dependants.get(dependency)
      if (list === undefined) dependants.set(dependency, [name])
      else list.push(name)
    }
  return {
    targets,
    needed,
    order,
    positionOf: (name) => positions.get(name) ?? 0,
    task: (name) => byName.get(name),
    logicOf: (name) => conditions.get(name),
    dependenciesOf,
    dependantsOf: (name) => dependants.get(name) ?? none,
    isAncestor: (ancestor, of) =>
      dependenciesOf(of).includes(ancestor) || closure(dependenciesOf(of), dependenciesOf).has(ancestor),
    ancestorsOf: (name) => [...closure(dependenciesOf(name), dependenciesOf)],
  }
}

/** Depth first: what a task depends on, then the task. Without recursion, since a chain may be long. */
function walkOrder(targets: readonly string[], next: (name: string) => readonly string[]): string[] {
  const order = new Set<string>()
  const open: { readonly name: string; at: number }[] = []
  for (const target of targets) {
    open.push({ name: target, at: 0 })
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const below = order.has(top.name) ? undefined : next(top.name)[top.at]
      top.at += 1
      if (below !== undefined) open.push({ name: below, at: 0 })
      else {
        order.add(top.name)
        open.pop()
      }
    }
  }
  return [...order]
}

function closure(from: readonly string[], next: (name: string) => readonly string[]): Set<string> {
  const seen = new Set(from)
  const queue = [...from]
  for (let name = queue.pop(); name !== undefined; name = queue.pop())
    for (const other of next(name))
      if (!seen.has(other)) {
        seen.add(other)
        queue.push(other)
      }
  return seen
}
