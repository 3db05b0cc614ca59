/** Outputs with a `globalName` become the workflow's own (semantics-templates.md §5.5). */
import type { Artifact, Outputs, Parameter } from '../resources/index.ts'
import type { Run } from './run.ts'

export function exportGlobals(run: Run, outputs: Outputs | undefined): void {
  for (const parameter of outputs?.parameters ?? [])
    if (parameter.globalName && parameter.value !== undefined)
      exportParameter(run, parameter.globalName, parameter.value)
  for (const artifact of outputs?.artifacts ?? [])
    if (artifact.globalName) exportArtifact(run, artifact.globalName, artifact)
}

function exportParameter(run: Run, name: string, value: string): void {
  run.globals.set(`workflow.outputs.parameters.${name}`, value)
  const outputs = run.status.outputs ?? {}
  const known = outputs.parameters?.find((parameter) => parameter.name === name)
  if (known?.value === value) return
  const entry: Parameter = { name, value }
  const parameters =
    known === undefined
      ? [...(outputs.parameters ?? []), entry]
      : (outputs.parameters ?? []).map((parameter) => (parameter === known ? entry : parameter))
  run.patchStatus({ outputs: { ...outputs, parameters } })
}

function exportArtifact(run: Run, name: string, artifact: Artifact): void {
  const { path: _path, globalName: _global, ...rest } = artifact
  const entry: Artifact = { ...rest, name }
  run.globalArtifacts.set(`workflow.outputs.artifacts.${name}`, entry)
  const outputs = run.status.outputs ?? {}
  const known = outputs.artifacts?.find((one) => one.name === name)
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(entry)) return
  const artifacts =
    known === undefined
      ? [...(outputs.artifacts ?? []), entry]
      : (outputs.artifacts ?? []).map((one) => (one === known ? entry : one))
  run.patchStatus({ outputs: { ...outputs, artifacts } })
}

/** After a restart: what the status already holds. */
export function restoreGlobals(run: Run): void {
  for (const parameter of run.status.outputs?.parameters ?? [])
    run.globals.set(`workflow.outputs.parameters.${parameter.name}`, parameter.value ?? '')
  for (const artifact of run.status.outputs?.artifacts ?? [])
    run.globalArtifacts.set(`workflow.outputs.artifacts.${artifact.name}`, artifact)
}
