/** Runs the tree of a jq program. A filter is a generator: it takes one item and gives any number of them. */
import { operate } from './arithmetic.ts'
import { assign, modify, update } from './assignments.ts'
import { controls } from './controls.ts'
import { JqBreak, JqEnd, JqError, JqProgramError, expected } from './errors.ts'
import { formatValue } from './builtins/formats.ts'
import type { JqFunction } from './builtins/functions.ts'
import { functions } from './functions.ts'
import {
  type Item,
  type Items,
  type Machine,
  type Scope,
  breakable,
  each,
  follow,
  moved,
  pathOf,
  plain,
  startTrail,
  step,
  weighed,
} from './items.ts'
import { sliceValue } from './paths.ts'
import { destructure } from './patterns.ts'
import { prelude } from './prelude.ts'
import { type Definition, type Filter, type Pattern, variablesOf } from './syntax.ts'
import { type JqValue, isNumber, isTrue, plainNumber, typePreview } from './values.ts'

export type RunLimits = {
  /** Filters evaluated in all. */
  readonly stepsMax: number
  /** Filters inside one another, calls included. */
  readonly depthMax: number
}

export class Interpreter implements Machine {
  private steps = 0
  private readonly limits: RunLimits
  readonly nowMs: number | null

  constructor(limits: RunLimits, nowMs: number | null) {
    this.limits = limits
    this.nowMs = nowMs
  }

  readonly spend = (units: number): void => {
    this.steps += units
    if (this.steps > this.limits.stepsMax) throw new JqEnd('jq filter took too many steps')
  };

  *run(filter: Filter, scope: Scope, item: Item, depth: number): Items {
    this.spend(1)
    if (depth > this.limits.depthMax) throw new JqEnd('jq filter went too deep')
    const deeper = depth + 1
    switch (filter.kind) {
      case 'identity':
        yield item
        return
      case 'literal':
        yield moved(item, filter.value)
        return
      case 'pipe':
        for (const middle of this.run(filter.left, scope, item, deeper)) {
          yield* this.run(filter.right, scope, middle, deeper)
        }
        return
      case 'comma':
        yield* this.run(filter.left, scope, item, deeper)
        yield* this.run(filter.right, scope, item, deeper)
        return
      case 'index':
        for (const key of this.values(filter.key, scope, item, deeper)) {
          for (const target of this.run(filter.target, scope, item, deeper)) yield follow(target, key)
        }
        return
      case 'slice':
        yield* this.slice(filter, scope, item, deeper)
        return
      case 'iterate':
        for (const target of this.run(filter.target, scope, item, deeper)) yield* each(target)
        return
      case 'recurse':
        yield* this.call('recurse', [], scope, item, deeper)
        return
      case 'alternative':
        yield* this.alternative(filter.left, filter.right, scope, item, deeper)
        return
      case 'and':
      case 'or':
        for (const left of this.values(filter.left, scope, item, deeper)) {
          if (isTrue(left) === (filter.kind === 'or')) yield moved(item, filter.kind === 'or')
          else for (const right of this.values(filter.right, scope, item, deeper)) yield moved(item, isTrue(right))
        }
        return
      case 'binary':
        for (const right of this.values(filter.right, scope, item, deeper)) {
          for (const left of this.values(filter.left, scope, item, deeper)) {
            yield moved(item, weighed(this, operate(filter.operator, left, right)))
          }
        }
        return
      case 'assign':
        yield* assign(this, filter.path, filter.value, scope, item, deeper)
        return
      case 'update':
        yield* update(this, filter.operator, filter.path, filter.value, scope, item, deeper)
        return
      case 'modify':
        yield moved(item, modify(this, filter.path, filter.update, scope, item.value, deeper))
        return
      case 'bind':
        yield* this.bind(filter.source, filter.patterns, filter.body, scope, item, deeper)
        return
      case 'define':
        yield* this.run(filter.body, { up: scope, kind: 'function', definition: filter.definition }, item, deeper)
        return
      case 'label': {
        const label = Symbol(filter.name)
        yield* breakable(
          this.run(filter.body, { up: scope, kind: 'label', name: filter.name, label }, item, deeper),
          label,
        )
        return
      }
      case 'break':
        throw new JqBreak(labelOf(scope, filter.name), filter.name)
      case 'call':
        yield* this.call(filter.name, filter.args, scope, item, deeper)
        return
      case 'variable':
        yield moved(item, variableOf(scope, filter.name))
        return
      case 'object':
        yield* this.object(filter.entries, 0, new Map(), scope, item, deeper)
        return
      case 'array': {
        const items: JqValue[] = []
        if (filter.items !== null) {
          for (const value of this.values(filter.items, scope, item, deeper)) {
            this.spend(1)
            items.push(value)
          }
        }
        yield moved(item, items)
        return
      }
      case 'sign':
        for (const operand of this.values(filter.operand, scope, item, deeper))
          yield moved(item, signed(filter.operator, operand))
        return
      case 'format':
        yield moved(item, formatValue(filter.name, item.value))
        return
      case 'text':
        yield* this.text(filter.parts, filter.format ?? '@text', scope, item, deeper)
        return
      case 'if':
        for (const condition of this.values(filter.condition, scope, item, deeper)) {
          const branch = isTrue(condition) ? filter.then : filter.otherwise
          if (branch === null) yield item
          else yield* this.run(branch, scope, item, deeper)
        }
        return
      case 'try':
        yield* this.attempt(filter.body, filter.handler, scope, item, deeper)
        return
      case 'reduce':
      case 'foreach':
        yield* this.fold(filter, scope, item, deeper)
    }
  }

