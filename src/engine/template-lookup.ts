/** From a reference to the template that it means (semantics.md §7.4, semantics-templates.md §9.2). */
import type { Metadata, Template, TemplateRef } from '../resources/index.ts'
import { mergeTemplateDefaults } from '../admission/index.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'

/** How a step, task, hook or the workflow names what it calls. */
export type Holder = {
  /** Of the step or task; names the stored copy of an inline template. */
  readonly name: string
  readonly template?: string
  readonly templateRef?: TemplateRef
  readonly inline?: Template
}

/** In which object references are resolved. */
export type TemplateScope = { readonly kind: 'local' | 'namespaced' | 'cluster'; readonly name: string }

/** The same text for the same scope, since every node has it. */
export function scopeText(scope: TemplateScope): string {
  let text = scopeTexts.get(scope)
  if (text === undefined) {
    text = `${scope.kind}/${scope.name}`
    scopeTexts.set(scope, text)
  }
  return text
}
const scopeTexts = new WeakMap<TemplateScope, string>()

export type Resolved = {
  readonly template: Template
  /** For references inside of the template. */
  readonly scope: TemplateScope
  /** Pod labels and annotations of the WorkflowTemplate it came from. */
  readonly podMetadata?: Metadata
}

export function resolveTemplate(run: Run, holder: Holder, scope: TemplateScope): Outcome<Resolved> {
  const found = find(run, holder, scope)
  if (!found.ok) return found
  const defaults = run.spec.templateDefaults
  return defaults === undefined
    ? found
    : good({ ...found.value, template: withDefaults(found.value.template, defaults) })
}

const merged = new WeakMap<Template, WeakMap<Template, Template>>()

function withDefaults(template: Template, defaults: Template): Template {
  let known = merged.get(defaults)
  if (known === undefined) {
    known = new WeakMap()
    merged.set(defaults, known)
  }
  let result = known.get(template)
  if (result === undefined) {
    result = mergeTemplateDefaults(template, defaults)
    known.set(template, result)
  }
  return result
}

function find(run: Run, holder: Holder, scope: TemplateScope): Outcome<Resolved> {
  if (holder.inline !== undefined) {
    const key = `${scopeText(scope)}/inline/${holder.name}`
    if (scope.kind !== 'local' || scope.name !== '') store(run, key, holder.inline)
    return good({ template: holder.inline, scope })
  }
  if (holder.templateRef !== undefined) return byReference(run, holder.templateRef)
  const name = holder.template ?? ''
  if (scope.kind === 'local') {
    const template = localTemplate(run, name)
    return template === undefined ? bad(`template ${name} not found`) : good({ template, scope })
  }
  return byReference(run, { name: scope.name, template: name, clusterScope: scope.kind === 'cluster' })
}

const localTemplates = new WeakMap<object, Map<string, Template>>()

function localTemplate(run: Run, name: string): Template | undefined {
  const list = run.spec.templates ?? []
  let byName = localTemplates.get(list)
  if (byName === undefined) {
    byName = new Map(list.map((template) => [template.name ?? '', template]))
    localTemplates.set(list, byName)
  }
  return byName.get(name)
}

function byReference(run: Run, ref: TemplateRef): Outcome<Resolved> {
  const { name = '', template: wanted = '', clusterScope = false } = ref
  const scope: TemplateScope = { kind: clusterScope ? 'cluster' : 'namespaced', name }
  const holder = clusterScope
    ? run.world.clusterWorkflowTemplate(name, run.internal.templatesAt)
    : run.world.workflowTemplate(run.namespace, name, run.internal.templatesAt)
  const podMetadata = holder?.spec?.podMetadata
  const more = podMetadata === undefined ? {} : { podMetadata }
  const key = `${scopeText(scope)}/${wanted}`
  const stored = run.status.storedTemplates?.[key]
  if (stored !== undefined) return good({ template: stored, scope, ...more })
  if (holder === null)
    return bad(`${clusterScope ? 'cluster workflow template' : 'workflow template'} ${name} not found`)
  const template = holder.spec?.templates?.find((candidate) => candidate.name === wanted)
  if (template === undefined)
    return bad(
      `template ${wanted} not found in ${clusterScope ? 'cluster workflow template' : 'workflow template'} ${name}`,
    )
  store(run, key, template)
  return good({ template, scope, ...more })
}

function store(run: Run, key: string, template: Template): void {
  const known = run.status.storedTemplates
  if (known?.[key] !== undefined) return
  run.patchStatus({ storedTemplates: { ...known, [key]: template } })
}
