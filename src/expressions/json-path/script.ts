// The little expression language of filters and scripts: `@.price < 10`, `@.length-1`.
// Operators are looked for one after another, the loosest first; whatever is left is taken as text.

import { applyPath } from './apply.ts'
import { inExpression, JsonPathProblem } from './problem.ts'
import type { Token } from './tokens.ts'
import { parseFloat64, parseInt64 } from '../expr/numbers.ts'
import { goPow } from '../expr/go-pow.ts'
import { compileRegexp } from '../expr/regexp.ts'
import { GoPanic, int64, itemsOf, panic, stringMapOf } from '../expr/values.ts'
import { trimSpace } from '../expr/text.ts'
import { goText } from '../go-format.ts'
import { decodeJson } from '../go-json.ts'

export type Script = { readonly text: string; readonly evaluate: (root: unknown, current: unknown) => unknown }
type Scope = { readonly root: unknown; readonly current: unknown }
type Operator = { readonly run: (scope: Scope) => unknown }

const operators = [
  '||',
  '&&',
  '==',
  '!=',
  '<=',
  '>=',
  '<',
  '>',
  '=~',
  '!',
  '+',
  '-',
  '**',
  '*',
  '/',
  '%',
  'not in',
  'in',
  '@',
  '$',
]

/** Paths hold scripts and scripts hold paths: the reader of paths is handed in. */
export type ParsePath = (selector: string) => readonly Token[]

/** Throws JsonPathProblem if a path inside is broken. */
export function compileScript(text: string, parsePath: ParsePath): Script {
  const operator = build(text, operators, parsePath)
  return {
    text,
    evaluate: (root, current) => {
      if (text === '') throw inExpression('is empty')
      const scope = { root, current }
      if (operator !== null) return operator.run(scope)
      const named = parameter(text, scope)
      if (named !== undefined) return named
      return attempt(() => numberOf(text, scope)) ?? attempt(() => boolOf(text, scope)) ?? text
    },
  }
}

function parameter(name: string, scope: Scope): unknown {
  if (name === '$') return scope.root ?? null
  if (name === '@') return scope.current ?? null
  return name === 'nil' || name === 'null' ? null : undefined
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof JsonPathProblem) return undefined
    throw cause
  }
}

function build(given: string, given2: readonly string[], parsePath: ParsePath): Operator | null {
  let expression = trimSpace(given)
  let tokens = given2
  const token = tokens[0] ?? ''
  if (expression === '') return null
  if (expression.startsWith('(') && expression.endsWith(')')) {
    expression = trimSpace(expression.slice(1, -1))
    tokens = ['', ...operators]
  }
  const further = (): Operator | null => (tokens.length === 1 ? null : build(expression, tokens.slice(1), parsePath))
  const at = findOperator(expression, token)
  if (at < 0) return further()
  const isPath = token === '$' || token === '@'
  const rightText = trimSpace(expression.slice(at + token.length))
  if (rightText === '' && !isPath) return further()
  const right = argument(rightText, tokens, parsePath)
  const leftText = trimSpace(expression.slice(0, at))
  if (leftText === '' && !isPath && token !== '!') return further()
  const left = argument(leftText, tokens, parsePath)
  if (isPath) return left === null ? pathOperator(expression, parsePath) : further()
  if (token === '!') return left === null ? { run: (scope) => !boolOf(right, scope) } : further()
  return binary(token, left, right)
}

function argument(text: string, tokens: readonly string[], parsePath: ParsePath): unknown {
  const operator = build(text, tokens, parsePath)
  if (operator !== null) return operator
  const plain = trimSpace(text)
  if (plain === '') return null
  const isJson = (plain.startsWith('[') && plain.endsWith(']')) || (plain.startsWith('{') && plain.endsWith('}'))
  if (!isJson) return plain
  try {
    return decodeJson(plain)
  } catch (cause) {
    if (cause instanceof GoPanic) return plain
    throw cause
  }
}

/** Where an operator stands outside quotes and brackets, or -1. */
function findOperator(source: string, operator: string): number {
  let [single, double] = [false, false]
  let [square, round] = [0, 0]
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === '(' || char === ')') {
      if (single || double || square > 0) continue
      round += char === '(' ? 1 : -1
    } else if (char === '[' || char === ']') {
      if (single || double || round > 0) continue
      square += char === '[' ? 1 : -1
    } else if (char === "'") {
      if (double || square > 0 || round > 0) continue
      single = !single
    } else if (char === '"') {
      if (single || square > 0 || round > 0) continue
      double = !double
    }
    if (single || double || square > 0 || round > 0 || operator.length > at + 1) continue
    const start = at + 1 - operator.length
    if (source.slice(start, at + 1) === operator) return start
  }
  return -1
}

