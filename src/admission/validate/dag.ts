/** A dag template: its tasks in the order of their dependencies, each with what its ancestors give. */
import { type DagConditions, ancestorsOf, compileDag, dagOrder } from '../../expressions/index.ts'
import { unknownResult } from '../../expressions/depends/logic.ts'
import { type Arguments, type DAGTask, DAGTaskSchema, type Template } from '../../resources/index.ts'
import { argumentsFault } from './arguments.ts'
import { type Checking, withInlineInputs } from './checking.ts'
import { type Fault, type Place, calledFrom, fault, inside, reworded } from './fault.ts'
import { structJson } from './json-tags.ts'
import { addItems, aggregates, loopPlace } from './loop-items.ts'
import { fieldNameFault, namesFault } from './names.ts'
import { addNodeOutputs } from './node-outputs.ts'
import { Scope, type Variables, variablesFault } from './scope.ts'
import { isVariable } from './template-kind.ts'

type PlacedTask = { readonly task: DAGTask; readonly place: Place }
type Dag = Checking & {
  readonly name: string
  readonly tasks: readonly PlacedTask[]
  readonly conditions: DagConditions
  readonly usesDepends: boolean
  readonly templates: Map<string, Template | undefined>
}

export function dagFault(template: Template, checking: Checking): Fault | null {
  const written = template.dag?.tasks ?? []
  const name = `templates.${template.name ?? ''}`
  const at = inside(checking.place, 'dag', 'tasks')
  if (written.length === 0) return fault(`${name} must have at least one task`, inside(checking.place, 'dag'))
  const conditions = compileDag(written)
  const sorted = dagOrder(written, conditions)
  if ('fault' in sorted)
    return fault(`${name} sorting failed: ${sorted.fault}`, sortingPlace(written, conditions, sorted.fault, at))
  const tasks = inOrder(written, sorted.order, at)
  const names = namesFault(`${name}.tasks`, written, fieldNameFault, at)
  if (names) return reworded(names, renumbered(names, written, sorted.order))
  const usesDepends = written.some(({ depends }) => Boolean(depends))
  const dag: Dag = { ...checking, name, tasks, conditions, usesDepends, templates: new Map() }
  for (const placed of tasks) {
    const found = declarationFault(placed, dag)
    if (found) return found
  }
  const target = targetFault(template.dag?.target ?? '', dag)
  if (target) return target
  for (const placed of tasks) {
    const found = useFault(placed, dag)
    if (found) return found
  }
  return null
}

function inOrder(written: readonly DAGTask[], order: readonly string[], at: Place): PlacedTask[] {
  const byName = new Map(written.map((task, index) => [task.name, { task, place: inside(at, index) }]))
  return order.map((name) => byName.get(name)).filter((placed) => placed !== undefined)
}

/** Argo numbers the tasks after sorting them. */
function renumbered({ message }: Fault, written: readonly DAGTask[], order: readonly string[]): string {
  return message.replace(/\[(\d+)\]/, (_, index: string) => `[${order.indexOf(written[Number(index)]?.name ?? '')}]`)
}

/** The task that a fault of the order is about. */
function sortingPlace(tasks: readonly DAGTask[], conditions: DagConditions, words: string, at: Place): Place {
  const name = words.split(' ').at(-1) ?? ''
  const double = words.startsWith('duplicated') ? tasks.findLastIndex((task) => task.name === name) : -1
  const wrong = words.startsWith('invalid')
    ? tasks.findIndex((task) => conditions.get(task.name)?.tasks.includes(name))
    : double
  if (wrong === -1) return at
  const field = double !== -1 ? 'name' : tasks[wrong]?.depends ? 'depends' : 'dependencies'
  return inside(at, wrong, field)
}

/** What a task says of itself, before what it uses is looked at. */
function declarationFault({ task, place }: PlacedTask, dag: Dag): Fault | null {
  const { name: template, usesDepends, call, context, scope } = dag
  const prefix = `${template}.tasks.${task.name}`
  const hasDependencies = (task.dependencies ?? []).length > 0
  if ((usesDepends || hasDependencies) && /^[0-9]/.test(task.name)) {
    return fault(
      `${prefix} name cannot begin with a digit when using either 'depends' or 'dependencies'`,
      inside(place, 'name'),
    )
  }
  if (usesDepends && hasDependencies) {
    const message = `${template} cannot use both 'depends' and 'dependencies' in the same DAG template`
    return fault(message, inside(place, 'dependencies'))
  }
  if (usesDepends && task.continueOn !== undefined) {
    const message = `${template} cannot use 'continueOn' when using 'depends'. Instead use 'dep-task.Failed'/'dep-task.Errored'`
    return fault(message, inside(place, 'continueOn'))
  }
  const resolved = call(task, { kind: 'stand-ins', placeholder: context.placeholder }, place)
  if (resolved.fault) return calledFrom(prefix, resolved.fault, place)
  dag.templates.set(task.name, resolved.template)
  const outputs = { root: 'tasks', name: task.name, template: resolved.template, aggregate: aggregates(task) } as const
  addNodeOutputs(scope, outputs, context)
  const result = unknownResult(task.depends ?? '')
  if (result !== null) return fault(`${prefix} ${result}`, inside(place, 'depends'))
  return itemsFault(task, place, dag)
}

