/** Environment variables of a container and where their values come from. */
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, object, quantity, text } from './schema.ts'

export const ObjectFieldSelectorSchema = object('ObjectFieldSelector', { fieldPath: text() }, { apiVersion: text() })
export type ObjectFieldSelector = Static<typeof ObjectFieldSelectorSchema>

export const ResourceFieldSelectorSchema = object(
  'ResourceFieldSelector',
  { resource: text() },
  { containerName: text(), divisor: quantity() },
)
export type ResourceFieldSelector = Static<typeof ResourceFieldSelectorSchema>

export const FileKeySelectorSchema = object(
  'FileKeySelector',
  { key: text(), path: text(), volumeName: text() },
  { optional: bool() },
)
export type FileKeySelector = Static<typeof FileKeySelectorSchema>

export const EnvVarSourceSchema = object(
  'EnvVarSource',
  {},
  {
    configMapKeyRef: ConfigMapKeySelectorSchema,
    fieldRef: ObjectFieldSelectorSchema,
    fileKeyRef: FileKeySelectorSchema,
    resourceFieldRef: ResourceFieldSelectorSchema,
    secretKeyRef: SecretKeySelectorSchema,
  },
)
export type EnvVarSource = Static<typeof EnvVarSourceSchema>

export const EnvVarSchema = object('EnvVar', { name: text() }, { value: text(), valueFrom: EnvVarSourceSchema })
export type EnvVar = Static<typeof EnvVarSchema>

export const ConfigMapEnvSourceSchema = object('ConfigMapEnvSource', {}, { name: text(), optional: bool() })
export type ConfigMapEnvSource = Static<typeof ConfigMapEnvSourceSchema>

export const SecretEnvSourceSchema = object('SecretEnvSource', {}, { name: text(), optional: bool() })
export type SecretEnvSource = Static<typeof SecretEnvSourceSchema>

export const EnvFromSourceSchema = object(
  'EnvFromSource',
  {},
  { configMapRef: ConfigMapEnvSourceSchema, prefix: text(), secretRef: SecretEnvSourceSchema },
)
export type EnvFromSource = Static<typeof EnvFromSourceSchema>
