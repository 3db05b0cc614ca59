/** Settings from the environment: `DRYDOCK_<SETTING>`, nested names joined by `_` (`DRYDOCK_SERVER_PORT`). */
import { ownSettings, settingsSchema } from './settings.ts'
import type { Settings } from './settings.ts'
import { InvalidSettings } from './problems.ts'
import { checkSettings } from './settings-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Variable = {
  readonly name: string
  readonly path: readonly string[]
  readonly isList: boolean
  readonly description: string
}

/** Every variable that is read, in the order of the settings file. */
export const environmentVariables: readonly Variable[] = variablesOf(ownSettings, [])

/** Names that people know from elsewhere; ours win. */
const otherVariables: readonly (readonly [string, readonly string[]])[] = [
  ['DATABASE_URL', ['store', 'url']],
  ['ARGO_EXECUTOR_PLUGINS', ['executorPlugins', 'enabled']],
  ['ARGO_WORKFLOW_LEVEL_EXECUTOR_PLUGINS', ['executorPlugins', 'workflowLevel']],
]

type Fields = Readonly<Record<string, unknown>>
type SchemaLike = {
  readonly type?: string
  readonly properties?: Fields
  readonly items?: { readonly type?: string }
  readonly description?: string
}

function variablesOf(fields: Fields, path: readonly string[]): Variable[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const schema = field as SchemaLike
    const here = [...path, key]
    if (schema.properties !== undefined) return variablesOf(schema.properties, here)
    if (schema.type === 'object' || (schema.type === 'array' && schema.items?.type !== 'string')) return []
    const name = `DRYDOCK_${here.map((step) => step.replaceAll(/[A-Z]+/g, (upper) => `_${upper}`).toUpperCase()).join('_')}`
    return [{ name, path: here, isList: schema.type === 'array', description: schema.description ?? '' }]
  })
}

/**
 * Lists are separated by commas; an empty variable counts as unset.
 * @throws InvalidSettings naming the variable
 */
export function settingsFromEnvironment(environment: Environment): Settings {
  const settings: Record<string, unknown> = {}
  const byPath = new Map<string, string>()
  for (const { name, path, isList } of environmentVariables) {
    const text = environment[name]
    if (text === undefined || text === '') continue
    byPath.set(path.join('.'), name)
    setIn(settings, path, isList ? text.split(',').map((part) => part.trim()) : text)
  }
  for (const [name, path] of otherVariables) {
    const text = environment[name]
    if (text === undefined || text === '' || byPath.has(path.join('.'))) continue
    byPath.set(path.join('.'), name)
    setIn(settings, path, text)
  }
  const problems = checkSettings(settings, settingsSchema, () => undefined)
  if (problems.length > 0) {
    throw new InvalidSettings(
      problems.map((problem) => ({ ...problem, path: byPath.get(problem.path ?? '') ?? problem.path })),
    )
  }
  return settings
}

function setIn(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path
  if (rest.length === 0) {
    target[first] = value
    return
  }
  const inner = (target[first] ??= {}) as Record<string, unknown>
  setIn(inner, rest, value)
}