/** Conditions over the items of a task need a task that loops. */
function itemsFault(task: DAGTask, place: Place, { name, tasks, conditions }: Dag): Fault | null {
  for (const dependency of conditions.get(task.name)?.itemTasks ?? []) {
    const other = tasks.find((placed) => placed.task.name === dependency)?.task
    if (!other || aggregates(other) || other.withSequence) continue
    const words = 'uses an items-based condition such as .AnySucceeded or .AllFailed but does not contain any items'
    return fault(`${name}.tasks.${dependency} dependency '${dependency}' ${words}`, inside(place, 'depends'))
  }
  return null
}

function targetFault(target: string, { name, tasks, scope, context, place }: Dag): Fault | null {
  const at = inside(place, 'dag', 'target')
  const variables: Variables = { scope, globals: context.globals, anyWorkflowParameter: context.isTemplate }
  const unresolved = variablesFault(target, variables, target, at)
  if (unresolved) return fault(`${name}.targets ${unresolved.message}`, at)
  if (target === '') return null
  for (const one of target.split(' ')) {
    if (isVariable(one) || tasks.some(({ task }) => task.name === one)) continue
    return fault(`${name}.targets: target '${one}' is not defined`, at)
  }
  return null
}

/** What a task uses: variables, arguments, the inputs of its template. */
function useFault({ task, place }: PlacedTask, dag: Dag): Fault | null {
  const { name: template, call, context, scope, conditions } = dag
  const prefix = `${template}.tasks.${task.name}`
  if (task.hooks) scope.add(`tasks.${task.name}.status`)
  const own = withInlineInputs(ancestorScope(task.name, scope, conditions), task.inline)
  const loop = addItems(own, task)
  if (loop !== null) return fault(`${prefix} ${loop}`, loopPlace(task, place))
  const variables: Variables = { scope: own, globals: context.globals, anyWorkflowParameter: context.isTemplate }
  const unresolved = variablesFault(structJson(task, DAGTaskSchema), variables, task, place)
  if (unresolved) return reworded(unresolved, `${prefix} ${unresolved.message}`)
  const at = inside(place, 'arguments')
  const given = argumentsFault(`${prefix}.arguments.`, task.arguments, 'step', at)
  if (given) return given
  const dependency = missingDependency(task, conditions, at)
  if (dependency) return fault(`${prefix} ${dependency.message}`, dependency.path)
  const again = call(task, { kind: 'given', arguments: task.arguments }, place)
  return again.fault ? calledFrom(prefix, again.fault, inside(place, 'arguments', 'parameters')) : null
}

/** A task sees the status of its ancestors only; they are looked up when such a variable is met. */
function ancestorScope(task: string, scope: Scope, conditions: DagConditions): Scope {
  return new Scope(scope, (name) => {
    const [, other] = /^tasks\.(.+)\.status$/.exec(name) ?? []
    return other !== undefined && isAncestor(other, task, conditions)
  })
}

const isAncestor = (other: string, task: string, conditions: DagConditions): boolean =>
  (conditions.get(task)?.tasks.includes(other) ?? false) || ancestorsOf(task, conditions).includes(other)

/** An argument that begins with another task's variable needs that task before. */
function missingDependency({ name, arguments: given }: DAGTask, conditions: DagConditions, place: Place): Fault | null {
  const { parameters = [], artifacts = [] }: Arguments = given ?? {}
  const uses = [
    ...parameters.map(({ name: of, value }, index) => ({
      of,
      text: value ?? '',
      kind: 'parameter',
      list: 'parameters',
      index,
    })),
    ...artifacts.map(({ name: of, from }, index) => ({
      of,
      text: from ?? '',
      kind: 'artifact',
      list: 'artifacts',
      index,
    })),
  ]
  for (const { of, text, kind, list, index } of uses) {
    if (!text.startsWith('{{tasks.')) continue
    const other = text.split('.')[1] ?? ''
    if (isAncestor(other, name, conditions)) continue
    return fault(`missing dependency '${other}' for ${kind} '${of}'`, inside(place, list, index))
  }
  return null
}
