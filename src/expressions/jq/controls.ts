/** Functions that take filters and run them by themselves: lazily, without growing the stack, following paths. */
import { add } from './arithmetic.ts'
import { JqEnd, JqError, JqProgramError, expected, notApplicable, raised, raisedText } from './errors.ts'
import { functions } from './functions.ts'
import {
  type Item,
  type Items,
  type Machine,
  type Scope,
  each,
  moved,
  pathOf,
  plain,
  startTrail,
  step,
} from './items.ts'
import { Edits, deletePaths, getPath } from './paths.ts'
import { prelude } from './prelude.ts'
import { matchesOf } from './builtins/regexp.ts'
import type { Filter } from './syntax.ts'
import { type JqValue, compareValues, isArray, isNumber, isObject, isTrue, toInt } from './values.ts'

type Control = (machine: Machine, args: readonly Filter[], scope: Scope, item: Item, depth: number) => Items

/** A context in which to run the arguments. */
type Call = {
  run(arg: number, item: Item): Items
  values(arg: number, item: Item): Generator<JqValue, void, undefined>
  paths(arg: number, value: JqValue): Generator<readonly JqValue[], void, undefined>
  spend(units: number): void
}

const nothing: Filter = { kind: 'literal', value: null }

const control =
  (body: (call: Call, item: Item) => Items): Control =>
  (machine, args, scope, item, depth) =>
    body(
      {
        run: (arg, at) => machine.run(args[arg] ?? nothing, scope, at, depth),
        values: (arg, at) => machine.values(args[arg] ?? nothing, scope, at, depth),
        paths: (arg, value) => machine.paths(args[arg] ?? nothing, scope, value, depth),
        spend: (units) => {
          machine.spend(units)
        },
      },
      item,
    )

/** Depth first, on a stack of its own: `next` gives what comes below an item. */
function* descend(item: Item, next: (at: Item) => Items): Items {
  yield item
  const stack: Items[] = [next(item)]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const result = top.next()
    if (result.done === true) {
      stack.pop()
      continue
    }
    yield result.value
    stack.push(next(result.value))
  }
}

function* members(item: Item): Items {
  if (isArray(item.value) || isObject(item.value)) yield* each(item)
}

function* selected(items: Items, holds: (item: Item) => Iterable<JqValue>): Items {
  for (const item of items) for (const condition of holds(item)) if (isTrue(condition)) yield item
}

function* until(item: Item, call: Call): Items {
  const stack: Items[] = [one(item)]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const result = top.next()
    if (result.done === true) {
      stack.pop()
      continue
    }
    for (const done of call.values(0, result.value)) {
      if (isTrue(done)) yield result.value
      else stack.push(call.run(1, result.value))
    }
  }
}

function* one(item: Item): Items {
  yield item
}

function* range(call: Call, item: Item, start: JqValue, end: JqValue, by: JqValue): Items {
  for (const bound of [start, end, by]) if (!isNumber(bound)) throw notApplicable('range', bound)
  const direction = compareValues(by, 0n)
  let value = start
  while (direction * compareValues(value, end) < 0) {
    call.spend(1)
    yield moved(item, value)
    value = add(value, by)
  }
}

function* limit(call: Call, item: Item): Items {
  for (const count of call.values(0, item)) {
    const left = toInt(count)
    if (left === null || left < 0n) throw raised("limit doesn't support negative count")
    let taken = 0n
    if (left > 0n) {
      for (const result of call.run(1, item)) {
        yield result
        if (++taken >= left) break
      }
    }
  }
}

function* skip(call: Call, item: Item): Items {
  for (const count of call.values(0, item)) {
    const left = toInt(count)
    if (left === null || left < 0n) throw raised("skip doesn't support negative count")
    let skipped = 0n
    for (const result of call.run(1, item)) if (skipped++ >= left) yield result
  }
}

function* nth(call: Call, item: Item): Items {
  for (const count of call.values(0, item)) {
    const wanted = toInt(count)
    if (wanted === null || wanted < 0n) throw raised("nth doesn't support negative index")
    let at = 0n
    for (const result of call.run(1, item)) {
      if (at++ < wanted) continue
      yield result
      break
    }
  }
}

