/** `@json`, `@csv` and the other formats. */
import { JqError, failedOn, notApplicable } from '../errors.ts'
import { type JqValue, encode, isArray, isObject, typePreview } from '../values.ts'

export const textOf = (value: JqValue): string => (typeof value === 'string' ? value : encode(value))

/** @param name with its `@` */
export function formatValue(name: string, value: JqValue): string {
  switch (name) {
    case '@text':
      return textOf(value)
    case '@json':
      return encode(value)
    case '@html':
      return textOf(value).replace(/[<>&'"]/g, (char) => entities[char] ?? char)
    case '@uri':
      return encodeURIComponent(textOf(value).toWellFormed()).replace(/[!'()*]/g, percent)
    case '@urid':
      return decodeUri(value)
    case '@csv':
      return row('csv', value, ',', (text) => `"${text.replaceAll('"', '""').replaceAll('\0', '\\0')}"`)
    case '@tsv':
      return row('tsv', value, '\t', (text) => text.replace(/[\t\r\n\\\0]/g, (char) => tabEscapes[char] ?? char))
    case '@sh':
      return row('sh', isArray(value) ? value : [value], ' ', (text) => {
        return `'${text.replaceAll("'", "'\\''").replaceAll('\0', '\\0')}'`
      })
    case '@base64':
      return Buffer.from(textOf(value), 'utf8').toString('base64')
    case '@base64d':
      return decodeBase64(value)
    default:
      throw new JqError(`format not defined: ${name}`)
  }
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
}
const tabEscapes: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
  '\\': '\\\\',
  '\0': '\\0',
}
const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

function row(name: string, value: JqValue, separator: string, quote: (text: string) => string): string {
  if (!isArray(value)) throw notApplicable(`@${name}`, value)
  return value
    .map((item) => {
      if (isArray(item) || isObject(item)) {
        throw new JqError(`@${name} cannot format an array including: ${typePreview(item)}`)
      }
      if (typeof item === 'string') return quote(item)
      return item === null && name !== 'sh' ? '' : encode(item)
    })
    .join(separator)
}

function decodeUri(value: JqValue): string {
  const text = textOf(value)
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0]
  if (wrong !== undefined) throw failedOn('@urid', `invalid URL escape ${JSON.stringify(wrong)}`, value)
  const bytes = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => {
      return String.fromCharCode(Number.parseInt(hex, 16))
    })
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function decodeBase64(value: JqValue): string {
  const text = textOf(value)
  const padding = text.indexOf('=')
  const body = (padding < 0 ? text : text.slice(0, padding)).replace(/[\r\n]/g, '')
  const wrong = body.search(/[^A-Za-z0-9+/]/)
  const at = wrong >= 0 ? wrong : body.length % 4 === 1 ? body.length - 1 : -1
  if (at >= 0) throw failedOn('@base64d', `illegal base64 data at input byte ${String(at)}`, value)
  return Buffer.from(body, 'base64').toString('utf8')
}
