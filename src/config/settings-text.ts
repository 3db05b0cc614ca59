/** Settings from YAML text: parsed, checked against a schema, problems with their place. */
import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import { LineCounter, isAlias, isMap, isSeq, parseDocument } from 'yaml'
import type { Document, Node } from 'yaml'
import { nearest } from '../admission/suggestion.ts'
import type { Position } from '../resources/index.ts'
import type { SettingsProblem } from './problems.ts'

/** Where the value at a path stands, or its key. */
export type PlaceOf = (path: readonly string[], of: 'key' | 'value') => Position | undefined

export type Checked<T> = { readonly value: T; readonly problems: readonly SettingsProblem[] }

/** Scalars may be quoted (`parallelism: "10"`), as Argo takes them: ajv turns texts into what the schema wants. */
const ajv = new Ajv({ allErrors: true, coerceTypes: true, strict: false, validateFormats: false, verbose: true })
const validators = new WeakMap<TSchema, ValidateFunction>()

/**
 * @param origin where the text itself begins inside a larger file (a ConfigMap's item), for positions
 */
export function checkSettingsText<T>(
  text: string,
  schema: TSchema,
  file: string,
  origin: { readonly line: number } = { line: 1 },
): Checked<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: line + origin.line - 1, column: col }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      message: error.message.split('\n')[0] ?? error.message,
      at: place(error.pos[0]),
    }))
    return { value: {} as T, problems }
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  return { value: value as T, problems: checkSettings(value, schema, (path, of) => placeOf(document, path, of, place)) }
}

/** Where settings stand in a text; nowhere, if it cannot be parsed. */
export function placesIn(text: string, file: string): PlaceOf {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  return (path, of) =>
    placeOf(document, path, of, (offset) => {
      const { line, col } = lines.linePos(offset)
      return { file, line, column: col }
    })
}

/** Checks (and coerces in place) a value that was parsed already. */
export function checkSettings(value: unknown, schema: TSchema, at: PlaceOf): readonly SettingsProblem[] {
  let validate = validators.get(schema)
  if (validate === undefined) validators.set(schema, (validate = ajv.compile(schema)))
  if (validate(value)) return []
  const errors = validate.errors ?? []
  return errors.map((error) => problemOf(error, at))
}

function problemOf(error: ErrorObject, at: PlaceOf): SettingsProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params['additionalProperty'])
    const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {})
    const near = nearest(name, known)
    const hint = near === undefined ? `known: ${known.toSorted().join(', ')}` : `did you mean \`${near}\`?`
    return { message: `unknown setting \`${name}\``, path: path.join('.'), at: at([...path, name], 'key'), hint }
  }
  const allowed = error.keyword === 'enum' ? (error.params['allowedValues'] as readonly unknown[]) : undefined
  const message = error.message ?? 'is wrong'
  return {
    message: allowed === undefined ? message : `must be one of ${allowed.join(', ')}`,
    path: path.join('.'),
    at: at(path, 'value'),
  }
}

/** The key's place for a wrong key, the value's for a wrong value; of the nearest ancestor where there is none. */
function placeOf(
  document: Document,
  path: readonly string[],
  of: 'key' | 'value',
  place: (offset: number) => Position,
): Position | undefined {
  let node: Node | null = document.contents
  let offset = node?.range?.[0]
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    if (isMap(node)) {
      const pair = node.items.find((item) => String((item.key as { value?: unknown } | null)?.value) === step)
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset
      node = (pair?.value as Node | undefined) ?? null
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  const valueOffset = of === 'value' ? node?.range?.[0] : undefined
  const found = valueOffset ?? offset
  return found === undefined ? undefined : place(found)
}
