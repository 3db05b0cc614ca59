/** `valueFrom.jsonPath`: fills a template from a document. Missing keys print nothing, an index beyond the end is an error. */
import { type Parsed, compareText, formatFloat, parsed, unparsed } from '../go-text.ts'
import { compilePattern } from '../when/plan.ts'
import { type PathLiteral, type PathNode, parseTemplate } from './parse.ts'

/** A value of the document, or a literal of the template. */
type Value = unknown

class Fault extends Error {}

const isObject = (value: Value): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal)

/** A number or boolean of the template itself. */
class Literal {
  readonly literal: PathLiteral
  constructor(literal: PathLiteral) {
    this.literal = literal
  }
}

/** The text that a template makes of a JSON document, or Kubernetes' error. */
export function kubernetesJsonPath(document: unknown, template: string): Parsed<string> {
  const nodes = parseTemplate(template)
  if (!nodes.ok) return nodes
  try {
    const results = new Run(nodes.value).find(document, 0)
    return parsed(results.map((values) => values.map(printed).join(' ')).join(''))
  } catch (error) {
    if (error instanceof Fault) return unparsed(error.message)
    throw error
  }
}

/** One pass over a template; counts how many ranges are open. */
class Run {
  private readonly nodes: readonly PathNode[]
  private begun = 0
  private open = 0
  private ended = 0
  private lastEnd = -1

  constructor(nodes: readonly PathNode[]) {
    this.nodes = nodes
  }

  /** The results of the nodes from there on, up to the end of the range it is in. */
  find(data: Value, from: number): Value[][] {
    const all: Value[][] = []
    for (let i = from; i < this.nodes.length; i++) {
      const node = this.nodes[i]
      if (node === undefined) break
      const results = this.walk([data], node)
      if (this.ended > 0 && this.ended <= this.open) {
        this.ended--
        this.lastEnd = i
        break
      }
      if (this.begun === 0) {
        all.push([...results])
        continue
      }
      this.begun--
      this.open++
      for (const value of results) all.push(...this.find(value, i + 1))
      if (results.length === 0) this.find(undefined, i + 1)
      this.open--
      if (this.lastEnd > i) i = this.lastEnd
    }
    return all
  }

  private walk(input: readonly Value[], node: PathNode): readonly Value[] {
    switch (node.kind) {
      case 'text':
        return [node.text]
      case 'action':
        return this.walkAll(input, node.nodes)
      case 'field':
        return input.flatMap((value) => (isObject(value) && Object.hasOwn(value, node.name) ? [value[node.name]] : []))
      case 'wildcard':
        return input.flatMap(membersOf)
      case 'recursive':
        return descend(input)
      case 'literal':
        return input.map(() => new Literal(node.value))
      case 'union':
        return node.members.flatMap((member) => this.walkAll(input, member))
      case 'slice':
        return input.flatMap((value) => sliced(value, node))
      case 'filter':
        return input.flatMap((value) => this.filtered(value, node))
      case 'identifier':
        return this.range(input, node.name)
    }
  }

  private walkAll(input: readonly Value[], nodes: readonly PathNode[]): readonly Value[] {
    return nodes.reduce<readonly Value[]>((values, node) => this.walk(values, node), input)
  }

  private range(input: readonly Value[], name: string): readonly Value[] {
    if (name === 'range') {
      this.begun++
      return input
    }
    if (name !== 'end') throw new Fault(`unrecognized identifier ${name}`)
    if (this.open === 0) throw new Fault('not in range, nothing to end')
    this.ended++
    return []
  }

  private filtered(value: Value, node: Extract<PathNode, { readonly kind: 'filter' }>): readonly Value[] {
    if (!Array.isArray(value)) throw new Fault(`${goText(value)} is not array or slice and cannot be filtered`)
    return value.filter((item: Value) => {
      if (node.operator === 'exists') return this.exists(item, node.left)
      const left = single(this.walkAll([item], node.left))
      if (left === none) return false
      const right = single(this.walkAll([item], node.right))
      return right !== none && compare(left, node.operator, right)
    })
  }

  private exists(item: Value, path: readonly PathNode[]): boolean {
    try {
      return this.walkAll([item], path).length > 0
    } catch (error) {
      if (error instanceof Fault) return true // the values found before the fault count
      throw error
    }
  }
}

const none = Symbol('none')

function single(values: readonly Value[]): Value {
  if (values.length > 1) throw new Fault('can only compare one element at a time')
  return values.length === 0 ? none : values[0]
}

