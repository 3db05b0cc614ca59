/** The root of the live tree: a workflow from its spec to its final phase (semantics.md §1). */
import type { WorkflowPhase } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import { ignoredFieldsText } from '../admission/index.ts'
import { resolveRepository } from './artifact-repository.ts'
import { applyWorkflowMetadata, mergedSpec, substituteGlobals } from './executable-spec.ts'
import { createClaims } from './claims.ts'
import { complete, isComplete } from './completion.ts'
import { withCondition } from './conditions.ts'
import { endCutShort } from './cut-short.ts'
import { enforceAll } from './enforcement.ts'
import { endDaemons } from './boundary.ts'
import { nothingAbsent } from './call.ts'
import { Execution } from './execution.ts'
import { Frame } from './frame.ts'
import { refreshStatusGlobals, setFailures, setGlobals } from './globals.ts'
import { restoreGlobals } from './global-outputs.ts'
import { startWorkflowRealtime } from './node-metrics.ts'
import { isFailedOrError, isFulfilled } from './phases.ts'
import type { Run } from './run.ts'
import { awaitsResult } from './scope.ts'
import { shutdownOf, stoppedText } from './shutdown.ts'
import { acquireLocks } from './sync.ts'
import type { TemplateScope } from './template-lookup.ts'
import { WorkflowHooks } from './workflow-hooks.ts'

export class WorkflowFrame extends Frame {
  private isPrepared = false
  private isPastLock = false
  private root: Execution | null = null
  private rootVisited = false
  private hooks: WorkflowHooks | null = null
  private enforced = ''
  private isBuilt = false

  constructor(run: Run) {
    super(run, null)
  }

  protected work(): void {
    const { run } = this
    if (isComplete(run)) return
    if (!this.isPrepared && !this.prepare()) return
    this.isPrepared = true
    refreshStatusGlobals(run)
    if (!this.isPastLock && !this.lock()) return
    this.isPastLock = true
    if (run.status.startedAt === undefined || run.status.startedAt === null || run.status.phase !== 'Running')
      this.startRunning()
    this.enforce()
    if (this.keepsMarks) return
    const fault = run.claimFault ?? createClaims(run)
    if (fault !== null) {
      this.fail('Error', `pvc create error: ${fault}`)
      return
    }
    if (!this.isBuilt) endCutShort(run)
    this.execute()
    if (this.isBuilt || isComplete(run)) return
    this.isBuilt = true
    // What an earlier life has begun, or what began after a suspension, is in reach only now.
    if (this.enforced !== '') enforceAll(run)
  }

  /** While it is suspended. A shutdown goes before that, or else neither could ever end (argo-workflows#17041). */
  override get keepsMarks(): boolean {
    return this.run.workflow.spec?.suspend === true && shutdownOf(this.run) === null
  }

  private fail(phase: 'Failed' | 'Error', message: string): false {
    const root = this.run.nodeNamed(this.run.name)
    if (phase === 'Error' && root?.phase === 'Running') this.run.setPhase(root, 'Error', 'Workflow operation error')
    complete(this.run, phase, message)
    return false
  }

  /** Spec, validation, globals, metadata, repository: anew whenever the run is opened, since none of it is stored. */
  private prepare(): boolean {
    const { run } = this
    const merged = mergedSpec(run)
    if (!merged.ok) return this.fail('Error', merged.error)
    const isNew = !run.status.phase
    if (isNew) {
      const fault = run.world.validate(run.workflow)
      if (fault !== null) return this.fail('Failed', `invalid spec: ${fault}`)
    }
    const globals = setGlobals(run, merged.value)
    if (!globals.ok) return this.fail('Failed', `failed to set global parameters: ${globals.error}`)
    restoreGlobals(run)
    const substituted = substituteGlobals(run, merged.value)
    if (!substituted.ok) return this.fail('Failed', `failed to set global parameters: ${substituted.error}`)
    run.spec = substituted.value
    if (isNew) {
      const fault = applyWorkflowMetadata(run, run.spec)
      if (fault !== null) return this.fail('Error', fault)
    }
    if (run.status.artifactRepositoryRef === undefined) {
      const repository = resolveRepository(run)
      if (!repository.ok) return this.fail('Error', `failed to resolve artifact repository: ${repository.error}`)
      run.patchStatus({ artifactRepositoryRef: repository.value })
    }
    return true
  }

  private lock(): boolean {
    const { run } = this
    const wanted = run.spec.synchronization
    if (wanted === undefined) return true
    const answer = acquireLocks(run, null, wanted)
    if (answer.kind === 'acquired') return true
    // One that is to be stopped waits on: its exit handler runs once it has the lock.
    if (run.status.phase === 'Pending' && shutdownOf(run) === 'Terminate')
      return this.fail('Failed', stoppedText('Terminate'))
    if (answer.kind === 'error')
      return this.fail('Failed', `Failed to acquire the synchronization lock. ${answer.message}`)
    run.lockWaiters.add(this)
    if (run.status.message !== answer.message || !run.status.phase) {
      if (!run.status.phase) run.setLabel('workflows.argoproj.io/phase', 'Pending')
      run.patchStatus({ phase: run.status.phase || 'Pending', message: answer.message })
    }
    return false
  }

