/**
 * The pods that will most likely be asked for next, so that their containers can be made while their predecessors still
 * run. A guess costs nothing if it is wrong: the real request is compared with what was prepared.
 */
import type { NodeStatus } from '../resources/index.ts'
import type { Body } from './body.ts'
import { refersToResult, type Call } from './call.ts'
import { isLoop, resolveCall, type Callable } from './call-resolution.ts'
import { Execution } from './execution.ts'
import { processTemplate } from './inputs.ts'
import { buildPodPlan } from './pod-plan.ts'
import type { Scope } from './scope.ts'
import { shutdownOf } from './shutdown.ts'
import { pickHolder } from './holder.ts'
import { resolveTemplate } from './template-lookup.ts'
import { typeOf } from './template-type.ts'

/** Steps or tasks beyond these are not prepared: they would only wait. */
export const aheadMax = 4

type Ahead = {
  readonly source: Callable
  readonly nodeName: string
  readonly kind: 'steps' | 'tasks'
  readonly scope: Scope
}

/** Asks for the pod of a step or task to be prepared, where it is a plain pod whose arguments are known already. */
export function lookAhead(body: Body, boundary: NodeStatus, { source, nodeName, kind, scope }: Ahead): void {
  const { run, execution } = body
  const { spec } = run
  const isHeld =
    spec.parallelism !== undefined ||
    body.template.parallelism !== undefined ||
    run.deadline() !== null ||
    run.workflow.spec?.suspend === true
  if (isHeld || shutdownOf(run) !== null || isLoop(source) || run.nodeNamed(nodeName) !== undefined) return
  const resolution = resolveCall(source, { outsider: run, ...scopeOf(scope), kind })
  if (resolution.kind !== 'one' || resolution.concrete.skipped !== null) return
  const { call: step, absent } = resolution.concrete
  const call: Call = {
    nodeName,
    holder: { name: source.name ?? '', ...pickHolder(step) },
    scope: execution.resolved?.scope ?? execution.call.scope,
    args: step.arguments ?? {},
    absent,
    boundary,
    boundaryTemplate: body.template,
    inExitHandler: execution.call.inExitHandler,
    hooked: false,
    caller: { kind, name: source.name ?? '' },
    resultWanted: refersToResult(execution.resolved?.template ?? body.template, source.name ?? ''),
    depth: execution.call.depth + 1,
  }
  const ghost = ghostOf(body, call)
  const plan = ghost === null ? null : buildPodPlan(ghost, null)
  if (plan?.ok === true) run.effects.push({ kind: 'preparePod', plan: plan.value })
}

const scopeOf = ({ variables, artifacts, narrow }: Scope): Scope => ({ variables, artifacts, narrow })

/** A body that is never visited: only its plan is wanted. */
function ghostOf(parent: Body, call: Call): Body | null {
  const { run } = parent
  const resolved = resolveTemplate(run, call.holder, call.scope)
  if (!resolved.ok) return null
  const { template } = resolved.value
  const type = typeOf(template)
  if (
    (type !== 'container' && type !== 'script') ||
    template.synchronization !== undefined ||
    template.memoize !== undefined ||
    template.timeout !== undefined
  )
    return null
  if (template.retryStrategy !== undefined || run.spec.retryStrategy !== undefined) return null
  const execution = new Execution(run, parent, call)
  const processed = processTemplate(run, template, {
    args: call.args,
    absent: call.absent,
    namer: execution,
  })
  if (!processed.ok) return null
  execution.resolved = resolved.value
  execution.processed = processed.value
  return run.makeBody(execution, call.nodeName, processed.value, execution)
}
