/** Template tags, compiled once per object and filled in per instance. */
import type { CompiledDocument, Outside, Rendered, TagPolicy, Variables } from '../expressions/index.ts'
import { compileDocument, renderDocument } from '../expressions/index.ts'

/** Unknown tags stay (passes 1–4, 9 and 10 of semantics-variables.md §3). */
export const keepUnknown: TagPolicy = { kind: 'keep' }
/** References to steps and tasks must resolve, or the caller waits (passes 5 and 6). */
export const referencesMustResolve: TagPolicy = { kind: 'strict', prefixes: ['steps', 'tasks'], artifactsMayStay: true }
/** Every tag must resolve (pass 7). */
export const everythingMustResolve: TagPolicy = { kind: 'strict', prefixes: 'all' }

const documents = new WeakMap<object, CompiledDocument<unknown>>()

function compiled<T extends object>(value: T): CompiledDocument<T> {
  let document = documents.get(value)
  if (document === undefined) {
    document = compileDocument<unknown>(value)
    documents.set(value, document)
  }
  return document as CompiledDocument<T>
}

/** Whether nothing in it is ever filled in: rendering gives it back as it is. */
export const isPlain = (value: object): boolean => compiled(value).template.kind === 'plain'

/** Clock and chance for expressions that ask for them: a run has them. */
export type Outsider = { readonly outside: Outside }

export function render<T extends object>(
  { outside }: Outsider,
  value: T,
  variables: Variables,
  policy: TagPolicy,
): Rendered<T> {
  return renderDocument(compiled(value), variables, policy, outside)
}

/** The same for an object that is made for one instance: what is compiled is not kept. */
export function renderOnce<T extends object>(
  { outside }: Outsider,
  value: T,
  variables: Variables,
  policy: TagPolicy,
): Rendered<T> {
  return renderDocument(compileDocument(value), variables, policy, outside)
}

/** A text as one value of a JSON document. */
export function renderString(
  { outside }: Outsider,
  text: string,
  variables: Variables,
  policy: TagPolicy,
): Rendered<string> {
  if (!text.includes('{{')) return { ok: true, value: text, tagsLeft: false }
  return renderDocument(compileDocument(text), variables, policy, outside)
}

const onlyTag = /^\s*\{\{\s*([^={}][^{}]*?)\s*\}\}\s*$/

/** The name in a text that is exactly one simple tag, or null. */
export function soleTag(text: unknown): string | null {
  return typeof text === 'string' ? (onlyTag.exec(text)?.[1] ?? null) : null
}

/** A reference with or without its braces. */
export const withoutBraces = (text: string): string => soleTag(text) ?? text.trim()
