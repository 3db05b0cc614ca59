/**
 * Turns the tokens of a `when` into a tree. Operators of one level bind from the left, `**` too.
 * A leftover behind a closed parenthesis is dropped without a word, as the library does.
 */
import type { RE2JS } from 're2js'
import { re2 } from '../re2.ts'
import { type Parsed, parsed, unparsed } from '../go-text.ts'
import { checkOrder } from './grammar.ts'
import { type Token, type TokenKind, prefixes } from './tokens.ts'

export type Stage =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'pattern'; readonly pattern: RE2JS; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'accessor'; readonly name: string; readonly argument: Stage | null }
  | { readonly kind: 'group'; readonly inner: Stage | null }
  | { readonly kind: 'prefix'; readonly operator: string; readonly operand: Stage | null }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Stage | null; readonly right: Stage | null }

type Level = { readonly kind: TokenKind; readonly operators: ReadonlySet<string> }
const level = (kind: TokenKind, ...operators: readonly string[]): Level => ({ kind, operators: new Set(operators) })

/** From the loosest to the tightest. */
const levels: readonly Level[] = [
  level('SEPARATOR', ','),
  level('TERNARY', '?', ':', '??'),
  level('LOGICALOP', '||'),
  level('LOGICALOP', '&&'),
  level('COMPARATOR', '==', '!=', '>', '>=', '<', '<=', '=~', '!~', 'in'),
  level('MODIFIER', '^', '&', '|'),
  level('MODIFIER', '>>', '<<'),
  level('MODIFIER', '+', '-'),
  level('MODIFIER', '*', '/', '%'),
  level('MODIFIER', '**'),
]

class Planner {
  private position = 0
  private readonly tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  plan(depth: number): Stage | null {
    const here = levels[depth]
    if (here === undefined) return this.value()
    let left = this.plan(depth + 1)
    for (;;) {
      const token = this.tokens[this.position]
      if (token?.kind !== here.kind || typeof token.value !== 'string' || !here.operators.has(token.value)) return left
      this.position++
      left = { kind: 'binary', operator: token.value, left, right: this.plan(depth + 1) }
    }
  }

  private value(): Stage | null {
    const token = this.tokens[this.position]
    if (token === undefined || token.kind === 'CLAUSE_CLOSE') return null
    this.position++
    switch (token.kind) {
      case 'CLAUSE': {
        const inner = this.plan(0)
        this.position++ // whatever stands here is taken for the closing parenthesis
        return { kind: 'group', inner }
      }
      case 'PREFIX':
        return prefixes.has(token.value) ? { kind: 'prefix', operator: token.value, operand: this.value() } : null
      case 'VARIABLE':
        return { kind: 'variable', name: token.value }
      case 'ACCESSOR': {
        const called = this.tokens[this.position]?.kind === 'CLAUSE'
        return { kind: 'accessor', name: token.value, argument: called ? this.plan(0) : null }
      }
      case 'TIME':
        return { kind: 'literal', value: token.value.unixSeconds }
      case 'NUMERIC':
      case 'BOOLEAN':
        return { kind: 'literal', value: token.value }
      case 'PATTERN':
        return { kind: 'pattern', pattern: re2().RE2JS.compile(token.value), text: token.value }
      default:
        return { kind: 'literal', value: token.value }
    }
  }
}

/** `stage` is null for an expression of nothing; in `tokens` the texts behind `=~` and `!~` have become patterns. */
export type Plan = { readonly stage: Stage | null; readonly tokens: readonly Token[] }

export function planTokens(tokens: readonly Token[]): Parsed<Plan> {
  const wrong = checkOrder(tokens)
  if (wrong !== null) return unparsed(wrong)
  const marked: Token[] = []
  for (const token of tokens) {
    const last = marked.at(-1)
    const afterMatch = last?.kind === 'COMPARATOR' && (last.value === '=~' || last.value === '!~')
    if (!afterMatch || token.kind !== 'STRING') {
      marked.push(token)
      continue
    }
    const pattern = compilePattern(token.value)
    if (!pattern.ok) return pattern
    marked.push({ kind: 'PATTERN', value: token.value })
  }
  return parsed({ stage: new Planner(marked).plan(0), tokens: marked })
}

export function compilePattern(text: string): Parsed<RE2JS> {
  try {
    return parsed(re2().RE2JS.compile(text))
  } catch (error) {
    if (error instanceof re2().RE2JSException) return unparsed(error.message)
    throw error
  }
}
