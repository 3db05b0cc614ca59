/** Kubernetes' strategic merge: maps field by field, known lists by a key of their items, all else replaced. */
import { UserError } from '../resources/index.ts'

/** Which lists of a type merge by which key, and what their items and the fields are. */
export type MergeType = {
  readonly lists?: Readonly<Record<string, { readonly key: string; readonly items?: MergeType }>>
  readonly fields?: Readonly<Record<string, MergeType>>
}

const byName = { key: 'name' }

export const containerMerge: MergeType = {
  lists: {
    env: byName,
    ports: { key: 'containerPort' },
    volumeDevices: { key: 'devicePath' },
    volumeMounts: { key: 'mountPath' },
  },
}
const containers = { key: 'name', items: containerMerge }
const values: MergeType = { lists: { artifacts: byName, parameters: byName } }
const aliases = { key: 'ip' }
const tolerations = { key: 'key' }

/** The spec of a pod, for `podSpecPatch`. */
export const podSpecMerge: MergeType = {
  lists: {
    containers,
    ephemeralContainers: containers,
    hostAliases: aliases,
    imagePullSecrets: byName,
    initContainers: containers,
    resourceClaims: byName,
    schedulingGates: byName,
    topologySpreadConstraints: { key: 'topologyKey' },
    volumes: byName,
  },
}

export const templateMerge: MergeType = {
  lists: { hostAliases: aliases, initContainers: containers, sidecars: containers, tolerations, volumes: byName },
  fields: {
    container: containerMerge,
    dag: { lists: { tasks: byName } },
    inputs: values,
    outputs: values,
    script: containerMerge,
  },
}

export const workflowSpecMerge: MergeType = {
  lists: {
    hostAliases: aliases,
    imagePullSecrets: byName,
    templates: { key: 'name', items: templateMerge },
    tolerations,
    volumes: byName,
  },
  fields: { arguments: values, templateDefaults: templateMerge },
}

type JsonMap = Readonly<Record<string, unknown>>

/**
 * The patch on top of the original; neither is changed. `null` removes a field; `$patch: replace` and `$patch: delete`
 * are followed, `$retainKeys` too.
 * @throws UserError where the patch is no map
 */
export function strategicMerge<T extends object>(original: T, patch: object, type: MergeType): T {
  if (!isMap(patch)) throw new UserError('INVALID_PATCH', 'a patch must be a map of fields')
  return mergeMaps(original as JsonMap, patch, type) as T
}

const isMap = (value: unknown): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value)

const isDirective = (key: string): boolean => key.startsWith('$')

function mergeMaps(original: JsonMap, patch: JsonMap, type: MergeType): JsonMap {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const kept = patch['$retainKeys']
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(original)) {
    if (!Array.isArray(kept) || kept.includes(key)) define(result, key, value)
  }
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key)) continue
    if (value === null) delete result[key]
    else define(result, key, mergeValues(Object.hasOwn(result, key) ? result[key] : undefined, value, key, type))
  }
  return result
}

/** `__proto__` is a key like any other. */
const define = (target: Record<string, unknown>, key: string, value: unknown) =>
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })

const withoutDirectives = (patch: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(patch).filter(([key, value]) => !isDirective(key) && value !== null))

function mergeValues(original: unknown, patch: unknown, key: string, type: MergeType): unknown {
  const inner = type.fields?.[key] ?? {}
  if (isMap(patch)) return isMap(original) ? mergeMaps(original, patch, inner) : mergeMaps({}, patch, inner)
  const list = type.lists?.[key]
  if (!Array.isArray(patch) || !Array.isArray(original) || !list) return patch
  return mergeLists(original, patch, list.key, list.items ?? {})
}

function mergeLists(original: readonly unknown[], patch: readonly unknown[], key: string, type: MergeType): unknown[] {
  const items = patch.filter(isMap)
  if (items.some((item) => item['$patch'] === 'replace' && Object.keys(item).length === 1)) {
    return items.filter((item) => !('$patch' in item))
  }
  const deleted = new Set(items.filter((item) => item['$patch'] === 'delete').map((item) => item[key]))
  const base = original.filter((item) => !isMap(item) || !deleted.has(item[key]))
  const given = items.filter((item) => item['$patch'] !== 'delete')
  const patched = given.map((item) => {
    const before = base.find((other) => isMap(other) && other[key] === item[key] && item[key] !== undefined)
    return isMap(before) ? mergeMaps(before, item, type) : withoutDirectives(item)
  })
  const others = base.filter((item) => !isMap(item) || !given.some((other) => other[key] === item[key]))
  return inOrder(patched, others, base, key)
}

/** Patched items keep the patch's order; those only in the original come as early as its order allows. */
function inOrder(
  patched: readonly JsonMap[],
  others: readonly unknown[],
  original: readonly unknown[],
  key: string,
): unknown[] {
  const placeOf = (item: unknown) =>
    original.findIndex((other) => isMap(other) && isMap(item) && other[key] === item[key])
  const result: unknown[] = []
  const rest = [...others]
  for (const item of patched) {
    const place = placeOf(item)
    while (rest.length > 0 && !(place !== -1 && place < placeOf(rest[0]))) result.push(rest.shift())
    result.push(item)
  }
  return [...result, ...rest]
}
