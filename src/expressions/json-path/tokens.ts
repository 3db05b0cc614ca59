// The steps of a JSONPath, read from their texts.

import { badFormat, inExpression, JsonPathProblem } from './problem.ts'
import { compileScript } from './script.ts'
import type { Script } from './script.ts'
import { tokenize } from './tokenize.ts'
import { trimSpace } from '../expr/text.ts'

export type Argument = bigint | string | Script
export type Token =
  | { readonly kind: 'root' | 'current' | 'wildcard' | 'recursive' | 'length' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: bigint }
  | { readonly kind: 'filter' | 'script'; readonly script: Script }
  | { readonly kind: 'union'; readonly args: readonly Argument[] }
  | {
      readonly kind: 'range'
      readonly from: bigint | Script | null
      readonly to: bigint | Script | null
      readonly step: bigint | Script | null
    }

/** The steps of a path. Throws JsonPathProblem. */
export function parsePath(selector: string): readonly Token[] {
  return tokenize(selector).map(parseToken)
}

const simple: Readonly<Record<string, Token>> = {
  $: { kind: 'root' },
  '@': { kind: 'current' },
  '*': { kind: 'wildcard' },
  '..': { kind: 'recursive' },
  length: { kind: 'length' },
}

const isScript = (text: string): boolean => text.length > 2 && text.startsWith('(') && text.endsWith(')')
const isQuoted = (text: string): boolean =>
  text.length > 1 && ((text.startsWith("'") && text.endsWith("'")) || (text.startsWith('"') && text.endsWith('"')))
const scriptIn = (text: string): Script => compileScript(text.slice(1, -1), parsePath)

function integer(text: string): bigint | null {
  return /^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? BigInt(text) : null
}

function parseToken(raw: string): Token {
  const text = trimSpace(raw)
  if (text === '') throw new JsonPathProblem('token', 'invalid token. token string is empty')
  if (!text.startsWith('['))
    return (Object.hasOwn(simple, text) ? simple[text] : undefined) ?? { kind: 'key', key: text }
  const inner = trimSpace(text.slice(1, -1))
  if (!text.endsWith(']') || inner === '') throw badFormat(text)
  if (inner === '*') return { kind: 'wildcard' }
  if (inner.startsWith('?')) {
    if (!inner.startsWith('?(') || !inner.endsWith(')')) throw badFormat(text)
    return { kind: 'filter', script: compileScript(trimSpace(inner.slice(2, -1)), parsePath) }
  }
  return subscript(text, partsOf(text, inner))
}

type Part = bigint | string | null

/** The pieces of a subscript: numbers, quoted keys, scripts, `:`, `,`; null for a start left out. */
function partsOf(text: string, inner: string): readonly Part[] {
  const parts: Part[] = []
  let buffer = ''
  let open = 0
  let quote = ''
  const flush = (strict: boolean): void => {
    const piece = buffer.slice(0, -1)
    buffer = ''
    if (piece === '') return
    const number = integer(piece)
    if (number === null && strict) throw badFormat(text)
    parts.push(number ?? piece)
  }
  for (const [at, char] of Array.from(inner).entries()) {
    buffer += char
    if (char === ' ' && quote === '' && open === 0) buffer = trimSpace(buffer)
    else if (char === '(' && quote === '') open++
    else if (char === ')') {
      open--
      if (open !== 0) continue
      if (!isScript(buffer)) throw inExpression(`invalid format '${buffer}'`)
      parts.push(buffer)
      buffer = ''
    } else if ((char === "'" || char === '"') && (quote === '' || quote === char) && open === 0) {
      if (buffer.length > 1 && buffer.at(-2) === '\\') {
        buffer = buffer.slice(0, -2) + char
        continue
      }
      if (quote === '') {
        if (buffer !== char) throw badFormat(text)
        quote = char
        continue
      }
      quote = ''
      if (!isQuoted(buffer)) throw badFormat(text)
      parts.push(buffer)
      buffer = ''
    } else if (char === ':' && quote === '' && open === 0) {
      if (at === 0) parts.push(null)
      flush(true)
      parts.push(':')
    } else if (char === ',' && quote === '' && open === 0) {
      flush(false)
      parts.push(',')
    }
  }
  if (buffer !== '') parts.push(integer(buffer) ?? buffer)
  return parts
}

function subscript(text: string, parts: readonly Part[]): Token {
  const [only] = parts
  if (parts.length === 1) {
    if (typeof only === 'bigint') return { kind: 'index', index: only }
    if (typeof only === 'string' && isQuoted(only)) return { kind: 'key', key: only.slice(1, -1) }
    if (typeof only === 'string' && isScript(only)) return { kind: 'script', script: scriptIn(only) }
    throw badFormat(text)
  }
  const args: Part[] = []
  let [colons, commas, afterColon] = [0, 0, false]
  for (const part of parts) {
    if (part === ':') {
      colons++
      if (afterColon) args.push(null)
      afterColon = true
      continue
    }
    if (part === ',') commas++
    else args.push(part)
    afterColon = false
  }
  if (colons > 0 && commas > 0) throw badFormat(text)
  if (commas > 0) return union(text, args, commas)
  if (colons === 0 || colons > 2) throw badFormat(text)
  return rangeOf(colons === 1 && args.length === 1 ? [...args, null] : args)
}

function union(text: string, args: readonly Part[], commas: number): Token {
  if (commas >= args.length) throw badFormat(text)
  return {
    kind: 'union',
    args: args.map((arg) => {
      if (typeof arg === 'bigint') return arg
      if (arg === null) throw badFormat(text)
      if (isScript(arg)) return wrapped(arg)
      if (isQuoted(arg)) return arg.slice(1, -1)
      throw badFormat(text)
    }),
  }
}

function wrapped(text: string): Script {
  try {
    return scriptIn(text)
  } catch (cause) {
    if (cause instanceof JsonPathProblem && cause.about !== 'expression') throw inExpression(cause.message)
    throw cause
  }
}

function rangeOf(args: readonly Part[]): Token {
  const bound = (part: Part | undefined): bigint | Script | null => {
    if (part === undefined || part === null || typeof part === 'bigint') return part ?? null
    if (!isScript(part)) throw inExpression(`invalid format '${part}'`)
    return wrapped(part)
  }
  return { kind: 'range', from: bound(args[0]), to: bound(args[1]), step: bound(args[2]) }
}
