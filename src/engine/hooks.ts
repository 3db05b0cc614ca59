/** Lifecycle hooks of a step or task: fired by an expression, or at its end (semantics-flow.md §6.2). */
import type { Arguments, LifecycleHook, NodeStatus } from '../resources/index.ts'
import { environmentWithFunctions, evaluateCondition, variablesOf } from '../expressions/index.ts'
import { resolveArtifact } from './artifact-reference.ts'
import { nothingAbsent } from './call.ts'
import { withoutAbsent } from './call-resolution.ts'
import { Execution } from './execution.ts'
import type { Frame } from './frame.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import { isCompleted, isFulfilled } from './phases.ts'
import type { Run } from './run.ts'
import { entriesOf, lastAttempt, withEntries, type Scope } from './scope.ts'
import { isShutDown } from './shutdown.ts'
import { keepUnknown, render } from './substitution.ts'
import type { TemplateScope } from './template-lookup.ts'
import type { Template } from '../resources/index.ts'

export type HookContext = {
  readonly run: Run
  readonly parent: Frame
  readonly hooks: Readonly<Record<string, LifecycleHook>>
  /** `onExit` of the step or task: the older form, which wins. */
  readonly onExit: string | undefined
  readonly scope: TemplateScope
  readonly boundary: NodeStatus | null
  readonly boundaryTemplate: Template | null
  readonly inExitHandler: boolean
  readonly depth: number
  /** `steps.<name>` or `tasks.<name>`. */
  readonly prefix: string
  /** Key under which the hooked node's status is seen by expressions. */
  readonly statusKey: string
  readonly lookUp: () => Scope
}

/** Hooks come after what they hang on, and after the items of a loop. */
const afterSiblings = 1_000_000_000

/** The hook nodes of one node. */
export class HookSet {
  private readonly context: HookContext
  private readonly fired = new Map<string, Execution>()
  private readonly visited = new Set<Execution>()
  private exit: { readonly execution: Execution } | 'none' | null = null
  private readonly ended = new Set<Execution>()
  private hasNewEnd = false
  error: string | null = null
  /** Whether the error is one of the exit hook. */
  isExitAtFault = false

  /** Whether a hook has ended since the last question. */
  takeNewEnd(): boolean {
    const { hasNewEnd } = this
    this.hasNewEnd = false
    return hasNewEnd
  }

  constructor(context: HookContext) {
    this.context = context
  }

  get isEmpty(): boolean {
    return Object.keys(this.context.hooks).length === 0 && !this.context.onExit
  }

  /** Fires what is due and visits what has changed; true when every fired hook has ended. */
  drive(node: NodeStatus, dirty: readonly Frame[]): boolean {
    const { hooks, run } = this.context
    for (const [name, hook] of Object.entries(hooks)) {
      if (name === 'exit' || this.fired.has(name)) continue
      const hookName = `${node.name}.hooks.${name}`
      const isDue = run.nodeNamed(hookName) !== undefined || this.isDue(hook, hookName, node)
      if (this.error !== null) return false
      if (isDue) this.begin(name, hookName, hook, node, false)
      if (this.error !== null) return false
    }
    return this.visitAll([...this.fired.values()], node, dirty)
  }

  /** Starts the exit hook of a node that has completed; true when there is none or it has ended. */
  driveExit(node: NodeStatus, dirty: readonly Frame[]): boolean {
    const isDone = this.visitExit(node, dirty)
    if (this.error !== null) this.isExitAtFault = true
    return isDone
  }

  private visitExit(node: NodeStatus, dirty: readonly Frame[]): boolean {
    const { run } = this.context
    // One that an error kept from coming to be has not run either.
    if (!isCompleted(node) || node.type === 'Skipped') return true
    if (this.exit === null) {
      const hook = this.exitHook()
      const name = `${node.name}.onExit`
      const known = run.nodeNamed(name)
      if (hook === null || (known === undefined && isShutDown(run, true))) this.exit = 'none'
      else if (known === undefined && hook.expression && !this.isDue(hook, name, node)) {
        if (this.error !== null) return false
        this.exit = 'none'
      } else {
        const execution = this.begin('exit', name, hook, node, true)
        this.exit = execution === null ? 'none' : { execution }
        if (execution === null) return false
      }
    }
    return this.exit === 'none' || this.visitAll([this.exit.execution], node, dirty)
  }

