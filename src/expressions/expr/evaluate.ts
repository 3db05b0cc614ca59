// Compiling expressions (once per text and types of variables) and running them.

import type { Node } from './ast.ts'
import { walk } from './ast.ts'
import { builtinNames } from './builtins/names.ts'
import { checkTypes } from './checker.ts'
import { compileProgram } from './compiler.ts'
import type { Program } from './compiler.ts'
import { Frame } from './frame.ts'
import { metered } from './meter.ts'
import { NIL, natureOf } from './nature.ts'
import type { Nature } from './nature.ts'
import { optimize } from './optimizer.ts'
import { parseExpression } from './parser.ts'
import { describeError, ExpressionError } from './source-error.ts'
import { GoMap, GoPanic, stringMapOf, typeName, typeOf } from './values.ts'
import type { Outside, StringMap } from './values.ts'
import { goTextAsString } from '../go-format.ts'

export type CompiledExpression = {
  readonly source: string
  /** The syntax tree, or why the text has none. */
  readonly tree: { readonly root: Node } | { readonly error: string }
  /** Names whose types decide how the expression runs. */
  readonly names: readonly string[]
  readonly builtins: readonly string[]
  readonly programs: Map<string, Ready>
}
type Ready = Program | { readonly error: string }

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  /** `syntax` and `types` are found before anything runs. */
  | { readonly ok: false; readonly error: string; readonly phase: 'syntax' | 'types' | 'run' }

const cache = new Map<string, CompiledExpression>()
const CACHE_MAX = 5_000
const PROGRAMS_MAX = 16

/** The expression of a text, read once: the least recently used of 5,000 makes room. Never throws. */
export function compileExpression(source: string): CompiledExpression {
  const hit = cache.get(source)
  if (hit !== undefined) {
    cache.delete(source)
    cache.set(source, hit)
    return hit
  }
  const made = compile(source, new Set())
  if (cache.size >= CACHE_MAX)
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      break
    }
  cache.set(source, made)
  return made
}

function compile(source: string, overridden: ReadonlySet<string>): CompiledExpression {
  const programs = new Map<string, Ready>()
  try {
    const root = parseExpression(source, overridden)
    return { source, tree: { root }, ...namesIn(root), programs }
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause
    return {
      source,
      tree: { error: describeError(cause.message, cause.at, source) },
      names: [],
      builtins: [],
      programs,
    }
  }
}

function namesIn(root: Node): { readonly names: readonly string[]; readonly builtins: readonly string[] } {
  const names = new Set<string>()
  const builtins = new Set<string>()
  walk(root, (node) => {
    if (node.kind === 'identifier' || node.kind === 'let') names.add(node.name)
    if (node.kind === 'builtin') builtins.add(node.name)
    // `$env.x` and `get($env, "x")` name variables by texts.
    if (node.kind === 'member' && isEnv(node.node) && node.property.kind === 'string') names.add(node.property.value)
    if (node.kind === 'builtin' && node.name === 'get' && isEnv(node.args[0]) && node.args[1]?.kind === 'string')
      names.add(node.args[1].value)
  })
  return { names: [...names], builtins: [...builtins] }
}

const isEnv = (node: Node | undefined): boolean => node?.kind === 'identifier' && node.name === '$env'

/**
 * The value of an expression among the variables of `env`, a plain object or an environment.
 * @param outside clock and randomness; without it `now()` and the random functions fail
 */
export function evaluateExpression(
  expression: CompiledExpression,
  env: unknown,
  outside: Outside | null = null,
): Outcome {
  return metered(() => evaluate(expression, env, outside))
}

function evaluate(expression: CompiledExpression, env: unknown, outside: Outside | null): Outcome {
  const scope = stringMapOf(env) ?? new GoMap(new Map())
  const hidden = expression.builtins.filter((name) => scope.get(name) !== undefined)
  const own =
    hidden.length === 0 ? expression : compile(expression.source, new Set(hidden.filter((n) => builtinNames.has(n))))
  if ('error' in own.tree) return { ok: false, error: own.tree.error, phase: 'syntax' }
  const program = programFor(own, own.tree.root, scope)
  if ('error' in program) return { ok: false, error: program.error, phase: 'types' }
  const frame = new Frame(scope, outside, program.varCount)
  try {
    return { ok: true, value: program.run(frame) }
  } catch (cause) {
    // A text or number beyond what the machine can hold.
    const message =
      cause instanceof GoPanic ? cause.message : cause instanceof RangeError ? 'memory budget exceeded' : null
    if (message === null) throw cause
    return { ok: false, error: describeError(message, frame.at, own.source), phase: 'run' }
  }
}

function programFor(expression: CompiledExpression, root: Node, scope: StringMap): Ready {
  const types = expression.names.map((name) => natureIn(scope, name))
  const key = types.map((n) => (n === undefined ? '?' : (n.type?.name ?? 'nil'))).join(',')
  const hit = expression.programs.get(key)
  if (hit !== undefined) return hit
  const made = build(expression, root, scope)
  if (expression.programs.size >= PROGRAMS_MAX) expression.programs.clear()
  expression.programs.set(key, made)
  return made
}

function build(expression: CompiledExpression, root: Node, scope: StringMap): Ready {
  try {
    const natures = checkTypes(root, { natureOf: (name) => natureIn(scope, name) })
    const optimized = optimize({ root, natures })
    return compileProgram(optimized.root, optimized.natures)
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause
    return { error: describeError(cause.message, cause.at, expression.source) }
  }
}

function natureIn(scope: StringMap, name: string): Nature | undefined {
  const value = scope.get(name)
  if (value === undefined) return undefined
  return value === null ? NIL : natureOf(typeOf(value))
}

export type Verdict = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly error: string }

/** A bare expression that must give a bool, with Argo's words if it does not. */
export function evaluateCondition(source: string, env: unknown, outside: Outside | null = null): Verdict {
  const outcome = evaluateExpression(compileExpression(source), env, outside)
  if (!outcome.ok)
    return {
      ok: false,
      error: outcome.phase === 'run' ? `unable to evaluate expression '${source}': ${outcome.error}` : outcome.error,
    }
  if (typeof outcome.value === 'boolean') return { ok: true, value: outcome.value }
  return { ok: false, error: `unable to cast expression result '${shownResult(outcome.value)}' to bool` }
}

function shownResult(value: unknown): string {
  try {
    return metered(() => goTextAsString(value))
  } catch (cause) {
    // Too large to be shown.
    if (cause instanceof GoPanic || cause instanceof RangeError) return typeName(value)
    throw cause
  }
}
