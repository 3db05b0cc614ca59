/** What the check of one object carries along. */
import type { Template, WorkflowSpec, WorkflowTemplate } from '../../resources/index.ts'
import type { Place } from './fault.ts'

/** Finds the objects that templates are referred from. */
export type TemplateLookup = {
  workflowTemplate(name: string, namespace: string): WorkflowTemplate | undefined
  clusterWorkflowTemplate(
    name: string,
  ): { readonly metadata: WorkflowTemplate['metadata']; readonly spec: WorkflowSpec } | undefined
}

/** The object whose templates are called by name. */
export type Holder = {
  readonly scope: 'local' | 'namespaced' | 'cluster'
  readonly name: string
  readonly spec: WorkflowSpec
  /** Where its spec stands in the object checked. */
  readonly place: Place
}

/** How a template is called: by name, by reference to another object, or written in place. */
export type Call = {
  readonly template?: string | undefined
  readonly templateRef?:
    { readonly name?: string; readonly template?: string; readonly clusterScope?: boolean } | undefined
  readonly inline?: Template | undefined
}

export type Context = {
  readonly lookup: TemplateLookup
  readonly namespace: string
  /** A WorkflowTemplate is checked alone: its arguments may come later. */
  readonly isTemplate: boolean
  /** A reference to an object that is not there is left open. */
  readonly mayLackObjects: boolean
  /** Variables of the workflow with their values; grows as templates with global outputs are met. */
  readonly globals: Map<string, string>
  /** Templates that need no second look, by holder and name. */
  readonly validated: Set<string>
  readonly placeholder: () => string
}
