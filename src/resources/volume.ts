/** The volumes of a pod. */
import { ObjectFieldSelectorSchema, ResourceFieldSelectorSchema } from './env.ts'
import { LabelSelectorSchema } from './meta.ts'
import { type Static, bool, int32, int64, list, map, object, quantity, text } from './schema.ts'
import { PersistentVolumeClaimTemplateSchema } from './volume-claim.ts'
import {
  AWSElasticBlockStoreVolumeSourceSchema,
  AzureDiskVolumeSourceSchema,
  AzureFileVolumeSourceSchema,
  CSIVolumeSourceSchema,
  CephFSVolumeSourceSchema,
  CinderVolumeSourceSchema,
  FCVolumeSourceSchema,
  FlexVolumeSourceSchema,
  FlockerVolumeSourceSchema,
  GCEPersistentDiskVolumeSourceSchema,
  GitRepoVolumeSourceSchema,
  GlusterfsVolumeSourceSchema,
  ISCSIVolumeSourceSchema,
  PhotonPersistentDiskVolumeSourceSchema,
  PortworxVolumeSourceSchema,
  QuobyteVolumeSourceSchema,
  RBDVolumeSourceSchema,
  ScaleIOVolumeSourceSchema,
  StorageOSVolumeSourceSchema,
  VsphereVirtualDiskVolumeSourceSchema,
} from './volume-cluster.ts'

export const KeyToPathSchema = object('KeyToPath', { key: text(), path: text() }, { mode: int32() })
export type KeyToPath = Static<typeof KeyToPathSchema>

export const ConfigMapVolumeSourceSchema = object(
  'ConfigMapVolumeSource',
  {},
  { defaultMode: int32(), items: list(KeyToPathSchema), name: text(), optional: bool() },
)
export type ConfigMapVolumeSource = Static<typeof ConfigMapVolumeSourceSchema>

export const SecretVolumeSourceSchema = object(
  'SecretVolumeSource',
  {},
  { defaultMode: int32(), items: list(KeyToPathSchema), optional: bool(), secretName: text() },
)
export type SecretVolumeSource = Static<typeof SecretVolumeSourceSchema>

export const DownwardAPIVolumeFileSchema = object(
  'DownwardAPIVolumeFile',
  { path: text() },
  { fieldRef: ObjectFieldSelectorSchema, mode: int32(), resourceFieldRef: ResourceFieldSelectorSchema },
)
export type DownwardAPIVolumeFile = Static<typeof DownwardAPIVolumeFileSchema>

export const DownwardAPIVolumeSourceSchema = object(
  'DownwardAPIVolumeSource',
  {},
  { defaultMode: int32(), items: list(DownwardAPIVolumeFileSchema) },
)
export type DownwardAPIVolumeSource = Static<typeof DownwardAPIVolumeSourceSchema>

export const EmptyDirVolumeSourceSchema = object('EmptyDirVolumeSource', {}, { medium: text(), sizeLimit: quantity() })
export type EmptyDirVolumeSource = Static<typeof EmptyDirVolumeSourceSchema>

export const EphemeralVolumeSourceSchema = object(
  'EphemeralVolumeSource',
  {},
  { volumeClaimTemplate: PersistentVolumeClaimTemplateSchema },
)
export type EphemeralVolumeSource = Static<typeof EphemeralVolumeSourceSchema>

export const HostPathVolumeSourceSchema = object('HostPathVolumeSource', { path: text() }, { type: text() })
export type HostPathVolumeSource = Static<typeof HostPathVolumeSourceSchema>

export const ImageVolumeSourceSchema = object('ImageVolumeSource', {}, { pullPolicy: text(), reference: text() })
export type ImageVolumeSource = Static<typeof ImageVolumeSourceSchema>

export const NFSVolumeSourceSchema = object('NFSVolumeSource', { path: text(), server: text() }, { readOnly: bool() })
export type NFSVolumeSource = Static<typeof NFSVolumeSourceSchema>

export const PersistentVolumeClaimVolumeSourceSchema = object(
  'PersistentVolumeClaimVolumeSource',
  { claimName: text() },
  { readOnly: bool() },
)
export type PersistentVolumeClaimVolumeSource = Static<typeof PersistentVolumeClaimVolumeSourceSchema>

