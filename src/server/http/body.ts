/** The body of a request: JSON whatever the Content-Type says, empty and `null` as `{}`, with words like Go's for wrong types. */
import { invalid } from './faults.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @returns `undefined` for an empty body. @throws HttpFault 400 */
export function parseJson(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid(`invalid JSON in the request body${placeOf(text)}`)
  }
}

/** Go names the first character that cannot begin a value; that is the usual mistake (YAML or a form). */
function placeOf(text: string): string {
  const first = text.trimStart().charAt(0)
  return '{["-0123456789tfn'.includes(first) ? '' : `: invalid character '${first}' looking for beginning of value`
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a request, each read with its type. Unknown fields are ignored. */
export class Body {
  readonly #fields: JsonObject
  readonly #around: string

  constructor(value: unknown, around = '') {
    if (value !== undefined && value !== null && !isObject(value))
      throw invalid(`json: cannot unmarshal ${kindOf(value)} into Go value of type ${around || 'object'}`)
    this.#fields = value ?? {}
    this.#around = around
  }

  /** `null` reads as absent. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    if (value === undefined || value === '') return undefined
    if (typeof value === 'string') return value
    throw this.#wrong(name, value, 'string')
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'boolean') return value
    throw this.#wrong(name, value, 'bool')
  }

  integer(name: string): number | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    const number = typeof value === 'string' && value !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number
    throw this.#wrong(name, value, 'int32')
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
    throw this.#wrong(name, value, '[]string')
  }

  object(name: string): Body {
    const value = this.raw(name)
    if (value === undefined || isObject(value)) return new Body(value, name)
    throw this.#wrong(name, value, 'object')
  }

  #wrong(name: string, value: unknown, type: string) {
    const field = this.#around === '' ? name : `${this.#around}.${name}`
    return invalid(`json: cannot unmarshal ${kindOf(value)} into Go struct field ${field} of type ${type}`)
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
