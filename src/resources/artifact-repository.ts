/** Where artifacts go that name no place of their own. */
import { CreateS3BucketOptionsSchema, OSSLifecycleRuleSchema, S3EncryptionOptionsSchema } from './artifact-location.ts'
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, list, object, text } from './schema.ts'

export const S3ArtifactRepositorySchema = object(
  'S3ArtifactRepository',
  {},
  {
    accessKeySecret: SecretKeySelectorSchema,
    addressingStyle: text(),
    bucket: text(),
    caSecret: SecretKeySelectorSchema,
    createBucketIfNotPresent: CreateS3BucketOptionsSchema,
    encryptionOptions: S3EncryptionOptionsSchema,
    endpoint: text(),
    insecure: bool(),
    keyFormat: text(),
    keyPrefix: text(),
    region: text(),
    roleARN: text(),
    secretKeySecret: SecretKeySelectorSchema,
    sessionTokenSecret: SecretKeySelectorSchema,
    useSDKCreds: bool(),
  },
)
export type S3ArtifactRepository = Static<typeof S3ArtifactRepositorySchema>

export const GCSArtifactRepositorySchema = object(
  'GCSArtifactRepository',
  {},
  { bucket: text(), keyFormat: text(), serviceAccountKeySecret: SecretKeySelectorSchema },
)
export type GCSArtifactRepository = Static<typeof GCSArtifactRepositorySchema>

export const AzureArtifactRepositorySchema = object(
  'AzureArtifactRepository',
  { container: text(), endpoint: text() },
  { accountKeySecret: SecretKeySelectorSchema, blobNameFormat: text(), useSDKCreds: bool() },
)
export type AzureArtifactRepository = Static<typeof AzureArtifactRepositorySchema>

export const OSSArtifactRepositorySchema = object(
  'OSSArtifactRepository',
  {},
  {
    accessKeySecret: SecretKeySelectorSchema,
    bucket: text(),
    createBucketIfNotPresent: bool(),
    endpoint: text(),
    keyFormat: text(),
    lifecycleRule: OSSLifecycleRuleSchema,
    secretKeySecret: SecretKeySelectorSchema,
    securityToken: text(),
    useSDKCreds: bool(),
  },
)
export type OSSArtifactRepository = Static<typeof OSSArtifactRepositorySchema>

export const HDFSArtifactRepositorySchema = object(
  'HDFSArtifactRepository',
  {},
  {
    addresses: list(text()),
    dataTransferProtection: text(),
    force: bool(),
    hdfsUser: text(),
    krbCCacheSecret: SecretKeySelectorSchema,
    krbConfigConfigMap: ConfigMapKeySelectorSchema,
    krbKeytabSecret: SecretKeySelectorSchema,
    krbRealm: text(),
    krbServicePrincipalName: text(),
    krbUsername: text(),
    pathFormat: text(),
  },
)
export type HDFSArtifactRepository = Static<typeof HDFSArtifactRepositorySchema>

export const ArtifactoryArtifactRepositorySchema = object(
  'ArtifactoryArtifactRepository',
  {},
  {
    keyFormat: text(),
    passwordSecret: SecretKeySelectorSchema,
    repoURL: text(),
    usernameSecret: SecretKeySelectorSchema,
  },
)
export type ArtifactoryArtifactRepository = Static<typeof ArtifactoryArtifactRepositorySchema>

export const PluginArtifactRepositorySchema = object(
  'PluginArtifactRepository',
  { configuration: text(), name: text() },
  { keyFormat: text() },
)
export type PluginArtifactRepository = Static<typeof PluginArtifactRepositorySchema>

export const ArtifactRepositorySchema = object(
  'ArtifactRepository',
  {},
  {
    archiveLogs: bool(),
    artifactory: ArtifactoryArtifactRepositorySchema,
    azure: AzureArtifactRepositorySchema,
    gcs: GCSArtifactRepositorySchema,
    hdfs: HDFSArtifactRepositorySchema,
    oss: OSSArtifactRepositorySchema,
    plugin: PluginArtifactRepositorySchema,
    s3: S3ArtifactRepositorySchema,
  },
)
export type ArtifactRepository = Static<typeof ArtifactRepositorySchema>

export const ArtifactRepositoryRefSchema = object('ArtifactRepositoryRef', {}, { configMap: text(), key: text() })
export type ArtifactRepositoryRef = Static<typeof ArtifactRepositoryRefSchema>

export const ArtifactRepositoryRefStatusSchema = object(
  'ArtifactRepositoryRefStatus',
  {},
  { artifactRepository: ArtifactRepositorySchema, configMap: text(), default: bool(), key: text(), namespace: text() },
)
export type ArtifactRepositoryRefStatus = Static<typeof ArtifactRepositoryRefStatusSchema>