export const ClusterTrustBundleProjectionSchema = object(
  'ClusterTrustBundleProjection',
  { path: text() },
  { labelSelector: LabelSelectorSchema, name: text(), optional: bool(), signerName: text() },
)
export type ClusterTrustBundleProjection = Static<typeof ClusterTrustBundleProjectionSchema>

export const ConfigMapProjectionSchema = object(
  'ConfigMapProjection',
  {},
  { items: list(KeyToPathSchema), name: text(), optional: bool() },
)
export type ConfigMapProjection = Static<typeof ConfigMapProjectionSchema>

export const DownwardAPIProjectionSchema = object(
  'DownwardAPIProjection',
  {},
  { items: list(DownwardAPIVolumeFileSchema) },
)
export type DownwardAPIProjection = Static<typeof DownwardAPIProjectionSchema>

export const PodCertificateProjectionSchema = object(
  'PodCertificateProjection',
  { keyType: text(), signerName: text() },
  {
    certificateChainPath: text(),
    credentialBundlePath: text(),
    keyPath: text(),
    maxExpirationSeconds: int32(),
    userAnnotations: map(text()),
  },
)
export type PodCertificateProjection = Static<typeof PodCertificateProjectionSchema>

export const SecretProjectionSchema = object(
  'SecretProjection',
  {},
  { items: list(KeyToPathSchema), name: text(), optional: bool() },
)
export type SecretProjection = Static<typeof SecretProjectionSchema>

export const ServiceAccountTokenProjectionSchema = object(
  'ServiceAccountTokenProjection',
  { path: text() },
  { audience: text(), expirationSeconds: int64() },
)
export type ServiceAccountTokenProjection = Static<typeof ServiceAccountTokenProjectionSchema>

export const VolumeProjectionSchema = object(
  'VolumeProjection',
  {},
  {
    clusterTrustBundle: ClusterTrustBundleProjectionSchema,
    configMap: ConfigMapProjectionSchema,
    downwardAPI: DownwardAPIProjectionSchema,
    podCertificate: PodCertificateProjectionSchema,
    secret: SecretProjectionSchema,
    serviceAccountToken: ServiceAccountTokenProjectionSchema,
  },
)
export type VolumeProjection = Static<typeof VolumeProjectionSchema>

export const ProjectedVolumeSourceSchema = object(
  'ProjectedVolumeSource',
  {},
  { defaultMode: int32(), sources: list(VolumeProjectionSchema) },
)
export type ProjectedVolumeSource = Static<typeof ProjectedVolumeSourceSchema>

export const VolumeSchema = object(
  'Volume',
  { name: text() },
  {
    awsElasticBlockStore: AWSElasticBlockStoreVolumeSourceSchema,
    azureDisk: AzureDiskVolumeSourceSchema,
    azureFile: AzureFileVolumeSourceSchema,
    cephfs: CephFSVolumeSourceSchema,
    cinder: CinderVolumeSourceSchema,
    configMap: ConfigMapVolumeSourceSchema,
    csi: CSIVolumeSourceSchema,
    downwardAPI: DownwardAPIVolumeSourceSchema,
    emptyDir: EmptyDirVolumeSourceSchema,
    ephemeral: EphemeralVolumeSourceSchema,
    fc: FCVolumeSourceSchema,
    flexVolume: FlexVolumeSourceSchema,
    flocker: FlockerVolumeSourceSchema,
    gcePersistentDisk: GCEPersistentDiskVolumeSourceSchema,
    gitRepo: GitRepoVolumeSourceSchema,
    glusterfs: GlusterfsVolumeSourceSchema,
    hostPath: HostPathVolumeSourceSchema,
    image: ImageVolumeSourceSchema,
    iscsi: ISCSIVolumeSourceSchema,
    nfs: NFSVolumeSourceSchema,
    persistentVolumeClaim: PersistentVolumeClaimVolumeSourceSchema,
    photonPersistentDisk: PhotonPersistentDiskVolumeSourceSchema,
    portworxVolume: PortworxVolumeSourceSchema,
    projected: ProjectedVolumeSourceSchema,
    quobyte: QuobyteVolumeSourceSchema,
    rbd: RBDVolumeSourceSchema,
    scaleIO: ScaleIOVolumeSourceSchema,
    secret: SecretVolumeSourceSchema,
    storageos: StorageOSVolumeSourceSchema,
    vsphereVolume: VsphereVirtualDiskVolumeSourceSchema,
  },
)
export type Volume = Static<typeof VolumeSchema>