/** Whether any (or, turned round, all) of what the generator gives holds. */
const quantified = (source: (call: Call, item: Item) => Items, arg: number | null, wanted: boolean): Control =>
  control(function* (call, item) {
    for (const element of source(call, plain(item.value))) {
      const conditions = arg === null ? [element.value] : call.values(arg, element)
      for (const condition of conditions) {
        if (isTrue(condition) !== wanted) continue
        yield moved(item, wanted)
        return
      }
    }
    yield moved(item, !wanted)
  })

/** Closing events name the last key again, one level up. */
function* stream(value: JqValue, path: readonly JqValue[], top: boolean): Generator<JqValue, void, undefined> {
  const inside = isArray(value)
    ? value.map((member, i): readonly [JqValue, JqValue] => [BigInt(i), member])
    : isObject(value)
      ? [...each(plain(value))].map(({ value: member }, i): readonly [JqValue, JqValue] => [keyAt(value, i), member])
      : []
  if (inside.length === 0) yield [path, value]
  for (const [key, member] of inside) yield* stream(member, [...path, key], false)
  const last = inside.at(-1)
  if (last !== undefined) yield [[...path, last[0]]]
  if (top) return
}

const keyAt = (object: ReadonlyMap<string, JqValue>, index: number): JqValue =>
  [...object.keys()].sort((a, b) => compareValues(a, b))[index] ?? null

/** Every occurrence, or the first, replaced by each of the texts that the filter gives for its captures. */
const substitute = (all: boolean): Control =>
  control(function* (call, item) {
    for (const flags of call.values(2, item)) {
      for (const pattern of call.values(0, item)) {
        const wanted = all ? add(flags, 'g') : flags
        const found = matchesOf(item.value, pattern, wanted, 'match')
        const text = String(item.value)
        const results: string[] = []
        let next = 0
        for (const { start, end, captures } of found) {
          let index = 0
          for (const replacement of call.values(1, plain(captures))) {
            const before = `${results[index] ?? ''}${text.slice(next, start)}`
            results[index++] = add(before, replacement) as string
          }
          next = end
        }
        if (found.length === 0) yield moved(item, text)
        for (const result of results) yield moved(item, result + text.slice(next))
      }
    }
  })

const withoutFlags =
  (inner: Control): Control =>
  (machine, args, scope, item, depth) =>
    inner(machine, [...args, nothing], scope, item, depth)

const eachOfInput = (_: Call, item: Item): Items => each(item)

