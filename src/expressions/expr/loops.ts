// The builtins that loop over an array with a predicate, as code.

import type { BuiltinNode, Node } from './ast.ts'
import { asBool, dereferenced } from './assert.ts'
import type { Compiler } from './compiler.ts'
import type { Code, Frame, LoopState } from './frame.ts'
import { mapKeyId } from './fetch.ts'
import { goType } from './go-types.ts'
import { spend } from './meter.ts'
import { add, orderOf } from './operators.ts'
import { bytesOf } from './utf8.ts'
import { GoAnyMap, itemsOf, panic, stringMapOf, typeName, typeOf, uint8 } from './values.ts'

type Body = {
  readonly each: Code
  /** What is taken of an element; the element itself if absent. */
  readonly map: Code | null
  readonly extra: Code | null
  readonly throws: boolean
  readonly threshold: number | null
}
type Run = (frame: Frame, loop: LoopState, body: Body, at: number) => unknown

/** Code of a looping builtin, or `null` if it is none. */
export function compileLoop(compiler: Compiler, node: BuiltinNode): Code | null {
  const run = runs[node.name]
  const [source, predicate, extra] = node.args
  if (run === undefined || source === undefined) return null
  const collection = compiler.compile(source)
  const optional = (n: Node | undefined): Code | null => (n === undefined ? null : compiler.compile(n))
  const body: Body = {
    each: predicate === undefined ? element : compiler.compile(predicate),
    map: optional(node.map),
    extra: optional(extra),
    throws: node.throws === true,
    threshold: node.threshold === undefined ? null : Number(node.threshold),
  }
  const { at } = node
  return (frame) => {
    const value = dereferenced(collection(frame))
    frame.at = at
    const loop: LoopState = { items: elementsOf(value), index: 0, acc: null }
    const outer = frame.loop
    frame.loop = loop
    const result = run(frame, loop, body, at)
    frame.loop = outer
    return result
  }
}

const element: Code = (frame) => frame.loop?.items[frame.loop.index] ?? null

/** Strings loop over their bytes; what is no array fails as Go's reflection does. */
function elementsOf(value: unknown): readonly unknown[] {
  const items = itemsOf(value)
  if (items !== undefined) return items
  if (typeof value === 'string') return Array.from(bytesOf(value), uint8)
  if (value instanceof GoAnyMap || stringMapOf(value) !== undefined) {
    const size = value instanceof GoAnyMap ? value.entries.size : (stringMapOf(value)?.size ?? 0)
    return size === 0 ? [] : panic('reflect: call of reflect.Value.Index on map Value')
  }
  const type = typeOf(value)
  return panic(`reflect: call of reflect.Value.Len on ${type === null ? 'zero' : type.kind} Value`)
}

/** Goes through the elements until `visit` says stop. */
function forward(frame: Frame, loop: LoopState, visit: () => boolean): void {
  for (; loop.index < loop.items.length; loop.index++) {
    spend(1)
    if (visit()) return
  }
}

function backward(frame: Frame, loop: LoopState, visit: () => boolean): void {
  for (loop.index = loop.items.length - 1; loop.index >= 0; loop.index--) {
    spend(1)
    if (visit()) return
  }
}

function holds(frame: Frame, body: Body, at: number): boolean {
  const value = body.each(frame)
  frame.at = at
  return asBool(value)
}

/** Whether some element's predicate is `wanted`. */
const some =
  (wanted: boolean, whenFound: boolean): Run =>
  (frame, loop, body, at) => {
    let found = false
    forward(frame, loop, () => (found = holds(frame, body, at) === wanted))
    return found ? whenFound : !whenFound
  }

const finder =
  (go: typeof forward, wantsIndex: boolean): Run =>
  (frame, loop, body, at) => {
    let result: unknown = null
    let found = false
    go(frame, loop, () => {
      if (!holds(frame, body, at)) return false
      found = true
      result = wantsIndex ? BigInt(loop.index) : (body.map ?? element)(frame)
      return true
    })
    if (!found && body.throws) {
      frame.at = at
      panic('reflect: slice index out of range')
    }
    return result
  }

function count(frame: Frame, loop: LoopState, body: Body, at: number): number {
  let n = 0
  forward(frame, loop, () => {
    if (holds(frame, body, at)) n++
    return body.threshold !== null && n >= body.threshold
  })
  return n
}

