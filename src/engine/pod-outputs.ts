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
  const outputs = outputsOf(node, template, result)
  if (outputs !== null) node.outputs = outputs
  if (result.progress !== undefined && /^\d+\/\d+$/.test(result.progress)) run.setProgress(node, result.progress)
  if (result.state.hostNodeName !== undefined) node.hostNodeName ??= result.state.hostNodeName
  run.setDuration(node, podDuration(template, result.state))
  exportGlobals(run, node.outputs)
  run.touch(node)
}

/** Of most pods it is all. */
const exitedWell: Outputs = Object.freeze({ exitCode: '0' })

function outputsOf(node: NodeStatus, template: Template, result: PodResult): Outputs | null {
  const parameters = parametersOf(template, result)
  const main = result.state.containers.find((container) => container.name === 'main')
  // what a deadline or a shutdown ended before its pod ended never gets an exit code
  const exitCode = !isEnded(node) && main?.state === 'exited' ? main.exitCode : undefined
  const isBare = parameters.length === 0 && result.artifacts.length === 0 && result.result === undefined
  if (isBare && node.outputs === undefined)
    return exitCode === undefined ? null : exitCode === 0 ? exitedWell : { exitCode: String(exitCode) }
  const outputs: Outputs = { ...node.outputs }
  if (parameters.length > 0) outputs.parameters = parameters
  if (result.artifacts.length > 0) outputs.artifacts = [...result.artifacts]
  if (result.result !== undefined) outputs.result = result.result
  if (exitCode !== undefined) outputs.exitCode = String(exitCode)
  return Object.keys(outputs).length > 0 ? outputs : null
}

const nothing: Parameter[] = []

/** The declared outputs with the values that were found; one that was never written stands there without. */
function parametersOf(template: Template, result: PodResult): Parameter[] {
  const declarations = template.outputs?.parameters ?? nothing
  if (declarations.length === 0) return nothing
  return declarations.flatMap((declared) => {
    const found = result.parameters.find((parameter) => parameter.name === declared.name)?.value
    const value = found ?? declared.value
    return value === undefined ? [declared] : [{ ...declared, value }]
  })
}
