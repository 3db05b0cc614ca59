/** Label selectors, as text (`app=demo,tier in (a,b),!old`) and as the object of manifests. Errors in Kubernetes' words. */
import { type Parsed, parseInteger, parsed, quoteText, unparsed } from '../go-text.ts'
import { type LabelToken, readLabelTokens } from './label-tokens.ts'
import { labelKeyFaults, labelValueFaults } from './label-syntax.ts'

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt'
export type LabelRequirement = {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}
/** All of them must hold; empty selects everything. */
export type LabelSelector = readonly LabelRequirement[]

/** The `labelSelector` of manifests. */
export type LabelSelectorObject = {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export function matchesLabelSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    switch (operator) {
      case 'exists':
        return value !== undefined
      case '!':
        return value === undefined
      case 'in':
      case '=':
      case '==':
        return value !== undefined && values.includes(value)
      case 'notin':
      case '!=':
        return value === undefined || !values.includes(value)
      case 'gt':
      case 'lt':
        return isBeyond(value, operator, values[0])
    }
  })
}

function isBeyond(value: string | undefined, operator: 'gt' | 'lt', bound: string | undefined): boolean {
  const [left, right] = [parseInteger(value ?? ''), parseInteger(bound ?? '')]
  if (!left.ok || !right.ok) return false
  return operator === 'gt' ? left.value > right.value : left.value < right.value
}

/** The object form; `matchLabels` and `matchExpressions` must all hold. */
export function labelSelectorOf(object: LabelSelectorObject): Parsed<LabelSelector> {
  const requirements: LabelRequirement[] = []
  const operators: Readonly<Record<string, LabelOperator>> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
  }
  for (const [key, value] of Object.entries(object.matchLabels ?? {})) {
    const made = requirement({ key, operator: '=', values: [value] })
    if (!made.ok) return made
    requirements.push(made.value)
  }
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = operators[operator]
    if (known === undefined) return unparsed(`${quoteText(operator)} is not a valid label selector operator`)
    const made = requirement({ key, operator: known, values: values ?? [] })
    if (!made.ok) return made
    requirements.push(made.value)
  }
  return parsed(requirements)
}

/** The text form. */
export function parseLabelSelector(text: string): Parsed<LabelSelector> {
  const tokens = new LabelTokens(readLabelTokens(text))
  const requirements: LabelRequirement[] = []
  for (;;) {
    const next = tokens.look()
    if (next.kind === 'end') return parsed(requirements)
    if (next.kind !== 'word' && next.text !== '!') {
      return unparsed(`found '${next.text}', expected: !, identifier, or 'end of string'`)
    }
    const made = readRequirement(tokens)
    if (!made.ok) return unparsed(`unable to parse requirement: ${made.error}`)
    requirements.push(made.value)
    const after = tokens.take()
    if (after.kind === 'end') return parsed(requirements)
    if (after.text !== ',') return unparsed(`found '${after.text}', expected: ',' or 'end of string'`)
    const following = tokens.look()
    if (following.kind !== 'word' && following.text !== '!') {
      return unparsed(`found '${following.text}', expected: identifier after ','`)
    }
  }
}

const endToken: LabelToken = { kind: 'end', text: '' }

class LabelTokens {
  private position = 0
  private readonly tokens: readonly LabelToken[]

  constructor(tokens: readonly LabelToken[]) {
    this.tokens = tokens
  }

  look(): LabelToken {
    return this.tokens[this.position] ?? endToken
  }

  take(): LabelToken {
    const token = this.look()
    this.position++
    return token
  }
}

function readRequirement(tokens: LabelTokens): Parsed<LabelRequirement> {
  const absent = tokens.look().text === '!'
  if (absent) tokens.take()
  const key = tokens.take()
  if (key.kind !== 'word') return unparsed(`found '${key.text}', expected: identifier`)
  const faults = labelKeyFaults(key.text)
  if (faults.length > 0) return unparsed(invalid('<nil>', key.text, faults))
  if (absent) return requirement({ key: key.text, operator: '!', values: [] })
  const next = tokens.look()
  if (next.kind === 'end' || next.text === ',') return requirement({ key: key.text, operator: 'exists', values: [] })
  const operator = operatorOf(tokens.take())
  if (!operator.ok) return operator
  const many = operator.value === 'in' || operator.value === 'notin'
  const values = many ? readValues(tokens) : readValue(tokens)
  return values.ok ? requirement({ key: key.text, operator: operator.value, values: values.value }) : values
}

function operatorOf({ text }: LabelToken): Parsed<LabelOperator> {
  const operators: Readonly<Record<string, LabelOperator>> = {
    in: 'in',
    notin: 'notin',
    '=': '=',
    '==': '==',
    '!=': '!=',
    '>': 'gt',
    '<': 'lt',
  }
  const operator = operators[text]
  return operator === undefined ? unparsed(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`) : parsed(operator)
}

function readValue(tokens: LabelTokens): Parsed<readonly string[]> {
  const next = tokens.look()
  if (next.kind === 'end' || next.text === ',') return parsed([''])
  tokens.take()
  return next.kind === 'word' ? parsed([next.text]) : unparsed(`found '${next.text}', expected: identifier`)
}

/** `(a,b)`; an empty place is the value `""`. */
function readValues(tokens: LabelTokens): Parsed<readonly string[]> {
  const open = tokens.take()
  if (open.text !== '(') return unparsed(`found '${open.text}' expected: '('`)
  const first = tokens.look()
  if (first.text === ')') {
    tokens.take()
    return parsed([''])
  }
  if (first.kind !== 'word' && first.text !== ',') {
    return unparsed(`found '${first.text}', expected: ',', ')' or identifier`)
  }
  const values = new Set<string>()
  for (;;) {
    const token = tokens.take()
    const next = tokens.look()
    if (token.kind === 'word') {
      values.add(token.text)
      if (next.text === ')') break
      if (next.text !== ',') return unparsed(`found '${next.text}', expected: ',' or ')'`)
    } else if (token.text === ',') {
      if (values.size === 0 || next.text === ')' || next.text === ',') values.add('')
      if (next.text === ',') tokens.take()
      if (next.text === ')') break
    } else return unparsed(`found '${token.text}', expected: ',', or identifier`)
  }
  tokens.take()
  return parsed([...values].sort())
}

function requirement(made: LabelRequirement): Parsed<LabelRequirement> {
  const { key, operator, values } = made
  const faults: string[] = []
  const keyFaults = labelKeyFaults(key)
  if (keyFaults.length > 0) faults.push(invalid('key', key, keyFaults))
  if (operator === 'gt' || operator === 'lt') {
    if (!parseInteger(values[0] ?? '').ok) {
      faults.push(invalid('values[0]', values[0] ?? '', ["for 'Gt', 'Lt' operators, the value must be an integer"]))
    }
  } else if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    faults.push(`values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`)
  } else if ((operator === 'exists' || operator === '!') && values.length > 0) {
    const list = values.map((value) => `"${value}"`).join(',')
    faults.push(`values: Invalid value: [${list}]: values set must be empty for exists and does not exist`)
  }
  for (const [index, value] of values.entries()) {
    const valueFaults = labelValueFaults(value)
    if (valueFaults.length > 0) faults.push(invalid(`values[${String(index)}][${key}]`, value, valueFaults))
  }
  const [only, ...more] = faults
  if (only === undefined) return parsed(made)
  return unparsed(more.length === 0 ? only : `[${faults.join(', ')}]`)
}

const invalid = (path: string, value: string, faults: readonly string[]): string =>
  `${path}: Invalid value: ${quoteText(value)}: ${faults.join('; ')}`