  private startRunning(): void {
    const { run } = this
    run.lockWaiters.delete(this)
    const estimate = run.estimate()
    const ignored = ignoredFieldsText(
      run.spec,
      {
        workflowTemplate: (name) => run.world.workflowTemplate(run.namespace, name, run.internal.templatesAt),
        clusterWorkflowTemplate: (name) => run.world.clusterWorkflowTemplate(name, run.internal.templatesAt),
      },
      run.world.config.heededFields,
    )
    run.patchStatus({
      phase: 'Running',
      message: '',
      startedAt: run.status.startedAt ?? rfc3339(run.now),
      ...(estimate === null ? {} : { estimatedDuration: estimate.workflowSeconds }),
      ...(ignored === null
        ? {}
        : {
            conditions: withCondition(run.status.conditions, { type: 'SpecWarning', status: 'True', message: ignored }),
          }),
    })
    run.setLabel('workflows.argoproj.io/phase', 'Running')
    run.setLabel('workflows.argoproj.io/completed', 'false')
    run.event('WorkflowRunning', 'Workflow Running')
    startWorkflowRealtime(run)
  }

  /** Shutdown and deadline reach what already runs; once for each of them. */
  private enforce(): void {
    const { run } = this
    const deadline = run.deadline()
    const isOver = deadline !== null && run.now >= deadline
    if (deadline !== null && !isOver) this.wakeAt(deadline)
    const state = `${shutdownOf(run) ?? ''}/${isOver}`
    if (state === '/false' || state === this.enforced) return
    this.enforced = state
    if (isOver) run.event('WorkflowTimedOut', 'Workflow timed out')
    enforceAll(run)
  }

  private execute(): void {
    const { run } = this
    const dirty = this.takeDirtyChildren()
    this.root ??= this.entry()
    if (!this.rootVisited || dirty.includes(this.root)) {
      this.rootVisited = true
      this.root.visit()
      const { error } = this.root
      this.root.error = null
      if (error !== null && error.kind !== 'depth') {
        this.fail('Error', `error in entry template execution: ${error.text}`)
        return
      }
    }
    const root = run.nodeNamed(run.name)
    run.globals.set('workflow.status', statusOf(root?.phase))
    if (run.spec.hooks !== undefined) setFailures(run)
    this.hooks ??= new WorkflowHooks(run, this, this.scope())
    const hooks = this.hooks.drive(dirty)
    // A DAG waits for all that hangs below it, the hooks included.
    if (this.hooks.takeNewEnd() && root !== undefined && !isFulfilled(root)) this.root.body?.markDirty()
    if ('error' in hooks) {
      if (root !== undefined) run.setPhase(root, 'Error', hooks.error)
    } else if (!hooks.done) return
    if (root === undefined || !isFulfilled(root) || awaitsResult(run, root)) return
    run.globals.set('workflow.status', statusOf(root.phase))
    setFailures(run)
    const exit = this.hooks.driveExit(dirty)
    if (typeof exit === 'object') {
      this.fail('Error', `error in exit template execution : ${exit.error}`)
      return
    }
    if (!exit) return
    endDaemons(run, null)
    if (this.mayComplete()) this.finish()
  }

  /** Not while a pod's result is outstanding: what it left is still to be recorded. */
  private mayComplete(): boolean {
    return this.run.outstanding.size === 0
  }

  private finish(): void {
    const { run } = this
    const root = run.nodeNamed(run.name)
    const exit = run.nodeNamed(`${run.name}.onExit`)
    const phase = statusOf(root?.phase)
    const strategy = shutdownOf(run)
    if (phase === 'Succeeded' && exit !== undefined && isFailedOrError(exit.phase))
      complete(run, exit.phase === 'Error' ? 'Error' : 'Failed', exit.message ?? '')
    else if (phase === 'Succeeded') complete(run, 'Succeeded', '')
    else
      complete(
        run,
        phase === 'Error' ? 'Error' : 'Failed',
        strategy === null ? (root?.message ?? '') : stoppedText(strategy),
      )
  }

  private scope(): TemplateScope {
    return { kind: 'local', name: scopeName(this.run) }
  }

  private entry(): Execution {
    const { run } = this
    return new Execution(run, this, {
      nodeName: run.name,
      holder: { name: '', template: run.spec.entrypoint ?? '' },
      scope: this.scope(),
      args: run.spec.arguments ?? {},
      absent: nothingAbsent,
      boundary: null,
      boundaryTemplate: null,
      inExitHandler: false,
      hooked: false,
      caller: null,
      resultWanted: false,
      depth: 0,
    })
  }
}

/** With a workflowTemplateRef Argo writes the scope without a name. */
const scopeName = (run: Run): string => (run.workflow.spec?.workflowTemplateRef === undefined ? run.name : '')

function statusOf(phase: string | undefined): WorkflowPhase {
  switch (phase) {
    case 'Succeeded':
    case 'Skipped':
    case 'Omitted':
      return 'Succeeded'
    case 'Failed':
      return 'Failed'
    case 'Error':
      return 'Error'
    default:
      return 'Running'
  }
}
