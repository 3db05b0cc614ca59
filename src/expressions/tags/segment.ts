// A tag made ready: what to look up, or the expression read once.

import { identifiersIn } from './identifiers.ts'
import { compileExpression } from '../expr/evaluate.ts'
import type { CompiledExpression } from '../expr/evaluate.ts'
import { trimSpace } from '../expr/text.ts'
import { encodeText } from '../go-json.ts'
import { jsonProblem } from '../json-problem.ts'

export type Segment = SimpleSegment | ExpressionSegment

export type SimpleSegment = {
  readonly kind: 'simple'
  /** The tag as it stands in JSON text (escaped) and as the author wrote it. */
  readonly escaped: string
  readonly written: string
  readonly name: string
  /** `{{outer-{{inner}}}}`: the first `}}` ends the inner tag. */
  readonly nested: { readonly written: string; readonly name: string } | null
}

export type ExpressionSegment = {
  readonly kind: 'expression'
  /** As Argo shows it: JSON text in which `<`, `>` and `&` are themselves. */
  readonly escaped: string
  readonly written: string
  readonly program:
    | {
        readonly compiled: CompiledExpression
        /** Names it needs, in order; `null` if it does not parse. */ readonly identifiers: readonly string[] | null
      }
    | { readonly error: string }
}

/**
 * A tag's text as a segment.
 * @param isJsonText the text is already JSON text, as that of plain (raw) templates counts
 */
export function segmentOf(inner: string, isJsonText: boolean): Segment {
  const escaped = isJsonText ? inner : encodeText(inner).slice(1, -1)
  if (!inner.startsWith('=')) {
    const at = escaped.lastIndexOf('{{')
    const nested = at <= 0 ? null : { written: inner.slice(0, inner.lastIndexOf('{{')), name: escaped.slice(at + 2) }
    return { kind: 'simple', escaped, written: inner, name: trimSpace(escaped), nested }
  }
  const fixed = escaped.slice(1).replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replaceAll('\\u0026', '&')
  return { kind: 'expression', escaped: fixed, written: inner.slice(1), program: programOf(fixed) }
}

function programOf(jsonText: string): ExpressionSegment['program'] {
  const literal = `"${jsonText}"`
  const problem = jsonProblem(literal)
  if (problem !== null) return { error: problem }
  const source: unknown = JSON.parse(literal)
  const compiled = compileExpression(typeof source === 'string' ? source : '')
  return { compiled, identifiers: 'root' in compiled.tree ? identifiersIn(compiled.tree.root) : null }
}
