/** The environment of a container, every reference resolved, in the order in which Kubernetes resolves it. */
import type { Container, ContainerRequest, EnvVar } from '../../resources/index.ts'
import { configMapKeys, configMapValue, secretKeys, secretValue } from '../objects.ts'
import type { PodFacts } from './downward.ts'
import { fieldValue, resourceValue } from './downward.ts'
import { expand } from './expand.ts'
import type { Lookups } from './lookups.ts'
import { NotYet } from './lookups.ts'

export type EnvEntry = ContainerRequest['env'][number]

export type EnvContext = {
  readonly namespace: string
  readonly lookups: Lookups
  readonly facts: PodFacts
  /** The other containers, for `resourceFieldRef.containerName`. */
  readonly containers: readonly Container[]
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const missing = (what: string): NotYet => new NotYet(`CreateContainerConfigError: ${what}`)

/**
 * `built` stands before everything, so that a manifest may override it.
 * @throws NotYet where something that is not optional is missing
 */
export function environmentOf(container: Container, built: readonly EnvEntry[], context: EnvContext): EnvEntry[] {
  if (!container.envFrom?.length && !container.env?.length) return [...built]
  const env = new Map<string, EnvEntry>(built.map((entry) => [entry.name, entry]))
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? ''
    for (const entry of wholeSource(source, context))
      env.set(prefix + entry.name, { ...entry, name: prefix + entry.name })
  }
  for (const variable of container.env ?? []) {
    const entry = oneVariable(variable, env, container, context)
    if (entry !== null) env.set(entry.name, entry)
  }
  return [...env.values()]
}

function wholeSource(
  source: NonNullable<Container['envFrom']>[number],
  { namespace, lookups }: EnvContext,
): EnvEntry[] {
  if (source.configMapRef !== undefined) {
    const { name = '', optional } = source.configMapRef
    const map = lookups.configMap(namespace, name)
    if (map === null) {
      if (optional === true) return []
      throw missing(`configmap "${name}" not found`)
    }
    return configMapKeys(map).map((key) => ({ name: key, value: text(configMapValue(map, key) ?? new Uint8Array()) }))
  }
  if (source.secretRef !== undefined) {
    const { name = '', optional } = source.secretRef
    const secret = lookups.secret(namespace, name)
    if (secret === null) {
      if (optional === true) return []
      throw missing(`secret "${name}" not found`)
    }
    return secretKeys(secret).map((key) => ({
      name: key,
      value: text(secretValue(secret, key) ?? new Uint8Array()),
      secret: true,
    }))
  }
  return []
}

/** `null`: an optional reference leads nowhere, and the variable is not set. */
function oneVariable(
  variable: EnvVar,
  known: ReadonlyMap<string, EnvEntry>,
  container: Container,
  context: EnvContext,
): EnvEntry | null {
  const { name, valueFrom } = variable
  if (valueFrom === undefined || valueFrom === null) {
    const used = new Set<string>()
    const value = expand(variable.value ?? '', (other) => {
      used.add(other)
      return known.get(other)?.value
    })
    return { name, value, ...([...used].some((other) => known.get(other)?.secret === true) ? { secret: true } : {}) }
  }
  if (valueFrom.fieldRef !== undefined) return { name, value: fieldValue(valueFrom.fieldRef, context.facts) }
  if (valueFrom.resourceFieldRef !== undefined) {
    const { containerName } = valueFrom.resourceFieldRef
    const of = containerName ? context.containers.find((other) => other.name === containerName) : container
    return { name, value: resourceValue(valueFrom.resourceFieldRef, of, context.facts) }
  }
  if (valueFrom.configMapKeyRef !== undefined) {
    const { name: map = '', key, optional } = valueFrom.configMapKeyRef
    const found = context.lookups.configMap(context.namespace, map)
    const value = configMapValue(found, key)
    if (value !== null) return { name, value: text(value) }
    if (optional === true) return null
    throw missing(
      found === null
        ? `configmap "${map}" not found`
        : `couldn't find key ${key} in ConfigMap ${context.namespace}/${map}`,
    )
  }
  if (valueFrom.secretKeyRef !== undefined) {
    const { name: secret = '', key, optional } = valueFrom.secretKeyRef
    const found = context.lookups.secret(context.namespace, secret)
    const value = secretValue(found, key)
    if (value !== null) return { name, value: text(value), secret: true }
    if (optional === true) return null
    throw missing(
      found === null
        ? `secret "${secret}" not found`
        : `couldn't find key ${key} in Secret ${context.namespace}/${secret}`,
    )
  }
  return { name, value: '' }
}
