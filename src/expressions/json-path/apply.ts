// Walks a document along a JSONPath.

import {
  asExpressionProblem,
  asTokenProblem,
  badArgument,
  badResult,
  badTarget,
  inExpression,
  JsonPathProblem,
  outOfRange,
} from './problem.ts'
import type { Script } from './script.ts'
import type { Argument, Token } from './tokens.ts'
import { spend } from '../expr/meter.ts'
import { integerOf } from '../expr/operators.ts'
import { compareText } from '../expr/utf8.ts'
import { byteLength } from '../expr/utf8.ts'
import { int64, itemsOf, kindName, stringMapOf, typeOf } from '../expr/values.ts'

/** What the path leads to. Throws JsonPathProblem. */
export function applyPath(path: readonly Token[], root: unknown, current: unknown): unknown {
  spend(1)
  const [token, ...next] = path
  return token === undefined ? current : apply(token, { root, next }, current)
}

type Context = { readonly root: unknown; readonly next: readonly Token[] }

const onward = ({ root, next }: Context, value: unknown): unknown => applyPath(next, root, value)
const isNone = (value: unknown): value is null | undefined => value === null || value === undefined
const gotten = (value: unknown): string => (isNone(value) ? 'nil' : kindName(value))

/** Members in the order of their keys, or elements. */
function childrenOf(value: unknown): readonly unknown[] | undefined {
  const items = itemsOf(value)
  if (items !== undefined) return items
  const map = typeOf(value)?.kind === 'map' ? stringMapOf(value) : undefined
  return map === undefined ? undefined : [...map.keys()].sort(compareText).map((key) => map.get(key))
}

function apply(token: Token, context: Context, current: unknown): unknown {
  switch (token.kind) {
    case 'root':
      return onward(context, context.root)
    case 'current':
      return onward(context, current)
    case 'key':
      return member(token.key, context, current)
    case 'index':
      return element(token.index, context, current)
    case 'length':
      return onward(context, lengthOf(current))
    case 'wildcard': {
      const children = childrenOf(current)
      if (children === undefined) throw badTarget('wildcard', 'array map slice', gotten(current))
      return each(children, context)
    }
    case 'recursive':
      return descend(context, current, 0)
    case 'filter':
      return filter(token.script, context, current)
    case 'script':
      return script(token.script, context, current)
    case 'union':
      return union(token.args, context, current)
    case 'range':
      return range(token, context, current)
  }
}

function member(key: string, context: Context, current: unknown): unknown {
  const map = typeOf(current)?.kind === 'map' ? stringMapOf(current) : undefined
  if (map === undefined) throw badTarget('key', 'map', gotten(current))
  const value = map.get(key)
  if (value === undefined) throw new JsonPathProblem('token', `key: invalid token key '${key}' not found`)
  return onward(context, value)
}

function element(index: bigint, context: Context, current: unknown): unknown {
  const items = itemsOf(current)
  if (items === undefined) throw badTarget('index', 'array slice', gotten(current))
  const at = index < 0n ? index + BigInt(items.length) : index
  if (at < 0n || at >= BigInt(items.length)) throw outOfRange('index')
  return onward(context, items[Number(at)] ?? null)
}

function lengthOf(current: unknown): unknown {
  if (typeof current === 'string') return int64(BigInt(byteLength(current)))
  const items = itemsOf(current)
  if (items !== undefined) return int64(BigInt(items.length))
  const map = typeOf(current)?.kind === 'map' ? stringMapOf(current) : undefined
  if (map === undefined) throw badTarget('length', 'array map slice string', gotten(current))
  const own = map.get('length')
  return own === undefined ? int64(BigInt(map.size)) : own
}

/** What the rest of the path makes of each value; values it fails on or finds nothing in are left out. */
function each(values: readonly unknown[], context: Context): readonly unknown[] {
  if (context.next.length === 0) return [...values]
  const out: unknown[] = []
  for (const value of values) {
    const result = tried(() => onward(context, value))
    if (!isNone(result)) out.push(result)
  }
  return out
}

/** The same, but an index behind it picks from the list itself. */
function eachOrIndex(values: readonly unknown[], context: Context): unknown {
  return context.next[0]?.kind === 'index' ? onward(context, values) : each(values, context)
}

function tried(run: () => unknown): unknown {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof JsonPathProblem) return null
    throw cause
  }
}

const DEPTH_MAX = 1_000

function descend(context: Context, current: unknown, depth: number): readonly unknown[] {
  spend(1)
  if (isNone(current) || depth > DEPTH_MAX) return []
  const out: unknown[] = []
  const found = context.next.length === 0 ? current : tried(() => onward(context, current))
  const items = context.next.length === 0 ? undefined : itemsOf(found)
  if (items !== undefined) for (const item of items) out.push(item)
  else if (!isNone(found)) out.push(found)
  for (const child of childrenOf(current) ?? []) for (const item of descend(context, child, depth + 1)) out.push(item)
  return out
}

