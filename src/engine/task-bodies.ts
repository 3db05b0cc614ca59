/** Templates that need no container here: http, plugin, resource and data. */
import type { Artifact, NodeStatus, Outputs, Parameter } from '../resources/index.ts'
import { compileExpression, encodeJson, evaluateExpression } from '../expressions/index.ts'
import { hasLocation, relocated } from './artifact-location.ts'
import { Body } from './body.ts'
import type { Effect, TaskResult } from './effects.ts'
import { exportGlobals } from './global-outputs.ts'
import type { Observation } from './observations.ts'
import { isEnded } from './phases.ts'
import { repositoryOf } from './pod-artifacts.ts'
import { isShutDown, shutdownOf, stoppedText } from './shutdown.ts'

/** Plugins of the workflow's own are off unless the operator allows them, as in Argo. */
const noPluginsText =
  'create agent pod failed with reason:"workflow-level executor plugins are disabled in the controller. To enable them, set the environment variable ARGO_WORKFLOW_LEVEL_EXECUTOR_PLUGINS=true"'

abstract class TaskBody extends Body {
  private asking: Effect | null = null

  protected abstract effect(node: NodeStatus): Effect | string

  protected work(): void {
    const { run } = this
    const known = this.node
    if (known !== undefined && isEnded(known)) return
    const { inExitHandler } = this.execution.call
    const strategy = shutdownOf(run)
    const node = this.ensureNode('Pending')
    if (strategy !== null && isShutDown(run, inExitHandler)) {
      const text = node.type === 'Pod' ? `workflow shutdown with strategy: ${strategy}` : stoppedText(strategy)
      run.setPhase(node, 'Failed', text)
      return this.abandon()
    }
    if (this.asking !== null) return
    const isAgents = node.type === 'Plugin' || node.type === 'HTTP'
    if (isAgents && run.spec.executorPlugins?.length && run.world.config.workflowPlugins !== true)
      return run.setPhase(node, 'Error', noPluginsText)
    const effect = this.effect(node)
    if (typeof effect === 'string') return this.failWith(effect)
    this.ask(node, effect)
    this.asked(node)
  }

  private ask(node: NodeStatus, effect: Effect): void {
    this.asking = effect
    this.run.frames.set(node.id, this)
    this.run.effects.push(effect)
  }

  override underWay(): Effect | null {
    return this.node === undefined || isEnded(this.node) ? null : this.asking
  }

  override resume(node: NodeStatus, effect: Effect): void {
    this.ask(node, effect)
  }

  protected asked(_node: NodeStatus): void {}

  override observe(observation: Observation): void {
    const node = this.node
    if (observation.kind !== 'taskFinished' || node === undefined || isEnded(node)) return
    this.take(node, observation.result)
    this.markDirty()
  }

  protected take(node: NodeStatus, result: TaskResult): void {
    const { run } = this
    const outputs = result.outputs
    if (outputs !== undefined) {
      node.outputs = { ...node.outputs, ...this.declared(outputs) }
      exportGlobals(run, node.outputs)
    }
    if (result.progress !== undefined && /^\d+\/\d+$/.test(result.progress)) run.setProgress(node, result.progress)
    run.setPhase(node, result.phase, result.message ?? '')
    if (!node.message) delete node.message
  }

  /** Values for the outputs that the template declares keep what was declared with them. */
  private declared(outputs: Outputs): Outputs {
    const parameters = outputs.parameters?.map((parameter): Parameter => ({
      ...this.template.outputs?.parameters?.find((one) => one.name === parameter.name),
      ...parameter,
    }))
    return parameters === undefined ? outputs : { ...outputs, parameters }
  }

  override abandon(): void {
    const node = this.node
    if (node !== undefined && this.asking !== null)
      this.run.effects.push({ kind: 'cancel', node: this.run.idOf(this.nodeName) })
  }
}

