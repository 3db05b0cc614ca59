/** Field selectors: `a=b,c!=d`, with a backslash before a comma, an equals sign or a backslash in a value. */
import { type Parsed, parsed, unparsed } from '../go-text.ts'

export type FieldRequirement = { readonly field: string; readonly equal: boolean; readonly value: string }
/** All of them must hold. */
export type FieldSelector = readonly FieldRequirement[]

/** What a node selector looks at; a NodeStatus fits. */
export type SelectableNode = {
  readonly displayName?: string
  readonly templateName?: string
  readonly phase?: string
  readonly name?: string
  readonly id?: string
  readonly templateRef?: { readonly name?: string; readonly template?: string }
  readonly inputs?: { readonly parameters?: readonly { readonly name: string; readonly value?: unknown }[] }
}

export function parseFieldSelector(text: string): Parsed<FieldSelector> {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).filter((part) => part !== '')) {
    const [, field = '', operator = '', right = ''] = /^(.*?)(!=|==|=)(.*)$/s.exec(term) ?? []
    if (operator === '') return unparsed(`invalid selector: '${text}'; can't understand '${term}'`)
    const value = unescapeValue(right)
    if (!value.ok) return value
    requirements.push({ field, equal: operator !== '!=', value: value.value })
  }
  return parsed(requirements)
}

/** A field that is not there has the value `""`. */
export function matchesFields(selector: FieldSelector, valueOf: (field: string) => string | undefined): boolean {
  return selector.every(({ field, equal, value }) => ((valueOf(field) ?? '') === value) === equal)
}

export const parseNodeFieldSelector = parseFieldSelector

/** Keys: displayName, templateName (that of a templateRef, if there is one), phase, name, id, templateRef.name, templateRef.template, inputs.parameters.<p>.value. */
export function matchesNodeFieldSelector(selector: FieldSelector, node: SelectableNode): boolean {
  return matchesFields(selector, (field) => nodeField(node, field))
}

function nodeField(node: SelectableNode, field: string): string | undefined {
  switch (field) {
    case 'templateName':
      return node.templateRef === undefined ? node.templateName : node.templateRef.template
    case 'displayName':
    case 'phase':
    case 'name':
    case 'id':
      return node[field]
    case 'templateRef.name':
      return node.templateRef?.name
    case 'templateRef.template':
      return node.templateRef?.template
    default: {
      const parameter = /^inputs\.parameters\.(.*)\.value$/s.exec(field)?.[1]
      const value = node.inputs?.parameters?.find(({ name }) => name === parameter)?.value
      return value === undefined || value === null ? undefined : String(value)
    }
  }
}

/** At commas without a backslash before them. */
function splitTerms(text: string): readonly string[] {
  const terms: string[] = ['']
  let escaped = false
  for (const char of text) {
    if (!escaped && char === ',') terms.push('')
    else terms.push(`${terms.pop() ?? ''}${char}`)
    escaped = !escaped && char === '\\'
  }
  return terms
}

function unescapeValue(text: string): Parsed<string> {
  let value = ''
  let escaped = false
  for (const char of text) {
    const special = char === '\\' || char === ',' || char === '='
    if (escaped && !special) return unparsed(`invalid field selector: invalid escape sequence: \\${char}`)
    if (!escaped && char === '\\') {
      escaped = true
      continue
    }
    if (!escaped && special) {
      return unparsed(`invalid field selector: unescaped character in value: ${String(char.charCodeAt(0))}`)
    }
    value += char
    escaped = false
  }
  return escaped ? unparsed('invalid field selector: invalid escape sequence: \\') : parsed(value)
}
