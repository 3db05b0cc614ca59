/** Where artifacts go that name no place of their own. */
import { OSSLifecycleRuleSchema, s3Bucket } from './artifact-location.ts'
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, list, object, text } from './schema.ts'

export const S3ArtifactRepositorySchema = object('S3ArtifactRepository', {
  ...s3Bucket,
  keyFormat: text(),
  keyPrefix: text(),
})
export type S3ArtifactRepository = Static<typeof S3ArtifactRepositorySchema>

export const GCSArtifactRepositorySchema = object('GCSArtifactRepository', {
  bucket: text(),
  serviceAccountKeySecret: SecretKeySelectorSchema,
  keyFormat: text(),
})
export type GCSArtifactRepository = Static<typeof GCSArtifactRepositorySchema>

export const AzureArtifactRepositorySchema = object(
  'AzureArtifactRepository',
  {
    endpoint: text(),
    container: text(),
    accountKeySecret: SecretKeySelectorSchema,
    useSDKCreds: bool(),
    blobNameFormat: text(),
  },
  ['endpoint', 'container'],
)
export type AzureArtifactRepository = Static<typeof AzureArtifactRepositorySchema>

export const OSSArtifactRepositorySchema = object('OSSArtifactRepository', {
  endpoint: text(),
  bucket: text(),
  accessKeySecret: SecretKeySelectorSchema,
  secretKeySecret: SecretKeySelectorSchema,
  createBucketIfNotPresent: bool(),
  securityToken: text(),
  lifecycleRule: OSSLifecycleRuleSchema,
  useSDKCreds: bool(),
  keyFormat: text(),
})
export type OSSArtifactRepository = Static<typeof OSSArtifactRepositorySchema>

export const HDFSArtifactRepositorySchema = object('HDFSArtifactRepository', {
  krbCCacheSecret: SecretKeySelectorSchema,
  krbKeytabSecret: SecretKeySelectorSchema,
  krbUsername: text(),
  krbRealm: text(),
  krbConfigConfigMap: ConfigMapKeySelectorSchema,
  krbServicePrincipalName: text(),
  addresses: list(text()),
  hdfsUser: text(),
  dataTransferProtection: text(),
  pathFormat: text(),
  force: bool(),
})
export type HDFSArtifactRepository = Static<typeof HDFSArtifactRepositorySchema>

export const ArtifactoryArtifactRepositorySchema = object('ArtifactoryArtifactRepository', {
  usernameSecret: SecretKeySelectorSchema,
  passwordSecret: SecretKeySelectorSchema,
  repoURL: text(),
  keyFormat: text(),
})
export type ArtifactoryArtifactRepository = Static<typeof ArtifactoryArtifactRepositorySchema>

export const PluginArtifactRepositorySchema = object(
  'PluginArtifactRepository',
  { name: text(), keyFormat: text(), configuration: text() },
  ['name', 'configuration'],
)
export type PluginArtifactRepository = Static<typeof PluginArtifactRepositorySchema>

export const ArtifactRepositorySchema = object('ArtifactRepository', {
  archiveLogs: bool(),
  s3: S3ArtifactRepositorySchema,
  artifactory: ArtifactoryArtifactRepositorySchema,
  hdfs: HDFSArtifactRepositorySchema,
  oss: OSSArtifactRepositorySchema,
  gcs: GCSArtifactRepositorySchema,
  azure: AzureArtifactRepositorySchema,
  plugin: PluginArtifactRepositorySchema,
})
export type ArtifactRepository = Static<typeof ArtifactRepositorySchema>

export const ArtifactRepositoryRefSchema = object('ArtifactRepositoryRef', { configMap: text(), key: text() })
export type ArtifactRepositoryRef = Static<typeof ArtifactRepositoryRefSchema>

export const ArtifactRepositoryRefStatusSchema = object('ArtifactRepositoryRefStatus', {
  configMap: text(),
  key: text(),
  namespace: text(),
  default: bool(),
  artifactRepository: ArtifactRepositorySchema,
})
export type ArtifactRepositoryRefStatus = Static<typeof ArtifactRepositoryRefStatusSchema>