function collect(frame: Frame, at: number, items: readonly unknown[]): readonly unknown[] {
  frame.at = at
  frame.grow(items.length)
  return items
}

const runs: Readonly<Record<string, Run>> = {
  all: some(false, false),
  none: some(true, false),
  any: some(true, true),
  one: (frame, loop, body, at) => count(frame, loop, body, at) === 1,
  count: (frame, loop, body, at) => BigInt(count(frame, loop, body, at)),
  filter: (frame, loop, body, at) => {
    const out: unknown[] = []
    forward(frame, loop, () => {
      if (holds(frame, body, at)) out.push((body.map ?? element)(frame))
      return false
    })
    return collect(frame, at, out)
  },
  map: (frame, loop, body, at) => {
    const out: unknown[] = []
    forward(frame, loop, () => {
      out.push(body.each(frame))
      return false
    })
    return collect(frame, at, out)
  },
  sum: (frame, loop, body, at) => {
    loop.acc = 0n
    forward(frame, loop, () => {
      const value = body.each(frame)
      frame.at = at
      loop.acc = add(value, loop.acc)
      return false
    })
    return loop.acc
  },
  find: finder(forward, false),
  findIndex: finder(forward, true),
  findLast: finder(backward, false),
  findLastIndex: finder(backward, true),
  groupBy,
  sortBy,
  reduce,
}

function groupBy(frame: Frame, loop: LoopState, body: Body, at: number): unknown {
  const groups = new GoAnyMap(goType('map[any][]any'))
  loop.acc = groups
  forward(frame, loop, () => {
    const key = body.each(frame)
    frame.at = at
    const id = mapKeyId(key)
    const entry = groups.entries.get(id)
    const item = element(frame)
    // The group is ours: nothing else sees it before the loop is over.
    if (entry !== undefined && Array.isArray(entry.value)) entry.value.push(item)
    else groups.entries.set(id, { key, value: [item] })
    return false
  })
  return groups
}

function sortBy(frame: Frame, loop: LoopState, body: Body, at: number): unknown {
  const order = body.extra === null ? 'asc' : body.extra(frame)
  frame.at = at
  if (typeof order !== 'string') panic('sortBy order argument must be a string')
  if (order !== 'asc' && order !== 'desc') panic('unknown order, use asc or desc')
  const pairs: { readonly item: unknown; readonly value: unknown }[] = []
  forward(frame, loop, () => {
    const value = body.each(frame)
    frame.at = at
    pairs.push({ item: element(frame), value })
    return false
  })
  sortInPlace(pairs, order === 'desc', (p) => p.value)
  return collect(
    frame,
    at,
    pairs.map((p) => p.item),
  )
}

function reduce(frame: Frame, loop: LoopState, body: Body, at: number): unknown {
  if (body.extra !== null) {
    loop.acc = dereferenced(body.extra(frame))
    frame.at = at
  } else {
    if (loop.items.length === 0) panic('reduce of empty array with no initial value')
    loop.acc = element(frame)
    loop.index = 1
  }
  forward(frame, loop, () => {
    loop.acc = body.each(frame)
    return false
  })
  return loop.acc
}

/**
 * Sorts as Go does: up to twelve items by insertion, which is stable and decides which pair is compared first (and so
 * which pair an error names); more items stably too, where Go promises no order of equals.
 */
export function sortInPlace<T>(items: T[], descending: boolean, valueOf: (item: T) => unknown): void {
  const less = (x: T, y: T): boolean => {
    const [a, b] = descending ? [valueOf(y), valueOf(x)] : [valueOf(x), valueOf(y)]
    const order = orderOf(a, b)
    return order === undefined ? panic(`invalid operation: ${typeName(a)} < ${typeName(b)}`) : order < 0
  }
  if (items.length > 12) {
    items.sort((x, y) => (less(x, y) ? -1 : less(y, x) ? 1 : 0))
    return
  }
  for (let i = 1; i < items.length; i++) {
    for (let j = i; j > 0; j--) {
      const [x, y] = [items[j], items[j - 1]]
      if (x === undefined || y === undefined || !less(x, y)) break
      items[j] = y
      items[j - 1] = x
    }
  }
}
