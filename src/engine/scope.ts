/** What a template's steps or tasks may refer to: outputs and facts of those that ended before (semantics-variables.md §2.4). */
import type { Artifact, NodeStatus, Template } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { variablesOf } from '../expressions/index.ts'
import { aggregate } from './aggregate.ts'
import type { Outcome } from './outcome.ts'
import { good } from './outcome.ts'
import type { Run } from './run.ts'

export type Entries = Map<string, unknown>

/** What references may look up: texts for tags, artifacts for `from`, both (without globals) for bare expressions. */
export type Scope = {
  readonly variables: Variables
  readonly artifacts: Variables
  readonly narrow: Variables
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string'

/** The variables of a Steps node: everything that earlier groups left, over the template's own and the globals. */
export class StepsScope implements Scope {
  private readonly texts: Entries = new Map()
  private readonly objects: Entries = new Map()
  readonly variables: Variables
  readonly artifacts: Variables
  readonly narrow: Variables
  constructor(run: Run, template: Template, outer: Variables) {
    this.add(inputsOf(template))
    this.variables = variablesOf(this.texts, outer)
    this.artifacts = variablesOf(this.objects, variablesOf(run.globalArtifacts))
    this.narrow = variablesOf(this.texts, variablesOf(this.objects, workflowOutputs(run)))
  }

  add(entries: Entries): void {
    for (const [name, value] of entries) (isText(value) ? this.texts : this.objects).set(name, value)
  }
}

/** The same scope with more in front of it: a node's own outputs for its hooks. */
export function withEntries(scope: Scope, entries: Entries): Scope {
  const texts = new Map([...entries].filter(([, value]) => isText(value)))
  const objects = new Map([...entries].filter(([, value]) => !isText(value)))
  return {
    variables: variablesOf(texts, scope.variables),
    artifacts: variablesOf(objects, scope.artifacts),
    narrow: variablesOf(entries, scope.narrow),
  }
}

type Visibility = { readonly sees: (task: string) => boolean; readonly all: () => Iterable<string> }

/** The variables of a DAG node, kept by task, so that each task sees those of its ancestors only. */
export class TasksScope {
  private readonly byTask = new Map<string, Entries>()
  private readonly base: Entries
  private readonly outer: Variables
  private readonly run: Run
  constructor(run: Run, template: Template, outer: Variables) {
    this.run = run
    this.base = inputsOf(template)
    this.outer = outer
  }

  set(task: string, entries: Entries): void {
    this.byTask.set(task, entries)
  }

  /** @param visibility which tasks may be referred to; asked only for names that occur. All of them if absent. */
  view(visibility?: Visibility): Scope {
    const seen = visibility ?? { sees: () => true, all: () => this.byTask.keys() }
    const texts = new Map([...this.base].filter(([, value]) => isText(value)))
    const objects = new Map([...this.base].filter(([, value]) => !isText(value)))
    return {
      variables: this.over(variablesOf(texts, this.outer), seen, isText),
      artifacts: this.over(
        variablesOf(objects, variablesOf(this.run.globalArtifacts)),
        seen,
        (value) => !isText(value),
      ),
      narrow: this.over(
        variablesOf(this.base, workflowOutputs(this.run)),
        { sees: () => true, all: () => this.byTask.keys() },
        () => true,
      ),
    }
  }

  private over(parent: Variables, { sees, all }: Visibility, fits: (value: unknown) => boolean): Variables {
    const { byTask } = this
    return {
      get(name) {
        if (!name.startsWith('tasks.')) return parent.get(name)
        const end = name.indexOf('.', 6)
        const task = end < 0 ? name.slice(6) : name.slice(6, end)
        const value = sees(task) ? byTask.get(task)?.get(name) : undefined
        return value !== undefined && fits(value) ? value : parent.get(name)
      },
      *names() {
        yield* parent.names()
        for (const task of all()) for (const [name, value] of byTask.get(task) ?? []) if (fits(value)) yield name
      },
    }
  }
}

function inputsOf(template: Template): Entries {
  const entries: Entries = new Map()
  for (const parameter of template.inputs?.parameters ?? [])
    entries.set(`inputs.parameters.${parameter.name}`, parameter.value ?? '')
  for (const artifact of template.inputs?.artifacts ?? []) entries.set(`inputs.artifacts.${artifact.name}`, artifact)
  return entries
}

/** Of the globals only what templates exported. */
function workflowOutputs({ globals, globalArtifacts }: Run): Variables {
  return {
    get: (name) =>
      name.startsWith('workflow.outputs.') ? (globals.get(name) ?? globalArtifacts.get(name)) : undefined,
    *names() {
      for (const name of globals.keys()) if (name.startsWith('workflow.outputs.')) yield name
      yield* globalArtifacts.keys()
    },
  }
}

/**
 * What is known of one step or task that is no loop.
 * @param template the one it called, to tell which outputs a skipped node will never have
 */
export function entriesOf(
  run: Run,
  prefix: string,
  node: NodeStatus,
  template: Template | null,
  kind: 'steps' | 'tasks',
): Entries {
  const entries: Entries = new Map()
  addFacts(entries, prefix, node)
  const source = lastAttempt(run, node)
  if (source.phase === undefined) return entries
  if (source.hostNodeName) entries.set(`${prefix}.hostNodeName`, source.hostNodeName)
  if (source.podIP) entries.set(`${prefix}.ip`, source.podIP)
  if (source !== node) addFacts(entries, prefix, source)
  if (source.outputs?.exitCode !== undefined) entries.set(`${prefix}.exitCode`, source.outputs.exitCode)
  if (source.outputs?.result !== undefined) entries.set(`${prefix}.outputs.result`, source.outputs.result)
  for (const parameter of source.outputs?.parameters ?? [])
    entries.set(`${prefix}.outputs.parameters.${parameter.name}`, parameter.value ?? '')
  for (const artifact of source.outputs?.artifacts ?? [])
    entries.set(`${prefix}.outputs.artifacts.${artifact.name}`, artifact)
  if (node.phase === 'Skipped' || node.phase === 'Omitted') addAbsent(entries, prefix, node, template, kind)
  return entries
}

function addFacts(entries: Entries, prefix: string, node: NodeStatus): void {
  entries.set(`${prefix}.id`, node.id)
  if (node.phase !== undefined) entries.set(`${prefix}.status`, node.phase)
  if (node.startedAt) entries.set(`${prefix}.startedAt`, node.startedAt)
  if (node.finishedAt) entries.set(`${prefix}.finishedAt`, node.finishedAt)
}

/** A skipped producer's outputs: the declared default, else absent (null), so that consumers can tell it from not yet there. */
function addAbsent(
  entries: Entries,
  prefix: string,
  node: NodeStatus,
  template: Template | null,
  kind: 'steps' | 'tasks',
): void {
  if (node.outputs !== undefined || template === null) return
  for (const parameter of template.outputs?.parameters ?? [])
    entries.set(`${prefix}.outputs.parameters.${parameter.name}`, parameter.valueFrom?.default ?? null)
  if (kind === 'steps')
    for (const artifact of template.outputs?.artifacts ?? [])
      entries.set(`${prefix}.outputs.artifacts.${artifact.name}`, { name: artifact.name } satisfies Artifact)
}

/** What is known of a loop: facts of its group, and the aggregated outputs of its items (semantics-flow.md §4.1). */
export function loopEntriesOf(
  run: Run,
  prefix: string,
  group: NodeStatus,
  items: readonly NodeStatus[],
): Outcome<Entries> {
  const entries: Entries = new Map()
  addFacts(entries, prefix, group)
  const aggregated = aggregate(items)
  if (!aggregated.ok) return aggregated
  for (const [suffix, text] of aggregated.value) entries.set(`${prefix}.${suffix}`, text)
  return good(entries)
}

/** Ended from outside, while what its pod leaves is still to come: not completed yet. */
export const awaitsResult = (run: Run, node: NodeStatus): boolean =>
  node.daemoned !== true && run.outstanding.has(lastAttempt(run, node).id)

/** Of a Retry node the last attempt speaks. */
export function lastAttempt(run: Run, node: NodeStatus): NodeStatus {
  if (node.type !== 'Retry') return node
  const children = node.children ?? []
  for (let index = children.length - 1; index >= 0; index -= 1) {
    const child = run.nodes.get(children[index] ?? '')
    if (child?.nodeFlag?.retried === true) return child
  }
  return node
}