const table: Readonly<Record<string, Control>> = {
  'empty/0': control(function* () {
    return
  }),
  'path/1': control(function* (call, item) {
    for (const path of call.paths(0, item.value)) yield moved(item, path)
  }),
  'getpath/1': control(function* (call, item) {
    for (const path of call.values(0, item)) {
      const value = getPath(item.value, path)
      if (item.trail === null || !isArray(path)) yield plain(value)
      else {
        const [last] = path.slice(-1)
        const way = path.slice(0, -1).reduce<Item>((at, key) => step(at, key, getPath(at.value, [key])), item)
        yield last === undefined ? item : step(way, last, value)
      }
    }
  }),
  'recurse/0': control((_, item) => descend(item, members)),
  'recurse/1': control((call, item) => descend(item, (at) => call.run(0, at))),
  'recurse/2': control((call, item) =>
    descend(item, (at) => selected(call.run(0, at), (found) => call.values(1, found))),
  ),
  'select/1': control((call, item) => selected(one(item), (at) => call.values(0, at))),
  'first/1': control(function* (call, item) {
    for (const result of call.run(0, item)) {
      yield result
      return
    }
  }),
  'last/1': control(function* (call, item) {
    let last: Item | null = null
    for (const result of call.run(0, item)) last = result
    if (last !== null) yield last
  }),
  'limit/2': control(limit),
  'skip/2': control(skip),
  'nth/2': control(nth),
  'until/2': control((call, item) => until(item, call)),
  'while/2': control((call, item) => {
    const going = (items: Items): Items => selected(items, (at) => call.values(0, at))
    return flattened(going(one(item)), (at) => descend(at, (found) => going(call.run(1, found))))
  }),
  'repeat/1': control(function* (call, item) {
    for (;;) {
      call.spend(1)
      yield* call.run(0, item)
    }
  }),
  'range/1': control(function* (call, item) {
    for (const end of call.values(0, item)) yield* range(call, item, 0n, end, 1n)
  }),
  'range/2': control(function* (call, item) {
    for (const start of call.values(0, item))
      for (const end of call.values(1, item)) yield* range(call, item, start, end, 1n)
  }),
  'range/3': control(function* (call, item) {
    for (const start of call.values(0, item)) {
      for (const end of call.values(1, item)) {
        for (const by of call.values(2, item)) yield* range(call, item, start, end, by)
      }
    }
  }),
  'isempty/1': control(function* (call, item) {
    for (const result of call.run(0, plain(item.value))) {
      yield moved(result, false)
      return
    }
    yield moved(item, true)
  }),
  'any/0': quantified(eachOfInput, null, true),
  'any/1': quantified(eachOfInput, 0, true),
  'any/2': quantified((call, item) => call.run(0, item), 1, true),
  'all/0': quantified(eachOfInput, null, false),
  'all/1': quantified(eachOfInput, 0, false),
  'all/2': quantified((call, item) => call.run(0, item), 1, false),
  'del/1': control(function* (call, item) {
    yield moved(item, deletePaths(item.value, [...call.paths(0, item.value)], call.spend))
  }),
  'pick/1': control(function* (call, item) {
    const edits = new Edits(call.spend)
    let result: JqValue = null
    for (const path of call.paths(0, item.value)) result = edits.set(result, path, getPath(item.value, path))
    yield moved(item, result)
  }),
  'paths/0': control(function* (_, item) {
    for (const found of descend(startTrail(item.value), members)) {
      const path = pathOf(found)
      if (path.length > 0) yield moved(item, path)
    }
  }),
  'tostream/0': control(function* (_, item) {
    for (const event of stream(item.value, [], true)) yield moved(item, event)
  }),
  'fromstream/1': control(function* (call, item) {
    let edits = new Edits(call.spend)
    let value: JqValue = null
    for (const event of call.values(0, item)) {
      if (!isArray(event)) throw expected('an array', event)
      const [path = null, leaf] = event
      if (!isArray(path)) throw notApplicable('length', path)
      if (leaf !== undefined) value = edits.set(value, path, leaf)
      if (path.length !== (leaf === undefined ? 1 : 0)) continue
      yield moved(item, value)
      value = null
      edits = new Edits(call.spend)
    }
  }),
  'sub/3': substitute(false),
  'gsub/3': substitute(true),
  'sub/2': withoutFlags(substitute(false)),
  'gsub/2': withoutFlags(substitute(true)),
  'env/0': control(function* (_, item) {
    yield moved(item, new Map())
  }),
  'builtins/0': control(function* (_, item) {
    const names = [...controls.keys(), ...prelude.keys(), ...functions.keys()].filter((name) => !name.startsWith('_'))
    yield moved(item, names)
  }),
  'modulemeta/0': control(function* (_, item) {
    if (typeof item.value !== 'string') throw notApplicable('modulemeta', item.value)
    yield* refuse(new JqError(`cannot load module: ${JSON.stringify(item.value)}`))
  }),
  'halt/0': control(() => refuse(new JqEnd(`halt ${raisedText(null)}`))),
  'halt_error/0': control((_, item) => refuse(new JqEnd(`halt ${raisedText(item.value)}`))),
  'halt_error/1': control(function* (call, item) {
    for (const code of call.values(0, item)) {
      if (toInt(code) === null) throw notApplicable('halt_error', code)
      yield* refuse(new JqEnd(`halt ${raisedText(item.value)}`))
    }
  }),
  'input/0': control(() => refuse(new JqProgramError('input(s)/0 is not allowed'))),
  'inputs/0': control(() => refuse(new JqProgramError('input(s)/0 is not allowed'))),
}

function* refuse(error: Error): Items {
  throw error
}

function* flattened(items: Items, inner: (item: Item) => Items): Items {
  for (const item of items) yield* inner(item)
}

/** By name and number of arguments: `select/1`. */
export const controls: ReadonlyMap<string, Control> = new Map(Object.entries(table))