  /** The values a filter gives, without paths. */
  *values(filter: Filter, scope: Scope, item: Item, depth: number): Generator<JqValue, void, undefined> {
    for (const { value } of this.run(filter, scope, plain(item.value), depth)) yield value
  }

  /** The paths a filter leads to. */
  *paths(filter: Filter, scope: Scope, value: JqValue, depth: number): Generator<readonly JqValue[], void, undefined> {
    for (const found of this.run(filter, scope, startTrail(value), depth)) yield pathOf(found)
  }

  *call(name: string, args: readonly Filter[], scope: Scope, item: Item, depth: number): Items {
    for (let at = scope; at !== null; at = at.up) {
      if (at.kind === 'closure' && at.name === name && args.length === 0) {
        yield* this.run(at.body, at.scope, item, depth)
        return
      }
      if (at.kind !== 'function' || at.definition.name !== name || at.definition.parameters.length !== args.length)
        continue
      yield* this.enter(at.definition, args, { at, caller: scope }, item, depth)
      return
    }
    const key = `${name}/${String(args.length)}`
    const control = controls.get(key)
    const definition = prelude.get(key)
    const simple = functions.get(key)
    if (control !== undefined) yield* control(this, args, scope, item, depth)
    else if (definition !== undefined) yield* this.enter(definition, args, { at: null, caller: scope }, item, depth)
    else if (simple !== undefined) yield* this.apply(simple, args, scope, item, depth)
    else throw new JqProgramError(`function not defined: ${key}`)
  }

  /** Parameters `$x` are computed first, the first one outermost; the others are handed over as they are. */
  private *enter(
    definition: Definition,
    args: readonly Filter[],
    scopes: { readonly at: Scope; readonly caller: Scope },
    item: Item,
    depth: number,
    from = 0,
  ): Items {
    const parameter = definition.parameters[from]
    const arg = args[from]
    if (parameter === undefined || arg === undefined) {
      yield* this.run(definition.body, scopes.at, item, depth)
      return
    }
    const name = parameter.startsWith('$') ? parameter.slice(1) : parameter
    const closure: Scope = { up: scopes.at, kind: 'closure', name, body: arg, scope: scopes.caller }
    if (!parameter.startsWith('$')) {
      yield* this.enter(definition, args, { ...scopes, at: closure }, item, depth, from + 1)
      return
    }
    for (const value of this.values(arg, scopes.caller, item, depth)) {
      const at: Scope = { up: closure, kind: 'variable', name: parameter, value }
      yield* this.enter(definition, args, { ...scopes, at }, item, depth, from + 1)
    }
  }

  /** A function of values; the last argument is the outermost loop. */
  private *apply(
    simple: JqFunction,
    args: readonly Filter[],
    scope: Scope,
    item: Item,
    depth: number,
    done: readonly JqValue[] = [],
  ): Items {
    const arg = args[args.length - 1 - done.length]
    if (arg === undefined) yield moved(item, weighed(this, simple(item.value, done, this)))
    else
      for (const value of this.values(arg, scope, item, depth)) {
        yield* this.apply(simple, args, scope, item, depth, [value, ...done])
      }
  }

  private *slice(filter: Extract<Filter, { readonly kind: 'slice' }>, scope: Scope, item: Item, depth: number): Items {
    const bounds = (bound: Filter | null): Iterable<JqValue> =>
      bound === null ? [null] : this.values(bound, scope, item, depth)
    for (const from of bounds(filter.from)) {
      for (const to of bounds(filter.to)) {
        for (const target of this.run(filter.target, scope, item, depth)) {
          const value = sliceValue(target.value, from, to)
          yield step(
            target,
            new Map([
              ['start', from],
              ['end', to],
            ]),
            value,
          )
        }
      }
    }
  }

