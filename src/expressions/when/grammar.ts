/** Which token may follow which in a `when`, and how the library complains when one does not. */
import { formatFloat } from '../go-text.ts'
import { goTimeText } from './time-literals.ts'
import type { Token, TokenKind } from './tokens.ts'

const values: readonly TokenKind[] = ['NUMERIC', 'BOOLEAN', 'VARIABLE', 'ACCESSOR', 'STRING', 'TIME']
const operators: readonly TokenKind[] = ['MODIFIER', 'COMPARATOR', 'LOGICALOP', 'CLAUSE_CLOSE', 'SEPARATOR']
const afterValue: ReadonlySet<TokenKind> = new Set([...operators, 'TERNARY'])
const afterTimeOrPattern: ReadonlySet<TokenKind> = new Set(operators)

/** A time may stand after neither an arithmetic operator nor a prefix, a text not after a prefix: the library's own gaps. */
const followers: Readonly<Record<TokenKind, ReadonlySet<TokenKind>>> = {
  UNKNOWN: new Set(['PREFIX', ...values, 'PATTERN', 'CLAUSE']),
  CLAUSE: new Set(['PREFIX', ...values, 'PATTERN', 'CLAUSE', 'CLAUSE_CLOSE']),
  CLAUSE_CLOSE: new Set([...afterValue, 'NUMERIC', 'BOOLEAN', 'VARIABLE', 'STRING', 'PATTERN', 'TIME', 'CLAUSE']),
  NUMERIC: afterValue,
  BOOLEAN: afterValue,
  STRING: afterValue,
  VARIABLE: afterValue,
  TIME: afterTimeOrPattern,
  PATTERN: afterTimeOrPattern,
  MODIFIER: new Set(['PREFIX', 'NUMERIC', 'VARIABLE', 'ACCESSOR', 'STRING', 'BOOLEAN', 'CLAUSE', 'CLAUSE_CLOSE']),
  COMPARATOR: new Set(['PREFIX', ...values, 'CLAUSE', 'CLAUSE_CLOSE', 'PATTERN']),
  LOGICALOP: new Set(['PREFIX', ...values, 'CLAUSE', 'CLAUSE_CLOSE']),
  PREFIX: new Set(['NUMERIC', 'BOOLEAN', 'VARIABLE', 'ACCESSOR', 'CLAUSE', 'CLAUSE_CLOSE']),
  TERNARY: new Set(['PREFIX', ...values, 'CLAUSE', 'SEPARATOR']),
  ACCESSOR: new Set([...afterValue, 'CLAUSE']),
  SEPARATOR: new Set(['PREFIX', ...values, 'CLAUSE']),
}

const mayEnd: ReadonlySet<TokenKind> = new Set([
  'CLAUSE_CLOSE',
  'NUMERIC',
  'BOOLEAN',
  'STRING',
  'TIME',
  'PATTERN',
  'VARIABLE',
  'ACCESSOR',
])

export const canFollow = (before: TokenKind, after: TokenKind): boolean => followers[before].has(after)

/** `null` if the parentheses and the order of the tokens are right, else the library's complaint. */
export function checkOrder(tokens: readonly Token[]): string | null {
  const open = tokens.filter(({ kind }) => kind === 'CLAUSE').length
  if (open !== tokens.filter(({ kind }) => kind === 'CLAUSE_CLOSE').length) return 'Unbalanced parenthesis'
  let last: Token | null = null
  for (const token of tokens) {
    if (!canFollow(last?.kind ?? 'UNKNOWN', token.kind)) return badTransition(last, token)
    last = token
  }
  return last !== null && mayEnd.has(last.kind) ? null : 'Unexpected end of expression'
}

function badTransition(last: Token | null, token: Token): string {
  if (last?.kind === 'VARIABLE' && token.kind === 'CLAUSE') return `Undefined function ${last.value}`
  const from = last === null ? 'UNKNOWN [<nil>]' : shown(last)
  return `Cannot transition token types from ${from} to ${shown(token)}`
}

const shown = (token: Token): string => `${token.kind} [${shownValue(token)}]`

/** A parenthesis is a rune in Go, so its number is printed; an accessor is a list. */
function shownValue(token: Token): string {
  switch (token.kind) {
    case 'CLAUSE':
    case 'CLAUSE_CLOSE':
      return String(token.value.charCodeAt(0))
    case 'NUMERIC':
      return formatFloat(token.value)
    case 'TIME':
      return goTimeText(token.value)
    case 'ACCESSOR':
      return `[${token.value.replaceAll('.', ' ')}]`
    default:
      return String(token.value)
  }
}
