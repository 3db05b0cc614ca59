/** Finds names that a program uses but nobody defined, before anything runs. */
import { controls } from './controls.ts'
import { JqProgramError } from './errors.ts'
import { functions } from './functions.ts'
import { prelude } from './prelude.ts'
import { type Filter, type Pattern, variablesOf } from './syntax.ts'

/** What is in scope: `f/1`, `$x`, `*$label`. */
type Names = ReadonlySet<string>

/** @throws JqProgramError for the first unknown function, variable or label, in gojq's words */
export function checkNames(filter: Filter, names: Names = new Set()): void {
  const check = (inner: Filter): void => {
    checkNames(inner, names)
  }
  switch (filter.kind) {
    case 'call':
      checkCall(filter.name, filter.args.length, names)
      filter.args.forEach(check)
      return
    case 'variable':
      if (!names.has(filter.name) && filter.name !== '$ENV') {
        throw new JqProgramError(`variable not defined: ${filter.name}`)
      }
      return
    case 'break':
      if (!names.has(`*${filter.name}`)) throw new JqProgramError(`label not defined: ${filter.name}`)
      return
    case 'label':
      checkNames(filter.body, new Set([...names, `*${filter.name}`]))
      return
    case 'define': {
      const { name, parameters, body } = filter.definition
      const defined = [...names, `${name}/${String(parameters.length)}`]
      const inside = parameters.flatMap((parameter) =>
        parameter.startsWith('$') ? [parameter, `${parameter.slice(1)}/0`] : [`${parameter}/0`],
      )
      checkNames(body, new Set([...defined, ...inside]))
      checkNames(filter.body, new Set(defined))
      return
    }
    case 'bind':
      check(filter.source)
      checkNames(filter.body, patternNames(filter.patterns, names))
      return
    case 'reduce':
    case 'foreach': {
      const bound = patternNames([filter.pattern], names)
      check(filter.start)
      check(filter.source)
      checkNames(filter.update, bound)
      if (filter.kind === 'foreach' && filter.extract !== null) checkNames(filter.extract, bound)
      return
    }
    default:
      innerFilters(filter).forEach(check)
  }
}

function checkCall(name: string, count: number, names: Names): void {
  const key = `${name}/${String(count)}`
  if (names.has(key)) return
  if (key === 'input/0' || key === 'inputs/0') throw new JqProgramError('input(s)/0 is not allowed')
  const known = controls.has(key) || prelude.has(key) || functions.has(key)
  if (!known || name.startsWith('_')) throw new JqProgramError(`function not defined: ${key}`)
}

function patternNames(patterns: readonly Pattern[], names: Names): Names {
  for (const pattern of patterns) checkKeys(pattern, new Set([...names, ...patterns.flatMap(variablesOf)]))
  return new Set([...names, ...patterns.flatMap(variablesOf)])
}

function checkKeys(pattern: Pattern, names: Names): void {
  if (pattern.kind === 'array') for (const item of pattern.items) checkKeys(item, names)
  if (pattern.kind !== 'object') return
  for (const { key, value } of pattern.entries) {
    checkNames(key, names)
    if (value !== null) checkKeys(value, names)
  }
}

/** The filters inside one that brings no names into scope. */
function innerFilters(filter: Filter): readonly Filter[] {
  switch (filter.kind) {
    case 'index':
      return [filter.target, filter.key]
    case 'slice':
      return [filter.target, filter.from, filter.to].filter((part) => part !== null)
    case 'iterate':
      return [filter.target]
    case 'pipe':
    case 'comma':
    case 'alternative':
    case 'and':
    case 'or':
    case 'binary':
      return [filter.left, filter.right]
    case 'assign':
    case 'update':
      return [filter.path, filter.value]
    case 'modify':
      return [filter.path, filter.update]
    case 'object':
      return filter.entries.flatMap(({ key, value }) => [key, value])
    case 'array':
      return filter.items === null ? [] : [filter.items]
    case 'sign':
      return [filter.operand]
    case 'text':
      return filter.parts.filter((part) => typeof part !== 'string')
    case 'if':
      return [filter.condition, filter.then, ...(filter.otherwise === null ? [] : [filter.otherwise])]
    case 'try':
      return [filter.body, ...(filter.handler === null ? [] : [filter.handler])]
    default:
      return []
  }
}