  private *alternative(left: Filter, right: Filter, scope: Scope, item: Item, depth: number): Items {
    let found = false
    for (const result of this.run(left, scope, item, depth)) {
      if (!isTrue(result.value)) continue
      found = true
      yield result
    }
    if (!found) yield* this.run(right, scope, item, depth)
  }

  private *bind(
    source: Filter,
    patterns: readonly Pattern[],
    body: Filter,
    scope: Scope,
    item: Item,
    depth: number,
  ): Items {
    const nulls = patterns.length < 2 ? [] : patterns.flatMap(variablesOf)
    const cleared = nulls.reduce<Scope>((up, name) => ({ up, kind: 'variable', name, value: null }), scope)
    for (const value of this.values(source, scope, item, depth)) {
      for (const [index, pattern] of patterns.entries()) {
        try {
          for (const bound of destructure(this, pattern, value, cleared, depth))
            yield* this.run(body, bound, item, depth)
          break
        } catch (error) {
          if (index === patterns.length - 1 || !(error instanceof JqError)) throw error
        }
      }
    }
  }

  private *object(
    entries: Extract<Filter, { readonly kind: 'object' }>['entries'],
    at: number,
    made: ReadonlyMap<string, JqValue>,
    scope: Scope,
    item: Item,
    depth: number,
  ): Items {
    const entry = entries[at]
    if (entry === undefined) {
      yield moved(item, made)
      return
    }
    for (const key of this.values(entry.key, scope, item, depth)) {
      if (typeof key !== 'string') throw expected('a string for object key', key)
      for (const value of this.values(entry.value, scope, item, depth)) {
        yield* this.object(entries, at + 1, new Map(made).set(key, value), scope, item, depth)
      }
    }
  }

  /** The last interpolation is the outermost loop. */
  private *text(
    parts: readonly (string | Filter)[],
    format: string,
    scope: Scope,
    item: Item,
    depth: number,
    done = '',
  ): Items {
    const part = parts.at(-1)
    const before = parts.slice(0, -1)
    if (part === undefined) yield moved(item, done)
    else if (typeof part === 'string') yield* this.text(before, format, scope, item, depth, part + done)
    else
      for (const value of this.values(part, scope, item, depth)) {
        yield* this.text(before, format, scope, item, depth, formatValue(format, value) + done)
      }
  }

  /** Catches what the body raises, not what comes of its results further on. */
  private *attempt(body: Filter, handler: Filter | null, scope: Scope, item: Item, depth: number): Items {
    const results = this.run(body, scope, item, depth)
    for (;;) {
      let result: IteratorResult<Item, void>
      try {
        result = results.next()
      } catch (error) {
        if (!(error instanceof JqError)) throw error
        if (handler !== null) yield* this.run(handler, scope, moved(item, error.caught), depth)
        return
      }
      if (result.done === true) return
      yield result.value
    }
  }

  private *fold(
    filter: Extract<Filter, { readonly kind: 'reduce' | 'foreach' }>,
    scope: Scope,
    item: Item,
    depth: number,
  ): Items {
    for (const start of this.run(filter.start, scope, item, depth)) {
      let state = start
      for (const value of this.values(filter.source, scope, item, depth)) {
        for (const bound of destructure(this, filter.pattern, value, scope, depth)) {
          for (const next of this.run(filter.update, bound, state, depth)) {
            state = next
            if (filter.kind === 'reduce') continue
            if (filter.extract === null) yield next
            else yield* this.run(filter.extract, bound, next, depth)
          }
        }
      }
      if (filter.kind === 'reduce') yield state
    }
  }
}

function variableOf(scope: Scope, name: string): JqValue {
  for (let at = scope; at !== null; at = at.up) if (at.kind === 'variable' && at.name === name) return at.value
  if (name === '$ENV') return new Map()
  throw new JqProgramError(`variable not defined: ${name}`)
}

function labelOf(scope: Scope, name: string): symbol {
  for (let at = scope; at !== null; at = at.up) if (at.kind === 'label' && at.name === name) return at.label
  throw new JqProgramError(`label not defined: ${name}`)
}

function signed(operator: '+' | '-', value: JqValue): JqValue {
  if (!isNumber(value)) throw new JqError(`cannot ${operator === '-' ? 'negate' : 'plus'}: ${typePreview(value)}`)
  return operator === '+' ? value : -plainNumber(value)
}
