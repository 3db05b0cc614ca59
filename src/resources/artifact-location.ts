/** The places an artifact can be kept in. */
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, int32, int64, list, object, text } from './schema.ts'

export const CreateS3BucketOptionsSchema = object('CreateS3BucketOptions', { objectLocking: bool() })
export type CreateS3BucketOptions = Static<typeof CreateS3BucketOptionsSchema>

export const S3EncryptionOptionsSchema = object('S3EncryptionOptions', {
  kmsKeyId: text(),
  kmsEncryptionContext: text(),
  enableEncryption: bool(),
  serverSideCustomerKeySecret: SecretKeySelectorSchema,
})
export type S3EncryptionOptions = Static<typeof S3EncryptionOptionsSchema>

/** A bucket and the way to it, as artifacts and repositories name it. */
export const s3Bucket = {
  endpoint: text(),
  bucket: text(),
  region: text(),
  insecure: bool(),
  accessKeySecret: SecretKeySelectorSchema,
  secretKeySecret: SecretKeySelectorSchema,
  sessionTokenSecret: SecretKeySelectorSchema,
  roleARN: text(),
  useSDKCreds: bool(),
  createBucketIfNotPresent: CreateS3BucketOptionsSchema,
  encryptionOptions: S3EncryptionOptionsSchema,
  caSecret: SecretKeySelectorSchema,
  addressingStyle: text(),
}

export const S3ArtifactSchema = object('S3Artifact', { ...s3Bucket, key: text() })
export type S3Artifact = Static<typeof S3ArtifactSchema>

export const GCSArtifactSchema = object(
  'GCSArtifact',
  { bucket: text(), serviceAccountKeySecret: SecretKeySelectorSchema, key: text() },
  ['key'],
)
export type GCSArtifact = Static<typeof GCSArtifactSchema>

export const AzureArtifactSchema = object(
  'AzureArtifact',
  { endpoint: text(), container: text(), accountKeySecret: SecretKeySelectorSchema, useSDKCreds: bool(), blob: text() },
  ['endpoint', 'container', 'blob'],
)
export type AzureArtifact = Static<typeof AzureArtifactSchema>

export const OSSLifecycleRuleSchema = object('OSSLifecycleRule', {
  markInfrequentAccessAfterDays: int32(),
  markDeletionAfterDays: int32(),
})
export type OSSLifecycleRule = Static<typeof OSSLifecycleRuleSchema>

export const OSSArtifactSchema = object(
  'OSSArtifact',
  {
    endpoint: text(),
    bucket: text(),
    accessKeySecret: SecretKeySelectorSchema,
    secretKeySecret: SecretKeySelectorSchema,
    createBucketIfNotPresent: bool(),
    securityToken: text(),
    lifecycleRule: OSSLifecycleRuleSchema,
    useSDKCreds: bool(),
    key: text(),
  },
  ['key'],
)
export type OSSArtifact = Static<typeof OSSArtifactSchema>

export const HDFSArtifactSchema = object(
  'HDFSArtifact',
  {
    krbCCacheSecret: SecretKeySelectorSchema,
    krbKeytabSecret: SecretKeySelectorSchema,
    krbUsername: text(),
    krbRealm: text(),
    krbConfigConfigMap: ConfigMapKeySelectorSchema,
    krbServicePrincipalName: text(),
    addresses: list(text()),
    hdfsUser: text(),
    dataTransferProtection: text(),
    path: text(),
    force: bool(),
  },
  ['path'],
)
export type HDFSArtifact = Static<typeof HDFSArtifactSchema>

export const ArtifactoryArtifactSchema = object(
  'ArtifactoryArtifact',
  { url: text(), usernameSecret: SecretKeySelectorSchema, passwordSecret: SecretKeySelectorSchema },
  ['url'],
)
export type ArtifactoryArtifact = Static<typeof ArtifactoryArtifactSchema>

export const GitArtifactSchema = object(
  'GitArtifact',
  {
    repo: text(),
    revision: text(),
    depth: int64(),
    fetch: list(text()),
    usernameSecret: SecretKeySelectorSchema,
    passwordSecret: SecretKeySelectorSchema,
    sshPrivateKeySecret: SecretKeySelectorSchema,
    insecureIgnoreHostKey: bool(),
    disableSubmodules: bool(),
    singleBranch: bool(),
    branch: text(),
    insecureSkipTLS: bool(),
  },
  ['repo'],
)
export type GitArtifact = Static<typeof GitArtifactSchema>

export const BasicAuthSchema = object('BasicAuth', {
  usernameSecret: SecretKeySelectorSchema,
  passwordSecret: SecretKeySelectorSchema,
})
export type BasicAuth = Static<typeof BasicAuthSchema>

export const ClientCertAuthSchema = object('ClientCertAuth', {
  clientCertSecret: SecretKeySelectorSchema,
  clientKeySecret: SecretKeySelectorSchema,
})
export type ClientCertAuth = Static<typeof ClientCertAuthSchema>

export const OAuth2EndpointParamSchema = object('OAuth2EndpointParam', { key: text(), value: text() }, ['key'])
export type OAuth2EndpointParam = Static<typeof OAuth2EndpointParamSchema>

export const OAuth2AuthSchema = object('OAuth2Auth', {
  clientIDSecret: SecretKeySelectorSchema,
  clientSecretSecret: SecretKeySelectorSchema,
  tokenURLSecret: SecretKeySelectorSchema,
  scopes: list(text()),
  endpointParams: list(OAuth2EndpointParamSchema),
})
export type OAuth2Auth = Static<typeof OAuth2AuthSchema>

export const HTTPAuthSchema = object('HTTPAuth', {
  clientCert: ClientCertAuthSchema,
  oauth2: OAuth2AuthSchema,
  basicAuth: BasicAuthSchema,
})
export type HTTPAuth = Static<typeof HTTPAuthSchema>

export const HeaderSchema = object('Header', { name: text(), value: text() }, ['name', 'value'])
export type Header = Static<typeof HeaderSchema>

export const HTTPArtifactSchema = object(
  'HTTPArtifact',
  { url: text(), headers: list(HeaderSchema), auth: HTTPAuthSchema, saveStreamViaFile: bool() },
  ['url'],
)
export type HTTPArtifact = Static<typeof HTTPArtifactSchema>

export const RawArtifactSchema = object('RawArtifact', { data: text() }, ['data'])
export type RawArtifact = Static<typeof RawArtifactSchema>

export const PluginArtifactSchema = object(
  'PluginArtifact',
  { name: text(), configuration: text(), connectionTimeoutSeconds: int32(), key: text() },
  ['key'],
)
export type PluginArtifact = Static<typeof PluginArtifactSchema>

/** The fields of ArtifactLocation, also for the types that embed it. */
export const artifactLocationFields = {
  archiveLogs: bool(),
  s3: S3ArtifactSchema,
  git: GitArtifactSchema,
  http: HTTPArtifactSchema,
  artifactory: ArtifactoryArtifactSchema,
  hdfs: HDFSArtifactSchema,
  raw: RawArtifactSchema,
  oss: OSSArtifactSchema,
  gcs: GCSArtifactSchema,
  azure: AzureArtifactSchema,
  plugin: PluginArtifactSchema,
}

export const ArtifactLocationSchema = object('ArtifactLocation', artifactLocationFields)
export type ArtifactLocation = Static<typeof ArtifactLocationSchema>
