/** What a pod left: parameters, artifacts, result and exit code, put on its node (semantics-templates.md §2, §5.2). */
import type { NodeStatus, Outputs, Parameter, Template } from '../resources/index.ts'
import { exportGlobals } from './global-outputs.ts'
import type { PodResult } from './observations.ts'
import { isEnded } from './phases.ts'
import { podDuration } from './resources-duration.ts'
import type { Run } from './run.ts'

/** Of a daemon nothing is collected. */
export function recordOutputs(run: Run, node: NodeStatus, template: Template, result: PodResult): void {
  if (template.daemon === true) return
  const outputs: Outputs = { ...node.outputs }
  const parameters = parametersOf(template, result)
  if (parameters.length > 0) outputs.parameters = parameters
  if (result.artifacts.length > 0) outputs.artifacts = [...result.artifacts]
  if (result.result !== undefined) outputs.result = result.result
  const main = result.state.containers.find((container) => container.name === 'main')
  // what a deadline or a shutdown ended before its pod ended never gets an exit code
  if (!isEnded(node) && main?.state === 'exited' && main.exitCode !== undefined)
    outputs.exitCode = String(main.exitCode)
  if (Object.keys(outputs).length > 0) node.outputs = outputs
  if (result.progress !== undefined && /^\d+\/\d+$/.test(result.progress)) run.setProgress(node, result.progress)
  if (result.state.hostNodeName !== undefined) node.hostNodeName ??= result.state.hostNodeName
  node.resourcesDuration = podDuration(template, result.state)
  exportGlobals(run, node.outputs)
  run.touch(node)
}

/** The declared outputs with the values that were found; one that was never written stands there without. */
function parametersOf(template: Template, result: PodResult): Parameter[] {
  return (template.outputs?.parameters ?? []).flatMap((declared) => {
    const found = result.parameters.find((parameter) => parameter.name === declared.name)?.value
    const value = found ?? declared.value
    return value === undefined ? [declared] : [{ ...declared, value }]
  })
}
