/** Hooks and the exit handler of the whole workflow (semantics-flow.md §6.1). */
import type { Arguments, LifecycleHook } from '../resources/index.ts'
import { environmentWithFunctions, evaluateCondition, variablesOf } from '../expressions/index.ts'
import { nothingAbsent } from './call.ts'
import { Execution } from './execution.ts'
import type { Frame } from './frame.ts'
import { isFulfilled } from './phases.ts'
import type { Run } from './run.ts'
import { shutdownOf } from './shutdown.ts'
import type { TemplateScope } from './template-lookup.ts'

export class WorkflowHooks {
  private readonly run: Run
  private readonly parent: Frame
  private readonly scope: TemplateScope
  private readonly fired = new Map<string, Execution>()
  private readonly visited = new Set<Execution>()
  private readonly ended = new Set<Execution>()
  private hasNewEnd = false
  private exit: Execution | 'none' | null = null

  constructor(run: Run, parent: Frame, scope: TemplateScope) {
    this.run = run
    this.parent = parent
    this.scope = scope
  }

  /** The error of an expression or of starting a hook, else whether all fired hooks have ended. */
  drive(dirty: readonly Frame[]): { readonly error: string } | { readonly done: boolean } {
    const { run } = this
    for (const [name, hook] of Object.entries(run.spec.hooks ?? {})) {
      if (name === 'exit') continue
      const nodeName = `${run.name}.hooks.${name}`
      if (!this.fired.has(name)) {
        if (!hook.expression) return { error: `Expression required for hook ${nodeName}` }
        const answer = evaluateCondition(
          hook.expression,
          environmentWithFunctions(variablesOf(run.globals), run.outside),
          run.outside,
        )
        if (!answer.ok) return { error: answer.error }
        if (!answer.value && run.nodeNamed(nodeName) === undefined) continue
        this.fired.set(name, this.execution(nodeName, name, hook, hook.arguments ?? {}, false))
      }
    }
    const root = run.nodeNamed(run.name)
    let done = true
    for (const execution of this.fired.values()) {
      const error = this.visit(execution, dirty)
      if (error !== null) return { error }
      const node = execution.node
      if (node !== undefined && root !== undefined) run.addChild(root, node.id)
      if (node === undefined || !isFulfilled(node)) done = false
      else if (!this.ended.has(execution)) {
        this.ended.add(execution)
        this.hasNewEnd = true
      }
    }
    return { done }
  }

  /** Whether a hook has ended since the last question. */
  takeNewEnd(): boolean {
    const { hasNewEnd } = this
    this.hasNewEnd = false
    return hasNewEnd
  }

  /** Runs the exit handler; true when there is none or it has ended, or why it cannot be run. */
  driveExit(dirty: readonly Frame[]): boolean | { readonly error: string } {
    const { run } = this
    if (this.exit === null) {
      const { onExit, hooks, arguments: args = {} } = run.spec
      const hook: LifecycleHook | undefined = onExit ? { template: onExit, arguments: args } : hooks?.['exit']
      const name = `${run.name}.onExit`
      if (hook === undefined || (shutdownOf(run) === 'Terminate' && run.nodeNamed(name) === undefined))
        this.exit = 'none'
      else {
        const own = hook.arguments
        const given = own?.parameters?.length || own?.artifacts?.length ? own : args
        this.exit = this.execution(name, 'exit', hook, given, true)
      }
    }
    if (this.exit === 'none') return true
    const error = this.visit(this.exit, dirty)
    if (error !== null) return { error }
    const node = this.exit.node
    return node !== undefined && isFulfilled(node)
  }

  private visit(execution: Execution, dirty: readonly Frame[]): string | null {
    if (this.visited.has(execution) && !dirty.includes(execution)) return null
    this.visited.add(execution)
    execution.visit()
    const { error } = execution
    execution.error = null
    return error === null ? null : error.text
  }

  private execution(nodeName: string, name: string, hook: LifecycleHook, args: Arguments, isExit: boolean): Execution {
    const execution = new Execution(this.run, this.parent, {
      nodeName,
      holder: {
        name,
        ...(hook.template ? { template: hook.template } : {}),
        ...(hook.templateRef === undefined ? {} : { templateRef: hook.templateRef }),
      },
      scope: this.scope,
      args,
      absent: nothingAbsent,
      boundary: null,
      boundaryTemplate: null,
      inExitHandler: isExit,
      hooked: true,
      caller: null,
      resultWanted: false,
      depth: 1,
    })
    execution.position = 1 + this.fired.size
    return execution
  }
}
