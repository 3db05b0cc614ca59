/** The places an artifact can be kept in. */
import { ConfigMapKeySelectorSchema, SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, int32, int64, list, object, text } from './schema.ts'

export const CreateS3BucketOptionsSchema = object('CreateS3BucketOptions', {}, { objectLocking: bool() })
export type CreateS3BucketOptions = Static<typeof CreateS3BucketOptionsSchema>

export const S3EncryptionOptionsSchema = object(
  'S3EncryptionOptions',
  {},
  {
    enableEncryption: bool(),
    kmsEncryptionContext: text(),
    kmsKeyId: text(),
    serverSideCustomerKeySecret: SecretKeySelectorSchema,
  },
)
export type S3EncryptionOptions = Static<typeof S3EncryptionOptionsSchema>

export const S3ArtifactSchema = object(
  'S3Artifact',
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
    key: text(),
    region: text(),
    roleARN: text(),
    secretKeySecret: SecretKeySelectorSchema,
    sessionTokenSecret: SecretKeySelectorSchema,
    useSDKCreds: bool(),
  },
)
export type S3Artifact = Static<typeof S3ArtifactSchema>

export const GCSArtifactSchema = object(
  'GCSArtifact',
  { key: text() },
  { bucket: text(), serviceAccountKeySecret: SecretKeySelectorSchema },
)
export type GCSArtifact = Static<typeof GCSArtifactSchema>

export const AzureArtifactSchema = object(
  'AzureArtifact',
  { blob: text(), container: text(), endpoint: text() },
  { accountKeySecret: SecretKeySelectorSchema, useSDKCreds: bool() },
)
export type AzureArtifact = Static<typeof AzureArtifactSchema>

export const OSSLifecycleRuleSchema = object(
  'OSSLifecycleRule',
  {},
  { markDeletionAfterDays: int32(), markInfrequentAccessAfterDays: int32() },
)
export type OSSLifecycleRule = Static<typeof OSSLifecycleRuleSchema>

export const OSSArtifactSchema = object(
  'OSSArtifact',
  { key: text() },
  {
    accessKeySecret: SecretKeySelectorSchema,
    bucket: text(),
    createBucketIfNotPresent: bool(),
    endpoint: text(),
    lifecycleRule: OSSLifecycleRuleSchema,
    secretKeySecret: SecretKeySelectorSchema,
    securityToken: text(),
    useSDKCreds: bool(),
  },
)
export type OSSArtifact = Static<typeof OSSArtifactSchema>

export const HDFSArtifactSchema = object(
  'HDFSArtifact',
  { path: text() },
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
  },
)
export type HDFSArtifact = Static<typeof HDFSArtifactSchema>

export const ArtifactoryArtifactSchema = object(
  'ArtifactoryArtifact',
  { url: text() },
  { passwordSecret: SecretKeySelectorSchema, usernameSecret: SecretKeySelectorSchema },
)
export type ArtifactoryArtifact = Static<typeof ArtifactoryArtifactSchema>

export const GitArtifactSchema = object(
  'GitArtifact',
  { repo: text() },
  {
    branch: text(),
    depth: int64(),
    disableSubmodules: bool(),
    fetch: list(text()),
    insecureIgnoreHostKey: bool(),
    insecureSkipTLS: bool(),
    passwordSecret: SecretKeySelectorSchema,
    revision: text(),
    singleBranch: bool(),
    sshPrivateKeySecret: SecretKeySelectorSchema,
    usernameSecret: SecretKeySelectorSchema,
  },
)
export type GitArtifact = Static<typeof GitArtifactSchema>

export const BasicAuthSchema = object(
  'BasicAuth',
  {},
  { passwordSecret: SecretKeySelectorSchema, usernameSecret: SecretKeySelectorSchema },
)
export type BasicAuth = Static<typeof BasicAuthSchema>

export const ClientCertAuthSchema = object(
  'ClientCertAuth',
  {},
  { clientCertSecret: SecretKeySelectorSchema, clientKeySecret: SecretKeySelectorSchema },
)
export type ClientCertAuth = Static<typeof ClientCertAuthSchema>

export const OAuth2EndpointParamSchema = object('OAuth2EndpointParam', { key: text() }, { value: text() })
export type OAuth2EndpointParam = Static<typeof OAuth2EndpointParamSchema>

export const OAuth2AuthSchema = object(
  'OAuth2Auth',
  {},
  {
    clientIDSecret: SecretKeySelectorSchema,
    clientSecretSecret: SecretKeySelectorSchema,
    endpointParams: list(OAuth2EndpointParamSchema),
    scopes: list(text()),
    tokenURLSecret: SecretKeySelectorSchema,
  },
)
export type OAuth2Auth = Static<typeof OAuth2AuthSchema>

export const HTTPAuthSchema = object(
  'HTTPAuth',
  {},
  { basicAuth: BasicAuthSchema, clientCert: ClientCertAuthSchema, oauth2: OAuth2AuthSchema },
)
export type HTTPAuth = Static<typeof HTTPAuthSchema>

export const HeaderSchema = object('Header', { name: text(), value: text() }, {})
export type Header = Static<typeof HeaderSchema>

export const HTTPArtifactSchema = object(
  'HTTPArtifact',
  { url: text() },
  { auth: HTTPAuthSchema, headers: list(HeaderSchema), saveStreamViaFile: bool() },
)
export type HTTPArtifact = Static<typeof HTTPArtifactSchema>

export const RawArtifactSchema = object('RawArtifact', { data: text() }, {})
export type RawArtifact = Static<typeof RawArtifactSchema>

export const PluginArtifactSchema = object(
  'PluginArtifact',
  { key: text() },
  { configuration: text(), connectionTimeoutSeconds: int32(), name: text() },
)
export type PluginArtifact = Static<typeof PluginArtifactSchema>

/** The optional fields of ArtifactLocation, for the types that embed it. */
export const artifactLocationFields = {
  archiveLogs: bool(),
  artifactory: ArtifactoryArtifactSchema,
  azure: AzureArtifactSchema,
  gcs: GCSArtifactSchema,
  git: GitArtifactSchema,
  hdfs: HDFSArtifactSchema,
  http: HTTPArtifactSchema,
  oss: OSSArtifactSchema,
  plugin: PluginArtifactSchema,
  raw: RawArtifactSchema,
  s3: S3ArtifactSchema,
}

export const ArtifactLocationSchema = object('ArtifactLocation', {}, { ...artifactLocationFields })
export type ArtifactLocation = Static<typeof ArtifactLocationSchema>