export class HttpBody extends TaskBody {
  protected effect(): Effect | string {
    const { template, run, nodeName } = this
    return template.http === undefined
      ? 'no http'
      : { kind: 'http', node: run.idOf(nodeName), template, http: template.http }
  }
}

export class PluginBody extends TaskBody {
  protected effect(): Effect | string {
    const { template, run, nodeName } = this
    if (template.plugin === undefined) return 'no plugin'
    const { executorPlugins, imagePullSecrets } = run.spec
    return {
      kind: 'plugin',
      node: run.idOf(nodeName),
      template,
      plugin: template.plugin,
      ...(executorPlugins?.length ? { executorPlugins } : {}),
      ...(imagePullSecrets?.length ? { imagePullSecrets } : {}),
    }
  }
}

/** A node of type Pod, as in Argo, though the controller does the work itself. */
abstract class PodLikeBody extends TaskBody {
  protected override asked(node: NodeStatus): void {
    this.run.setPhase(node, 'Running')
    node.hostNodeName = this.run.world.config.hostNodeName
  }

  protected override take(node: NodeStatus, result: TaskResult): void {
    const { run, execution, nodeName, template } = this
    if (result.phase === 'Succeeded') node.outputs = { ...node.outputs, exitCode: '0' }
    if (result.log !== undefined)
      run.effects.push({
        kind: 'keepLog',
        node: run.idOf(nodeName),
        pod: run.podIdOf(nodeName),
        podName: execution.podNameOf(nodeName, template),
        lines: result.log,
      })
    super.take(node, result)
  }
}

export class ResourceBody extends PodLikeBody {
  protected effect(): Effect | string {
    const { template, run, nodeName } = this
    const { resource } = template
    if (resource === undefined) return 'no resource'
    const own = template.activeDeadlineSeconds === undefined ? null : Number(template.activeDeadlineSeconds) * 1000
    const limits = [own, this.execution.timeoutMs()].filter((limit) => limit !== null)
    return {
      kind: 'resource',
      node: run.idOf(nodeName),
      template,
      resource,
      manifest: resource.manifest ?? null,
      deadlineMs: limits.length === 0 ? null : Math.min(...limits),
    }
  }
}

const cannotProcess = 'unable to process data template: unable to process data'

/** What Argo's executor leaves behind when it fails in the place of main: its error, printed twice. */
export const mainFailed = (text: string): TaskResult => ({
  phase: 'Failed',
  message: `main: Error (exit code 64): ${text}`,
  outputs: { exitCode: '64' },
  log: [...`Error: ${text}`.split('\n'), ...text.split('\n'), 'Error: exit status 64'],
})

export class DataBody extends PodLikeBody {
  protected effect(): Effect | string {
    const { template, run, nodeName } = this
    const paths = template.data?.source.artifactPaths
    if (paths === undefined) return 'no data source is used for data template'
    const source: Artifact = hasLocation(paths) ? paths : relocated(paths, repositoryOf(run))
    return { kind: 'listArtifacts', node: run.idOf(nodeName), source }
  }

  protected override take(node: NodeStatus, result: TaskResult): void {
    if (result.phase === 'Error')
      return super.take(
        node,
        mainFailed(`${cannotProcess} source: unable to source artifact paths: ${result.message ?? ''}`),
      )
    if (result.phase !== 'Succeeded' || result.keys === undefined) return super.take(node, result)
    let data: unknown = [...result.keys]
    for (const [index, { expression }] of (this.template.data?.transformation ?? []).entries()) {
      if (!expression) continue
      const answer = evaluateExpression(compileExpression(expression), { data }, this.run.outside)
      if (!answer.ok)
        return super.take(
          node,
          mainFailed(`${cannotProcess} transformation: error processing data step ${index}: ${answer.error}`),
        )
      data = answer.value
    }
    super.take(node, { phase: 'Succeeded', outputs: { result: encodeJson(data) } })
  }
}
