/** What a step or task gives to those after it. */
import type { Template } from '../../resources/index.ts'
import type { Context } from './context.ts'
import { type Scope, anyOutputArtifact, anyOutputParameter } from './scope.ts'
import { hasResult, isVariable } from './template-kind.ts'

export type NodeOutputs = {
  /** `steps` or `tasks` */
  readonly root: 'steps' | 'tasks'
  readonly name: string
  /** Not known where the template is chosen at run time. */
  readonly template: Template | undefined
  /** It loops, so that its outputs come as lists too. */
  readonly aggregate: boolean
}

/** Global outputs become variables of the workflow from here on. */
export function addNodeOutputs(scope: Scope, { root, name, template, aggregate }: NodeOutputs, context: Context): void {
  const node = `${root}.${name}`
  scope.add(`${node}.id`, `${node}.startedAt`, `${node}.finishedAt`, `${node}.hostNodeName`)
  if (!template) return
  if (template.daemon) scope.add(`${node}.ip`)
  if (hasResult(template)) scope.add(`${node}.outputs.result`, `${node}.exitCode`)
  for (const { name: output, globalName } of template.outputs?.parameters ?? []) {
    scope.add(`${node}.outputs.parameters.${output}`)
    addGlobal(scope, globalName, 'workflow.outputs.parameters.', anyOutputParameter, context)
  }
  for (const { name: output, globalName } of template.outputs?.artifacts ?? []) {
    scope.add(`${node}.outputs.artifacts.${output}`)
    addGlobal(scope, globalName, 'workflow.outputs.artifacts.', anyOutputArtifact, context)
  }
  if (!aggregate) return
  scope.add(`${node}.outputs.parameters`)
  if (template.script || template.containerSet) scope.add(`${node}.outputs.result`, `${node}.exitCode`)
}

function addGlobal(scope: Scope, name: string | undefined, prefix: string, any: string, context: Context): void {
  if (!name) return
  if (isVariable(name)) {
    scope.add(any)
    return
  }
  scope.add(prefix + name)
  context.globals.set(prefix + name, context.placeholder())
}
