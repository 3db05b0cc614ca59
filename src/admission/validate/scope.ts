/** The variables that may be used at a place. */
import { type Path } from '../problem.ts'
import { nearest } from '../suggestion.ts'
import { type Fault, type Place, fault } from './fault.ts'
import { tagParts } from './json-tags.ts'

/** Names that stand for any name that begins like them. */
export const anyItem = 'item.*'
export const anyOutputParameter = 'workflow.outputs.parameters.*'
export const anyOutputArtifact = 'workflow.outputs.artifacts.*'

/** A set of names on top of another. */
export class Scope {
  readonly #names = new Set<string>()
  readonly #below: Scope | undefined
  readonly #also: ((name: string) => boolean) | undefined

  /** @param also names that are looked for only when asked */
  constructor(below?: Scope, also?: (name: string) => boolean) {
    this.#below = below
    this.#also = also
  }

  add(...names: readonly string[]): void {
    for (const name of names) this.#names.add(name)
  }

  /** Every name that is not looked up. */
  *names(): Iterable<string> {
    yield* this.#names
    if (this.#below) yield* this.#below.names()
  }

  has(name: string): boolean {
    return this.#names.has(name) || (this.#below?.has(name) ?? false) || (this.#also?.(name) ?? false)
  }
}

const checkedRoots = ['item.', 'steps.', 'inputs.', 'outputs.', 'pod.', 'workflow.', 'tasks.']
const alwaysKnown = [
  'outputs.',
  'workflow.creationTimestamp',
  'workflow.scheduledTime',
  'workflow.duration',
  'tasks.name',
  'steps.name',
  'node.name',
]
const wildcards = [
  ['item.', anyItem],
  ['workflow.outputs.parameters.', anyOutputParameter],
  ['workflow.outputs.artifacts.', anyOutputArtifact],
] as const

export type Variables = {
  readonly scope: Scope
  readonly globals: ReadonlyMap<string, string>
  /** In a WorkflowTemplate any parameter of the workflow may come from the workflow that uses it. */
  readonly anyWorkflowParameter: boolean
}

/** The first variable of a JSON text that cannot be known, and where in the value it stands. */
export function variablesFault(json: string, variables: Variables, value: unknown, place: Place): Fault | null {
  if (!json.includes('{{')) return null
  const tagged = tagParts(json)
  if ('fault' in tagged) return fault(tagged.fault, placeOfText(value, place, isUnclosed), '{{')
  for (const part of tagged.parts) {
    if (!('tag' in part) || part.tag.startsWith('=') || isKnown(part.tag.trim(), variables)) continue
    const written = writtenTag(part.tag)
    const at = placeOfText(value, place, (text) => text.includes(written))
    const found = fault(`failed to resolve {{${part.tag}}}`, at, written)
    const near = nearestVariable(part.tag.trim(), [...variables.scope.names(), ...variables.globals.keys()])
    return near === undefined ? found : { ...found, hint: `did you mean "${near}"?` }
  }
  return null
}

/** The name that differs in one part only, and little there. */
function nearestVariable(name: string, known: readonly string[]): string | undefined {
  const parts = name.split('.')
  return known.find((candidate) => {
    const others = candidate.split('.')
    const differing = parts.flatMap((part, index) => (part === others[index] ? [] : [index]))
    const [at] = differing
    if (others.length !== parts.length || differing.length !== 1 || at === undefined) return false
    return nearest(parts[at] ?? '', [others[at] ?? '']) !== undefined
  })
}

function isKnown(name: string, { scope, globals, anyWorkflowParameter }: Variables): boolean {
  if (!checkedRoots.some((root) => name.startsWith(root))) return true
  if (scope.has(name) || globals.has(name)) return true
  if (wildcards.some(([prefix, any]) => name.startsWith(prefix) && scope.has(any))) return true
  if (alwaysKnown.some((prefix) => name.startsWith(prefix))) return true
  return anyWorkflowParameter && name.startsWith('workflow.parameters')
}

/** A tag begins in the text that does not end there. */
export const isUnclosed = (text: string): boolean => text.lastIndexOf('{{') > text.lastIndexOf('}}')

/** The tag as it stands in the value: of one that is not closed, the part up to the end of its text. */
export function writtenTag(tag: string): string {
  const inText = /^(?:[^"\\]|\\.)*/.exec(tag)?.[0] ?? ''
  const text = JSON.parse(`"${inText.replace(/\\$/, '')}"`) as string
  return inText.length < tag.length ? `{{${text}` : `{{${text}}}`
}

/** The place of the first text of a value that is so, in the order in which Argo writes it. */
export function placeOfText(value: unknown, place: Place, is: (text: string) => boolean): Place {
  if (place === null) return null
  const found = find(value, is)
  return found === null ? place : [...place, ...found]
}

function find(value: unknown, is: (text: string) => boolean): Path | null {
  if (typeof value === 'string') return is(value) ? [] : null
  if (typeof value !== 'object' || value === null) return null
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [key, inner] of entries) {
    const found = find(inner, is)
    if (found !== null) return [key, ...found]
    if (typeof key === 'string' && is(key)) return [key]
  }
  return null
}
