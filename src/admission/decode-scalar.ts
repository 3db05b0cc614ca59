/** Texts, numbers and their special forms as Go's JSON decoder takes them. */
import type { SchemaNode } from './go-type-names.ts'
import { type RawNode, plainOf } from './raw-node.ts'

export type DecodedScalar =
  | { readonly kind: 'value'; readonly value: string | number | boolean | undefined }
  /** Refused: with words of its own, or as a wrong type. */
  | { readonly kind: 'refused'; readonly message?: string; readonly literal?: string }

const value = (of: string | number | boolean | undefined): DecodedScalar => ({ kind: 'value', value: of })
const wrongType: DecodedScalar = { kind: 'refused' }

export function decodeScalar(
  node: RawNode,
  schema: SchemaNode,
  options: { readonly scalarsAsText: boolean },
): DecodedScalar {
  if (node.kind === 'null') return value(undefined)
  switch (schema.format) {
    case 'any-text':
      return value(anyTextOf(node))
    case 'int-or-text':
      return node.kind === 'text' ? value(node.value) : wholeNumber(node, 'int32')
    case 'int32':
    case 'int64':
      return wholeNumber(node, schema.format)
    case 'quantity':
      return quantityOf(node)
    case 'amount':
      return amountOf(node)
    case 'byte':
      return bytesOf(node)
    case 'date-time':
      return timeOf(node)
    default:
      return plainScalar(node, schema, options)
  }
}

function plainScalar(node: RawNode, schema: SchemaNode, options: { readonly scalarsAsText: boolean }): DecodedScalar {
  if (schema.type === 'boolean') return node.kind === 'bool' ? value(node.value) : wrongType
  if (node.kind === 'text') return value(node.value)
  if (options.scalarsAsText && node.kind === 'number') return value(goFloatText(node.literal))
  if (options.scalarsAsText && node.kind === 'bool') return value(String(node.value))
  return wrongType
}

/** A parameter's value: scalars become text, lists and maps their JSON. */
function anyTextOf(node: RawNode): string {
  switch (node.kind) {
    case 'text':
      return node.value
    case 'bool':
      return String(node.value)
    case 'number':
      return plainDigits(Number(node.literal))
    default:
      return JSON.stringify(plainOf(node))
  }
}

/** A number without exponent, with the shortest digits that read back as the same number. */
function plainDigits(number: number): string {
  const text = String(number)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!match) return text
  const [, sign = '', head = '', tail = '', exponent = '0'] = match
  const digits = head + tail
  const point = Number(exponent) + 1
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return sign + digits.padEnd(point, '0')
}

/** Whole numbers as they stand, others as Go's %g prints them. */
const goFloatText = (literal: string): string =>
  literal.replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`)

const ranges = { int32: 2n ** 31n, int64: 2n ** 63n } as const

function wholeNumber(node: RawNode, type: keyof typeof ranges): DecodedScalar {
  if (node.kind !== 'number') return wrongType
  if (!/^-?\d+$/.test(node.literal)) return { kind: 'refused', literal: node.literal }
  const number = BigInt(node.literal)
  if (number >= ranges[type] || number < -ranges[type]) return { kind: 'refused', literal: node.literal }
  return value(Number(number))
}

const quantityForm = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const quantitySuffix = /^([numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?$/

function quantityOf(node: RawNode): DecodedScalar {
  const text = node.kind === 'number' ? node.literal : node.kind === 'text' ? node.value : ''
  const match = quantityForm.exec(text)
  if (!match)
    return { kind: 'refused', message: `quantities must match the regular expression '${quantityForm.source}'` }
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(match[1] ?? '')) {
    return { kind: 'refused', message: 'unable to parse numeric part of quantity' }
  }
  if (!quantitySuffix.test(match[2] ?? '')) return { kind: 'refused', message: "unable to parse quantity's suffix" }
  return value(text)
}

function amountOf(node: RawNode): DecodedScalar {
  if (node.kind === 'number') return value(Number(node.literal))
  return node.kind === 'text' ? value(node.value) : value(JSON.stringify(plainOf(node)))
}

function bytesOf(node: RawNode): DecodedScalar {
  if (node.kind !== 'text') return wrongType
  const text = node.value.replace(/[\r\n]/g, '')
  const wrong = text.search(/[^A-Za-z0-9+/=]/)
  const padded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
  if (padded) return value(node.value)
  const at = wrong >= 0 ? wrong : text.length - (text.length % 4)
  return { kind: 'refused', message: `illegal base64 data at input byte ${at}` }
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function timeOf(node: RawNode): DecodedScalar {
  if (node.kind !== 'text') return wrongType
  if (node.value === '') return value(undefined)
  if (rfc3339.test(node.value) && !Number.isNaN(Date.parse(node.value))) return value(node.value)
  const message = `parsing time "${node.value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${node.value}" as "2006"`
  return { kind: 'refused', message }
}
