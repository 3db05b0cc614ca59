/** The templates of other objects that a spec reaches by `templateRef`, through any depth. */
import type { Template, TemplateRef, WorkflowSpec } from '../../resources/index.ts'

type Held = { readonly spec?: WorkflowSpec | undefined } | null | undefined

/** Finds the objects that a workflow refers to. */
export type ReferredObjects = {
  readonly workflowTemplate: (name: string) => Held
  readonly clusterWorkflowTemplate: (name: string) => Held
}

/** Templates of one object that are reached. */
export type Referred = { readonly object: string; readonly templates: readonly Template[] }

type Scope = { readonly object: string; readonly templates: readonly Template[] }
type Caller = {
  readonly template?: string | undefined
  readonly templateRef?: TemplateRef | undefined
  readonly inline?: Template | undefined
  readonly onExit?: string | undefined
  readonly hooks?: Readonly<Record<string, Caller>> | undefined
}

/** By object, in the order in which they are met; what does not exist is passed over. */
export function referredTemplates(spec: WorkflowSpec, objects: ReferredObjects): readonly Referred[] {
  const scopes = new Map<string, Scope | null>()
  const found = new Map<string, Set<Template>>()
  const local: Scope = { object: '', templates: spec.templates ?? [] }

  const scopeOf = ({ name = '', clusterScope = false }: TemplateRef): Scope | null => {
    const object = `${clusterScope ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate'} ${name}`
    const known = scopes.get(object)
    if (known !== undefined) return known
    const held = clusterScope ? objects.clusterWorkflowTemplate(name) : objects.workflowTemplate(name)
    const scope = held ? { object, templates: held.spec?.templates ?? [] } : null
    scopes.set(object, scope)
    return scope
  }
  const visit = (caller: Caller, scope: Scope): void => {
    const { template, templateRef, inline, onExit, hooks = {} } = caller
    if (onExit && scope !== local) enter(scope, onExit)
    for (const hook of Object.values(hooks)) visit(hook, scope)
    if (inline) calls(inline, scope)
    else if (templateRef) enter(scopeOf(templateRef), templateRef.template ?? '')
    else if (template && scope !== local) enter(scope, template)
  }
  const enter = (scope: Scope | null, name: string): void => {
    const template = scope?.templates.find((candidate) => candidate.name === name)
    if (!scope || !template) return
    const known = found.get(scope.object) ?? new Set<Template>()
    found.set(scope.object, known)
    if (known.has(template)) return
    known.add(template)
    calls(template, scope)
  }
  const calls = ({ steps = [], dag }: Template, scope: Scope): void => {
    for (const caller of [...steps.flat(), ...(dag?.tasks ?? [])]) visit(caller, scope)
  }

  for (const template of local.templates) calls(template, local)
  for (const hook of Object.values(spec.hooks ?? {})) visit(hook, local)
  return [...found].map(([object, templates]) => ({ object, templates: [...templates] }))
}
