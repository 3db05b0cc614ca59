/**
 * The common form of a `depends` (names with results, `&&`, `||`, `!`, parentheses) as a tree that is evaluated
 * without the whole expression language. Anything else is left to that.
 */
import { type TaskResult, type TaskResults, taskResults } from './results.ts'

export type DependsProgram =
  | { readonly kind: 'result'; readonly task: string; readonly result: TaskResult }
  | { readonly kind: 'not'; readonly operand: DependsProgram }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly DependsProgram[] }

/** Words of the expression language; a task of that name makes the expression wrong. */
const reserved: ReadonlySet<string> = new Set([
  ...['and', 'or', 'not', 'in', 'matches', 'contains', 'startsWith', 'endsWith'],
  ...['true', 'false', 'nil', 'let', 'if', 'else'],
])

const tokenForms = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z]+)(?![A-Za-z0-9_.(])|(&&|\|\||[!()]))/y

type Token = { readonly task: string; readonly result: TaskResult } | string

/** `null` if the text is not of this form. */
export function compileProgram(text: string): DependsProgram | null {
  const tokens = readTokens(text)
  if (tokens === null) return null
  let position = 0
  const take = (sign: string): boolean => {
    if (tokens[position] !== sign) return false
    position++
    return true
  }
  const chain = (kind: 'and' | 'or', sign: string, inner: () => DependsProgram | null): DependsProgram | null => {
    const operands: DependsProgram[] = []
    do {
      const operand = inner()
      if (operand === null) return null
      operands.push(operand)
    } while (take(sign))
    return operands.length === 1 ? (operands[0] ?? null) : { kind, operands }
  }
  const either = (): DependsProgram | null => chain('or', '||', both)
  const both = (): DependsProgram | null => chain('and', '&&', single)
  const single = (): DependsProgram | null => {
    if (take('!')) {
      const operand = single()
      return operand === null ? null : { kind: 'not', operand }
    }
    if (take('(')) {
      const inner = either()
      return take(')') ? inner : null
    }
    const token = tokens[position++]
    return token === undefined || typeof token === 'string' ? null : { kind: 'result', ...token }
  }
  const program = either()
  return position === tokens.length ? program : null
}

function readTokens(text: string): readonly Token[] | null {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  tokenForms.lastIndex = 0
  while (tokenForms.lastIndex < end) {
    const [, task, resultText, sign] = tokenForms.exec(text) ?? []
    const result = taskResults.find((known) => known === resultText)
    if (sign !== undefined) tokens.push(sign)
    else if (task !== undefined && result !== undefined && !reserved.has(task)) tokens.push({ task, result })
    else return null
  }
  return tokens
}

/** @param resultsOf by the name in the text, where dashes are underscores */
export function runProgram(program: DependsProgram, resultsOf: (task: string) => TaskResults): boolean {
  switch (program.kind) {
    case 'result':
      return resultsOf(program.task)[program.result]
    case 'not':
      return !runProgram(program.operand, resultsOf)
    case 'and':
      return program.operands.every((operand) => runProgram(operand, resultsOf))
    case 'or':
      return program.operands.some((operand) => runProgram(operand, resultsOf))
  }
}
