/** How a template is called: by whom, as which node, with what. */
import type { Arguments, NodeStatus, Template } from '../resources/index.ts'
import type { Holder, TemplateScope } from './template-lookup.ts'

export type Call = {
  readonly nodeName: string
  readonly holder: Holder
  readonly scope: TemplateScope
  readonly args: Arguments
  /** Parameters whose argument was an output that will never be. */
  readonly absent: ReadonlySet<string>
  /** The Steps or DAG node that encloses it, and its template. */
  readonly boundary: NodeStatus | null
  readonly boundaryTemplate: Template | null
  readonly inExitHandler: boolean
  readonly hooked: boolean
  /** `steps.name` or `tasks.name` of the callee. */
  readonly caller: { readonly kind: 'steps' | 'tasks'; readonly name: string } | null
  /** Whether the calling template refers to this node's outputs.result. */
  readonly resultWanted: boolean
  readonly depth: number
}

export const nothingAbsent: ReadonlySet<string> = new Set()

/**
 * Whether a template's text refers to the result of one of its steps or tasks. Argo looks at the JSON text, so a mention
 * in any field counts (semantics-templates.md §2.2).
 */
export function refersToResult(template: Template, name: string): boolean {
  let names = mentioned.get(template)
  if (names === undefined) {
    names = new Set(
      [...JSON.stringify(template).matchAll(mention)].map((match) => match[1] ?? match[2] ?? match[3] ?? ''),
    )
    mentioned.set(template, names)
  }
  return names.has(name)
}

/** Whether anything in the template's text may look at the status of its steps. */
export function mentionsStatus(template: Template): boolean {
  let answer = statusMentioned.get(template)
  if (answer === undefined) {
    answer = JSON.stringify(template).includes('status')
    statusMentioned.set(template, answer)
  }
  return answer
}
const statusMentioned = new WeakMap<Template, boolean>()

/** Names whose result a template's text mentions; the text is read once. */
const mentioned = new WeakMap<Template, ReadonlySet<string>>()
const mention = /(?:steps|tasks)(?:\.([^.\s"'{}[\]]+)|\['([^']+)'\]|\[\\"([^"\\]+)\\"\])\.outputs\.result/g
