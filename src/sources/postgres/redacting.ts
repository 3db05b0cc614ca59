/** Problems of a row that holds a Secret, or may, are told without anything the row says. */
import type { Problem } from '../../admission/index.ts'

type Redact = (problem: Problem) => Problem

/** Words that stand in every manifest and give nothing away. */
const harmless = new Set(
  'apiVersion kind metadata name namespace generateName labels annotations data stringData type immutable spec v1 Secret Opaque true false null string number object'.split(
    ' ',
  ),
)
const shortest = 3
const hidden = '…'

/** @param kinds of the documents, as written; empty where one could not be read */
export function redactor(text: Uint8Array, kinds: readonly string[]): Redact {
  const mayHoldSecret = kinds.includes('Secret') || kinds.length === 0 || kinds.includes('')
  if (!mayHoldSecret) return (problem) => problem
  let words: readonly string[] | null = null
  return (problem) => {
    words ??= wordsOf(text)
    return redacted(problem, words, kinds.includes('Secret') || looksSecret(text))
  }
}

const looksSecret = (text: Uint8Array): boolean => /secret/i.test(Buffer.from(text).toString('latin1'))

function redacted(problem: Problem, words: readonly string[], isSecret: boolean): Problem {
  if (!isSecret) return problem
  const clean = (said: string) => withoutWords(said, words)
  const message = clean(problem.message.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, `"${hidden}"`))
  return {
    ...problem,
    message,
    ...(problem.path === undefined ? {} : { path: clean(problem.path) }),
    ...(problem.hint === undefined ? {} : { hint: clean(problem.hint) }),
  }
}

function withoutWords(said: string, words: readonly string[]): string {
  let clean = said
  for (const word of words) if (clean.includes(word)) clean = clean.replaceAll(word, hidden)
  return clean
}

/** The longest first: one may be part of another. */
function wordsOf(text: Uint8Array): readonly string[] {
  const plain = Buffer.from(text).toString('utf8')
  const words = new Set(plain.split(/[\s"'`,:{}[\]]+/).filter((word) => word.length >= shortest && !harmless.has(word)))
  return [...words].sort((a, b) => b.length - a.length)
}