/** Kubernetes takes them in any order; here keys are sorted. */
function membersOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[]
  if (!isObject(value)) return []
  return Object.keys(value)
    .sort(compareText)
    .map((key) => value[key])
}

function descend(input: readonly Value[]): readonly Value[] {
  return input.flatMap((value) => {
    const members = membersOf(value)
    return members.length === 0 ? [] : [value, ...descend(members)]
  })
}

function sliced(value: Value, { from, to, step }: Extract<PathNode, { readonly kind: 'slice' }>): readonly Value[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Fault(`${goType(value)} is not array or slice`)
  const { length } = value
  const outside = (index: number): Fault =>
    new Fault(`array index out of bounds: index ${String(index)}, length ${String(length)}`)
  const start = from.known && from.value < 0 ? from.value + length : from.value
  const wanted = to.known ? to.value : length
  const end = wanted < 0 || (wanted === 0 && to.derived) ? wanted + length : wanted
  if (start === end) return []
  if (start >= length || start < 0) throw outside(start)
  if (end > length || end < 0) throw outside(end - 1)
  if (start > end) throw new Fault(`starting index ${String(start)} is greater than ending index ${String(end)}`)
  if (step.known && step.value <= 0) throw new Fault('step must be > 0')
  return value.slice(start, end).filter((_, i) => !step.known || i % step.value === 0)
}

type Basic = { readonly kind: 'bool' | 'int' | 'float' | 'string'; readonly value: string | number | bigint | boolean }

function basicOf(value: Value): Basic {
  if (value instanceof Literal) return { kind: value.literal.type, value: value.literal.value }
  if (typeof value === 'string') return { kind: 'string', value }
  if (typeof value === 'number') return { kind: 'float', value }
  if (typeof value === 'boolean') return { kind: 'bool', value }
  throw new Fault('invalid type for comparison')
}

function compare(left: Value, operator: string, right: Value): boolean {
  if (operator === '=~') return matches(left, right)
  const [a, b] = [basicOf(left), basicOf(right)]
  const less = (): boolean => {
    if (a.kind !== b.kind) throw new Fault('incompatible types for comparison')
    if (a.kind === 'bool') throw new Fault('invalid type for comparison')
    return typeof a.value === 'string' && typeof b.value === 'string'
      ? compareText(a.value, b.value) < 0
      : a.value < b.value
  }
  const equal = (): boolean => {
    if (a.kind !== b.kind) throw new Fault('incompatible types for comparison')
    return a.value === b.value
  }
  switch (operator) {
    case '<':
      return less()
    case '>':
      return !(less() || equal())
    case '==':
      return equal()
    case '!=':
      return !equal()
    case '<=':
      return less() || equal()
    case '>=':
      return !less()
    default:
      throw new Fault(`unrecognized filter operator ${operator}`)
  }
}

function matches(left: Value, right: Value): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') {
    throw new Fault(
      `regexp search only support string now but getting pattern: ${goText(right)}, data: ${goText(left)}`,
    )
  }
  const pattern = compilePattern(right)
  if (!pattern.ok) throw new Fault(pattern.error)
  return pattern.value.matcher(left).find()
}

function goType(value: Value): string {
  if (isObject(value)) return 'map[string]interface {}'
  if (value instanceof Literal) return value.literal.type === 'float' ? 'float64' : value.literal.type
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** As Go's `%v`. */
function goText(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return value === null || value === undefined ? '<nil>' : scalarText(value)
  const keys = Object.keys(value).sort(compareText)
  return `map[${keys.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`
}

function scalarText(value: Value): string {
  const plain = value instanceof Literal ? value.literal.value : value
  return typeof plain === 'number' ? formatFloat(plain) : String(plain)
}

/** Maps and lists as JSON in Go's way, null as `null`, the rest as `%v`. */
function printed(value: Value): string {
  if (value === undefined) return '<no value>'
  if (value === null) return 'null'
  if (!Array.isArray(value) && !isObject(value)) return scalarText(value)
  return goJson(value)
}

/** Go's JSON: sorted keys, and `<`, `>`, `&` escaped. */
function goJson(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (!isObject(value)) return escapedHtml(JSON.stringify(value))
  const keys = Object.keys(value).sort(compareText)
  return `{${keys.map((key) => `${escapedHtml(JSON.stringify(key))}:${goJson(value[key])}`).join(',')}}`
}

const escapedHtml = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
