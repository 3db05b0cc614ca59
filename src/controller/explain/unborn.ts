/** Steps and tasks that have no node yet: what each waits for. */
import { compileDag } from '../../expressions/index.ts'
import { isActive, isEnded, isFulfilled } from '../../engine/index.ts'
import type { DAGTask, DAGTemplate, NodeStatus, Template } from '../../resources/index.ts'
import { hasBegun, nodesByName, templateOf } from './callers.ts'
import type { Facts, Told } from './facts.ts'
import { ending, listed, nameOf, nothing, said, together, waiting } from './facts.ts'
import { gateBefore } from './gates.ts'

export type Unborn = { readonly name: string; readonly tell: () => Told }

/** What the Steps or DAG node would still make, in the order in which it is written. */
export function unbornOf(facts: Facts, boundary: NodeStatus): readonly Unborn[] {
  const template = templateOf(facts, boundary)
  const byName = nodesByName(facts)
  if (template?.dag !== undefined) return tasksOf(facts, { boundary, template, dag: template.dag, byName })
  return template?.steps === undefined ? [] : stepsOf(facts, { boundary, template, byName })
}

type Place = {
  readonly boundary: NodeStatus
  readonly template: Template
  readonly byName: ReadonlyMap<string, NodeStatus>
}

function stepsOf(facts: Facts, { boundary, template, byName }: Place): Unborn[] {
  const unborn: Unborn[] = []
  for (const [index, group] of (template.steps ?? []).entries())
    for (const { name = '' } of group) {
      if (hasBegun(facts, `${boundary.name}[${index}].${name}`, byName)) continue
      const groupNode = byName.get(`${boundary.name}[${index}]`)
      unborn.push({
        name,
        tell: () => {
          if (isEnded(boundary)) return neverBegan(name, boundary)
          if (groupNode !== undefined) return heldBack(facts, name, boundary, template)
          const before = Object.values(facts.nodes).filter(
            (node) => node.name.startsWith(`${boundary.name}[`) && node.type !== 'StepGroup' && isActive(node),
          )
          const leaves = before.filter(({ boundaryID }) => boundaryID === boundary.id)
          return waiting(
            `${name} has not begun: it is in group ${index + 1} of ${nameOf(boundary)}, which comes when the group before it has ended${leaves.length === 0 ? '' : ` (${phases(leaves)})`}.`,
            { kind: 'dependencies', node: name },
          )
        },
      })
    }
  return unborn
}

function tasksOf(facts: Facts, { boundary, template, dag, byName }: Place & { readonly dag: DAGTemplate }): Unborn[] {
  const conditions = compileDag(dag.tasks)
  const needed = neededTasks(dag, (name) => conditions.get(name)?.tasks ?? [])
  return dag.tasks.flatMap((task) => {
    const { name } = task
    if (!needed.has(name) || hasBegun(facts, `${boundary.name}.${name}`, byName)) return []
    const tell = (): Told => {
      if (isEnded(boundary)) return neverBegan(name, boundary)
      const open = (conditions.get(name)?.tasks ?? []).flatMap((other) => {
        const node = byName.get(`${boundary.name}.${other}`)
        if (node === undefined) return [`${other} has not begun`]
        return isFulfilled(node) ? [] : [`${other} is ${node.phase ?? 'Pending'}`]
      })
      if (open.length === 0) return heldBack(facts, name, boundary, template)
      return waiting(`${name} has not begun: it depends on ${conditionText(task)}, and ${listed(open)}.`, {
        kind: 'dependencies',
        node: name,
      })
    }
    return [{ name, tell }]
  })
}

/** As it is written. */
export const conditionText = ({ depends, dependencies = [] }: DAGTask): string =>
  depends ? `“${depends}”` : listed(dependencies, 20)

function neededTasks({ target, tasks }: DAGTemplate, before: (name: string) => readonly string[]): Set<string> {
  if (!target) return new Set(tasks.map(({ name }) => name))
  const needed = new Set(target.split(' ').filter(Boolean))
  for (const name of needed) for (const other of before(name)) needed.add(other)
  return needed
}

function heldBack(facts: Facts, name: string, boundary: NodeStatus, template: Template): Told {
  const gate = gateBefore(facts, name, boundary, template)
  return gate.sentences.length > 0 ? gate : said(`${name} may begin now and has not been looked at yet.`)
}

const neverBegan = (name: string, boundary: NodeStatus): Told =>
  said(
    `${name} never began: ${nameOf(boundary)} ended before it was due (${boundary.phase ?? ''}${boundary.message ? `: ${boundary.message}` : ''}).`,
  )

export const phases = (nodes: readonly NodeStatus[]): string =>
  listed(nodes.map((node) => `${nameOf(node)} is ${node.phase ?? 'Pending'}`))

/** Of every Steps and DAG node that goes on; at most so many are told. */
export function allUnborn(facts: Facts, most: number): Told {
  const open = Object.values(facts.nodes).filter(
    (node) => (node.type === 'Steps' || node.type === 'DAG') && !isEnded(node),
  )
  const found = open.flatMap((boundary) => unbornOf(facts, boundary))
  const told = together(...found.slice(0, most).map(({ tell }) => tell()))
  if (found.length <= most) return told
  return together(told, said(ending(`${found.length - most} more steps and tasks have not begun`)))
}

/** One step or task by its name, wherever it would be; the one that may still begin first. */
export function unbornNamed(facts: Facts, name: string): Told {
  const boundaries = Object.values(facts.nodes)
    .filter(({ type }) => type === 'Steps' || type === 'DAG')
    .sort((a, b) => Number(isEnded(a)) - Number(isEnded(b)))
  for (const boundary of boundaries) {
    const found = unbornOf(facts, boundary).find((one) => one.name === name)
    if (found !== undefined) return found.tell()
  }
  const home = facts.spec.templates?.find(
    ({ steps = [], dag }) =>
      steps.flat().some((step) => step.name === name) || dag?.tasks.some((task) => task.name === name) === true,
  )
  return home === undefined
    ? nothing
    : said(`${name} has not begun: it is in template ${home.name ?? ''}, which nothing has reached.`)
}
