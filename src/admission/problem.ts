/** What is wrong with a manifest: Argo's words, the place, and what to do about it. */
import type { Position } from '../resources/index.ts'

/** Keys and indices from the top of the document. */
export type Path = readonly (string | number)[]

export type Problem = {
  /** Argo's words, its path in front where it has one. */
  readonly message: string
  /** The place as a text: `spec.templates[0].container.image`. */
  readonly path?: string
  readonly at?: Position
  /** What to do about it. */
  readonly hint?: string
  /** The single faults, where the message tells several. */
  readonly parts?: readonly Problem[]
  /** Name of the rule that refuses it, for what is no mistake in itself. */
  readonly rule?: string
  /** Argo drops such a document without a word; where another one of its file is good, its lint passes. */
  readonly silentInArgo?: boolean
  /** Decoding failed: Argo's lint breaks the whole call off. */
  readonly aborts?: boolean
}

/** `spec.templates[0].name` */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** `file:line:column  path  what is wrong  — what to do`, without the parts that are unknown. */
export function formatProblem(problem: Problem): string {
  const { at, path, message, hint, rule } = problem
  const place = at ? [at.file, at.line, at.column].filter((part) => part !== undefined).join(':') : undefined
  const what = rule ? `${message} (${rule})` : message
  const parts = [place, path || undefined, what].filter((part) => part !== undefined)
  return hint ? `${parts.join('  ')}  — ${hint}` : parts.join('  ')
}