  private exitHook(): LifecycleHook | null {
    const { hooks, onExit, run } = this.context
    const args = run.spec.arguments ?? {}
    if (onExit) return { template: onExit, arguments: args }
    const hook = hooks['exit']
    if (hook === undefined) return null
    return hasArguments(hook.arguments) ? hook : { ...hook, arguments: args }
  }

  private isDue(hook: LifecycleHook, hookName: string, node: NodeStatus): boolean {
    if (!hook.expression) {
      this.error = `Expression required for hook ${hookName}`
      return false
    }
    const { outside } = this.context.run
    const own = new Map<string, unknown>([[`${this.context.statusKey}.status`, node.phase]])
    const answer = evaluateCondition(
      hook.expression,
      environmentWithFunctions(variablesOf(own, this.context.lookUp().variables), outside),
      outside,
    )
    if (answer.ok) return answer.value
    this.error = answer.error
    return false
  }

  private begin(
    name: string,
    nodeName: string,
    hook: LifecycleHook,
    node: NodeStatus,
    isExit: boolean,
  ): Execution | null {
    const { run, parent, scope, boundary, boundaryTemplate, inExitHandler, depth } = this.context
    const args = hasArguments(hook.arguments) ? this.argumentsOf(hook.arguments ?? {}, node) : nothingGiven
    if (!args.ok) {
      this.error = args.error
      return null
    }
    const execution = new Execution(run, parent, {
      nodeName,
      holder: {
        name,
        ...(hook.template ? { template: hook.template } : {}),
        ...(hook.templateRef === undefined ? {} : { templateRef: hook.templateRef }),
      },
      scope,
      args: args.value.args,
      absent: args.value.absent,
      boundary,
      boundaryTemplate,
      inExitHandler: inExitHandler || isExit,
      hooked: true,
      caller: null,
      resultWanted: false,
      depth: depth + 1,
    })
    execution.position = afterSiblings + this.fired.size
    this.fired.set(name, execution)
    return execution
  }

  /** Late: the hooked node's own outputs are known now. */
  private argumentsOf(args: Arguments, node: NodeStatus): Outcome<Given> {
    const { run, prefix } = this.context
    const own = entriesOf(run, prefix, lastAttempt(run, node), null, prefix.startsWith('steps') ? 'steps' : 'tasks')
    const scope = withEntries(this.context.lookUp(), own)
    const given = withoutAbsent(args, scope.variables)
    const rendered = render(run, given.args, scope.variables, keepUnknown)
    if (!rendered.ok) return bad(rendered.error)
    const artifacts = []
    for (const artifact of rendered.value.artifacts ?? []) {
      if (!artifact.from && !artifact.fromExpression) {
        artifacts.push(artifact)
        continue
      }
      const resolved = resolveArtifact(run, artifact, scope)
      if (resolved.ok) artifacts.push({ ...resolved.value, name: artifact.name })
      else if (artifact.optional !== true) return resolved
    }
    const filled = { ...rendered.value, ...(rendered.value.artifacts === undefined ? {} : { artifacts }) }
    return good({ args: filled, absent: given.absent })
  }

  private visitAll(executions: readonly Execution[], node: NodeStatus, dirty: readonly Frame[]): boolean {
    let done = true
    for (const execution of executions) {
      if (!this.visited.has(execution) || dirty.includes(execution)) {
        this.visited.add(execution)
        execution.visit()
        if (execution.error !== null) this.error = execution.error.text
        execution.error = null
      }
      const hookNode = execution.node
      if (hookNode !== undefined) this.context.run.addChild(node, hookNode.id)
      if (hookNode === undefined || !isFulfilled(hookNode)) done = false
      else if (!this.ended.has(execution)) {
        this.ended.add(execution)
        this.hasNewEnd = true
      }
    }
    return done
  }
}

type Given = { readonly args: Arguments; readonly absent: ReadonlySet<string> }
const nothingGiven: Outcome<Given> = good({ args: {}, absent: nothingAbsent })

const hasArguments = (args: Arguments | undefined): boolean =>
  Boolean(args?.parameters?.length || args?.artifacts?.length)
