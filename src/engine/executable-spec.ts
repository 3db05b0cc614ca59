/** The spec that is really run: template and defaults merged in, globals replaced (semantics-templates.md §9). */
import type { WorkflowSpec } from '../resources/index.ts'
import {
  compileExpression,
  environmentWithFunctions,
  evaluateExpression,
  goTypeOf,
  labelValueFaults,
  variablesOf,
} from '../expressions/index.ts'
import { mergeWorkflowSpecs } from '../admission/index.ts'
import { setLabelGlobals } from './globals.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'
import { keepUnknown, render, renderString } from './substitution.ts'

const prefix = 'workflows.argoproj.io'

/** Merged once; with a workflowTemplateRef the result stays in the status, whatever becomes of the template. */
export function mergedSpec(run: Run): Outcome<WorkflowSpec> {
  const { config } = run.world
  const own = run.workflow.spec ?? {}
  const ref = own.workflowTemplateRef
  if (ref === undefined) {
    if (config.templateReferencing !== undefined)
      return bad('workflows must use workflowTemplateRef to be executed when the controller is in reference mode')
    return good(
      config.workflowDefaults?.spec === undefined ? own : mergeWorkflowSpecs(own, {}, config.workflowDefaults.spec),
    )
  }
  const name = ref.name ?? ''
  const stored = run.status.storedWorkflowTemplateSpec
  if (stored !== undefined)
    return good({
      ...stored,
      ...(own.shutdown === undefined ? {} : { shutdown: own.shutdown }),
      suspend: own.suspend,
      ...edited(own, stored),
    })
  const template =
    ref.clusterScope === true
      ? run.world.clusterWorkflowTemplate(name, run.internal.templatesAt)
      : run.world.workflowTemplate(run.namespace, name, run.internal.templatesAt)
  if (template === null)
    return bad(
      `${ref.clusterScope === true ? 'clusterworkflowtemplates' : 'workflowtemplates'}.argoproj.io "${name}" not found`,
    )
  const merged = mergeWorkflowSpecs(own, template.spec ?? {}, config.workflowDefaults?.spec ?? {})
  run.patchStatus({ storedWorkflowTemplateSpec: merged })
  run.setLabel(`${prefix}/${ref.clusterScope === true ? 'cluster-workflow-template' : 'workflow-template'}`, name)
  return good(merged)
}

/** What may be changed on the workflow while it runs counts over the stored spec. */
function edited(own: WorkflowSpec, stored: WorkflowSpec): Partial<WorkflowSpec> {
  const fields = ['parallelism', 'priority', 'activeDeadlineSeconds'] as const
  return Object.fromEntries(
    fields.flatMap((field) => (own[field] === undefined || own[field] === stored[field] ? [] : [[field, own[field]]])),
  )
}

/** Globals are replaced everywhere but in the templates, which are filled in per call. */
export function substituteGlobals(run: Run, spec: WorkflowSpec): Outcome<WorkflowSpec> {
  const { templates, templateDefaults, ...rest } = spec
  const rendered = render(run, rest as WorkflowSpec, variablesOf(run.globals), keepUnknown)
  if (!rendered.ok) return bad(rendered.error)
  return good({
    ...rendered.value,
    ...(templates === undefined ? {} : { templates }),
    ...(templateDefaults === undefined ? {} : { templateDefaults }),
  })
}

/** `workflowMetadata`, once, on the first processing; the error makes the workflow Error. */
export function applyWorkflowMetadata(run: Run, spec: WorkflowSpec): string | null {
  const wanted = spec.workflowMetadata
  const defaults = run.world.config.workflowDefaults?.metadata
  const { labels: ownLabels = {}, annotations: ownAnnotations = {} } = run.workflow.metadata ?? {}
  const labels: Record<string, string> = { ...defaults?.labels, ...ownLabels }
  const annotations: Record<string, string> = { ...defaults?.annotations, ...ownAnnotations }
  const variables = variablesOf(run.globals)
  const fill = (text: string) => {
    const rendered = renderString(run, text, variables, keepUnknown)
    return rendered.ok ? rendered.value : text
  }
  for (const [key, text] of Object.entries(wanted?.labels ?? {})) {
    labels[key] = fill(text)
    const fault = labelFault(key, labels[key])
    if (fault !== null) return fault
  }
  for (const [key, text] of Object.entries(wanted?.annotations ?? {})) annotations[key] = fill(text)
  for (const [key, { expression }] of Object.entries(wanted?.labelsFrom ?? {})) {
    const answer = evaluateExpression(
      compileExpression(expression),
      environmentWithFunctions(variables, run.outside),
      run.outside,
    )
    if (!answer.ok) return `failed to evaluate label "${key}" expression "${expression}": ${answer.error}`
    if (typeof answer.value !== 'string')
      return `failed to evaluate label "${key}" expression "${expression}" evaluted to ${goTypeOf(answer.value)} but must be a string`
    const fault = labelFault(key, answer.value)
    if (fault !== null) return fault
    labels[key] = answer.value
  }
  if (annotations[`${prefix}/pod-name-format`] === undefined)
    annotations[`${prefix}/pod-name-format`] = run.world.config.podNameFormat
  run.patchMetadata({ labels, annotations })
  setLabelGlobals(run)
  return null
}

function labelFault(key: string, value: string): string | null {
  const faults = labelValueFaults(value)
  return faults.length === 0 ? null : `invalid label value "${value}" for label "${key}": ${faults.join('; ')}`
}