function pathOperator(text: string, parsePath: ParsePath): Operator {
  const tokens: readonly Token[] = parsePath(text)
  return {
    run: ({ root, current }) => {
      const value = applyPath(tokens, root, current)
      if (typeof value !== 'string') return value
      return value.length > 1 && value.startsWith("'") && value.endsWith("'") ? value : `'${value}'`
    },
  }
}

function binary(token: string, a: unknown, b: unknown): Operator | null {
  const numbers = (act: (x: number, y: number) => unknown): Operator => ({
    run: (s) => act(numberOf(a, s), numberOf(b, s)),
  })
  switch (token) {
    case '||':
      return { run: (s) => [boolOf(a, s), boolOf(b, s)].includes(true) }
    case '&&':
      return { run: (s) => ![boolOf(a, s), boolOf(b, s)].includes(false) }
    case '==':
      return { run: (s) => same(a, b, s) }
    case '!=':
      return { run: (s) => !same(a, b, s) }
    case '<=':
      return numbers((x, y) => x <= y)
    case '>=':
      return numbers((x, y) => x >= y)
    case '<':
      return numbers((x, y) => x < y)
    case '>':
      return numbers((x, y) => x > y)
    case '+':
      return numbers((x, y) => x + y)
    case '-':
      return numbers((x, y) => x - y)
    case '*':
      return numbers((x, y) => x * y)
    case '/':
      return numbers((x, y) => x / y)
    case '**':
      return numbers(goPow)
    case '%':
      return { run: (s) => modulo(integerOf(a, s), integerOf(b, s)) }
    case '=~':
      return { run: (s) => matches(a, b, s) }
    case 'in':
      return { run: (s) => isAmong(a, b, s) }
    case 'not in':
      return { run: (s) => !isAmong(a, b, s) }
    default:
      return null
  }
}

const modulo = (x: bigint, y: bigint): unknown =>
  y === 0n ? panic('runtime error: integer divide by zero') : int64(x % y)

const invalid = (wanted: string): JsonPathProblem => new JsonPathProblem('other', `invalid argument. ${wanted}`)

/** An operator's result, or the value a name stands for. */
function resolved(given: unknown, scope: Scope): unknown {
  const value = isOperator(given) ? given.run(scope) : given
  if (typeof value !== 'string') return value
  const named = parameter(value, scope)
  return named === undefined ? value : named
}

function isOperator(value: unknown): value is Operator {
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function'
}

function numberOf(given: unknown, scope: Scope): number {
  if (given === null) throw invalid('is nil')
  const number = parseFloat64(goText(resolved(given, scope)))
  if (typeof number !== 'number') throw invalid('expected number')
  return number
}

function integerOf(given: unknown, scope: Scope): bigint {
  if (given === null) throw invalid('is nil')
  const int = parseInt64(goText(resolved(given, scope)))
  if (typeof int !== 'bigint') throw invalid('expected integer')
  return int
}

function boolOf(given: unknown, scope: Scope): boolean {
  if (given === null) return false
  const value = resolved(given, scope)
  if (value === null) return false
  const text = goText(value)
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false
  throw invalid('expected boolean')
}

/** A value as text; texts come in single quotes unless the source wrote them bare. */
function textOf(given: unknown, scope: Scope): string {
  if (given === null) throw invalid('is nil')
  const raw = isOperator(given) ? given.run(scope) : given
  if (typeof raw !== 'string') return goText(raw)
  const named = parameter(raw, scope)
  if (named !== undefined && typeof named !== 'string') return goText(named)
  const text = named ?? raw
  if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) return text
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return `'${text.slice(1, -1)}'`
  return named === undefined ? text : `'${text}'`
}

function same(a: unknown, b: unknown, scope: Scope): boolean {
  const [x, y] = [attempt(() => numberOf(a, scope)), attempt(() => numberOf(b, scope))]
  return x !== undefined && y !== undefined ? x === y : textOf(a, scope) === textOf(b, scope)
}

const unquoted = (text: string): string =>
  text.length > 1 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text

function matches(a: unknown, b: unknown, scope: Scope): boolean {
  const text = unquoted(textOf(a, scope))
  const regexp = compileRegexp(unquoted(textOf(b, scope)))
  if ('error' in regexp) throw invalid('expected a valid regexp')
  return regexp.re.matcher(text).find()
}

function isAmong(a: unknown, b: unknown, scope: Scope): boolean {
  const item =
    attempt(() => numberOf(a, scope)) ?? attempt(() => textOf(a, scope)) ?? attempt(() => boolOf(a, scope)) ?? a
  return elementsOf(b, scope).includes(item)
}

function elementsOf(given: unknown, scope: Scope): readonly unknown[] {
  if (given === null) throw invalid('is nil')
  const value = resolved(given, scope)
  if (value === null || value === undefined) throw invalid('is nil')
  const items = itemsOf(value)
  if (items !== undefined) return items
  const map = stringMapOf(value)
  if (map === undefined) throw invalid('expected array, map, or slice')
  return [...map.keys()].map((key) => map.get(key))
}
