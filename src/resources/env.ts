/** Environment variables of a container and where their values come from. */
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, kubernetesObject, quantity, text } from './schema.ts'

export const ObjectFieldSelectorSchema = kubernetesObject(
  'ObjectFieldSelector',
  { apiVersion: text(), fieldPath: text() },
  ['fieldPath'],
)
export type ObjectFieldSelector = Static<typeof ObjectFieldSelectorSchema>

export const ResourceFieldSelectorSchema = kubernetesObject(
  'ResourceFieldSelector',
  { containerName: text(), resource: text(), divisor: quantity() },
  ['resource'],
)
export type ResourceFieldSelector = Static<typeof ResourceFieldSelectorSchema>

export const FileKeySelectorSchema = kubernetesObject(
  'FileKeySelector',
  { volumeName: text(), path: text(), key: text(), optional: bool() },
  ['volumeName', 'path', 'key'],
)
export type FileKeySelector = Static<typeof FileKeySelectorSchema>

export const EnvVarSourceSchema = kubernetesObject('EnvVarSource', {
  fieldRef: ObjectFieldSelectorSchema,
  resourceFieldRef: ResourceFieldSelectorSchema,
  configMapKeyRef: ConfigMapKeySelectorSchema,
  secretKeyRef: SecretKeySelectorSchema,
  fileKeyRef: FileKeySelectorSchema,
})
export type EnvVarSource = Static<typeof EnvVarSourceSchema>

export const EnvVarSchema = kubernetesObject('EnvVar', { name: text(), value: text(), valueFrom: EnvVarSourceSchema }, [
  'name',
])
export type EnvVar = Static<typeof EnvVarSchema>

export const ConfigMapEnvSourceSchema = kubernetesObject('ConfigMapEnvSource', { name: text(), optional: bool() })
export type ConfigMapEnvSource = Static<typeof ConfigMapEnvSourceSchema>

export const SecretEnvSourceSchema = kubernetesObject('SecretEnvSource', { name: text(), optional: bool() })
export type SecretEnvSource = Static<typeof SecretEnvSourceSchema>

export const EnvFromSourceSchema = kubernetesObject('EnvFromSource', {
  prefix: text(),
  configMapRef: ConfigMapEnvSourceSchema,
  secretRef: SecretEnvSourceSchema,
})
export type EnvFromSource = Static<typeof EnvFromSourceSchema>