function isWanted(result: unknown): boolean {
  if (isNone(result)) return false
  if (typeof result === 'boolean') return result
  if (typeof result === 'string') {
    const quoted =
      result.length > 1 &&
      ((result.startsWith("'") && result.endsWith("'")) || (result.startsWith('"') && result.endsWith('"')))
    return (quoted ? result.slice(1, -1) : result) !== ''
  }
  const size = childrenOf(result)?.length
  return size !== undefined ? size > 0 : result !== 0 && integerOf(result) !== 0n
}

function filter(test: Script, context: Context, current: unknown): unknown {
  if (test.text === '') throw inExpression('is empty')
  const children = childrenOf(current)
  if (children === undefined) throw badTarget('filter', 'array map slice', gotten(current))
  return eachOrIndex(
    children.filter((child) => isWanted(tried(() => test.evaluate(context.root, child)))),
    context,
  )
}

/** An expression's value; its failures are said as such. */
function evaluated(given: Script, context: Context, current: unknown): unknown {
  try {
    return given.evaluate(context.root, current)
  } catch (cause) {
    throw cause instanceof JsonPathProblem ? asExpressionProblem(cause) : cause
  }
}

function script(given: Script, context: Context, current: unknown): unknown {
  const value = evaluated(given, context, current)
  if (isNone(value)) throw badResult('int string', 'nil')
  if (typeof value === 'string') return member(value, context, current)
  const index = wholeNumber(value)
  if (index === undefined) throw badResult('int string', kindName(value))
  return element(index, context, current)
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  return integerOf(value)
}

function union(args: readonly Argument[], context: Context, current: unknown): unknown {
  const keys: string[] = []
  const indices: bigint[] = []
  for (const arg of args) {
    const value = typeof arg === 'object' ? argumentOf('union', arg, context, current) : arg
    if (isNone(value)) throw badArgument('union', 'int string', 'nil')
    const index = wholeNumber(value)
    if (typeof value === 'string') keys.push(value)
    else if (index !== undefined) indices.push(index)
    else throw badArgument('union', 'int string', kindName(value))
    if (keys.length > 0 && indices.length > 0)
      throw typeof value === 'string' ? badArgument('union', 'int', 'string') : badArgument('union', 'string', 'int')
  }
  return keys.length > 0
    ? eachOrIndex(membersNamed(keys, current), context)
    : eachOrIndex(elementsAt(indices, current), context)
}

function membersNamed(keys: readonly string[], current: unknown): readonly unknown[] {
  const map = typeOf(current)?.kind === 'map' ? stringMapOf(current) : undefined
  if (map === undefined) throw badTarget('union', 'map', gotten(current))
  return keys.map((key) => map.get(key)).filter((value) => value !== undefined)
}

function elementsAt(indices: readonly bigint[], current: unknown): readonly unknown[] {
  const items = itemsOf(current)
  if (items === undefined) throw badTarget('union', 'array slice', gotten(current))
  const size = BigInt(items.length)
  return indices
    .map((i) => (i < 0n ? i + size : i))
    .filter((i) => i >= 0n && i < size)
    .map((i) => items[Number(i)] ?? null)
}

function argumentOf(type: string, given: Script, context: Context, current: unknown): unknown {
  try {
    if (given.text === '') throw inExpression('is empty')
    return evaluated(given, context, current)
  } catch (cause) {
    throw cause instanceof JsonPathProblem ? asTokenProblem(type, cause) : cause
  }
}

function range(token: Extract<Token, { kind: 'range' }>, context: Context, current: unknown): unknown {
  const items = itemsOf(current)
  if (items === undefined) throw badTarget('range', 'array slice', gotten(current))
  const size = BigInt(items.length)
  const bound = (given: bigint | Script | null, otherwise: bigint): bigint => {
    if (given === null) return otherwise
    const value = number(given, context, current)
    const from = value < 0n ? value + size : value
    return from < 0n ? 0n : from > size ? size : from
  }
  const from = bound(token.from, 0n)
  const to = bound(token.to, size)
  const step = token.step === null ? 1n : number(token.step, context, current)
  if (step === 0n) throw outOfRange('range')
  const picked: unknown[] = []
  if (step > 0n) for (let i = from; i < to; i += step) picked.push(items[Number(i)] ?? null)
  else for (let i = to - 1n; i >= from; i += step) picked.push(items[Number(i)] ?? null)
  return eachOrIndex(picked, context)
}

function number(given: bigint | Script, context: Context, current: unknown): bigint {
  if (typeof given === 'bigint') return given
  const value = argumentOf('range', given, context, current)
  if (isNone(value)) throw asTokenProblem('range', badResult('int', 'nil'))
  const whole = wholeNumber(value)
  if (whole === undefined) throw asTokenProblem('range', badResult('int', kindName(value)))
  return whole
}
