/** The volumes of a pod. */
import { ObjectFieldSelectorSchema, ResourceFieldSelectorSchema } from './env.ts'
import { LabelSelectorSchema } from './meta.ts'
import { type Static, bool, int32, int64, kubernetesObject, list, map, quantity, text } from './schema.ts'
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

export const KeyToPathSchema = kubernetesObject('KeyToPath', { key: text(), path: text(), mode: int32() }, [
  'key',
  'path',
])
export type KeyToPath = Static<typeof KeyToPathSchema>

export const ConfigMapVolumeSourceSchema = kubernetesObject('ConfigMapVolumeSource', {
  name: text(),
  items: list(KeyToPathSchema),
  defaultMode: int32(),
  optional: bool(),
})
export type ConfigMapVolumeSource = Static<typeof ConfigMapVolumeSourceSchema>

export const SecretVolumeSourceSchema = kubernetesObject('SecretVolumeSource', {
  secretName: text(),
  items: list(KeyToPathSchema),
  defaultMode: int32(),
  optional: bool(),
})
export type SecretVolumeSource = Static<typeof SecretVolumeSourceSchema>

export const DownwardAPIVolumeFileSchema = kubernetesObject(
  'DownwardAPIVolumeFile',
  { path: text(), fieldRef: ObjectFieldSelectorSchema, resourceFieldRef: ResourceFieldSelectorSchema, mode: int32() },
  ['path'],
)
export type DownwardAPIVolumeFile = Static<typeof DownwardAPIVolumeFileSchema>

export const DownwardAPIVolumeSourceSchema = kubernetesObject('DownwardAPIVolumeSource', {
  items: list(DownwardAPIVolumeFileSchema),
  defaultMode: int32(),
})
export type DownwardAPIVolumeSource = Static<typeof DownwardAPIVolumeSourceSchema>

export const EmptyDirVolumeSourceSchema = kubernetesObject('EmptyDirVolumeSource', {
  medium: text(),
  sizeLimit: quantity(),
})
export type EmptyDirVolumeSource = Static<typeof EmptyDirVolumeSourceSchema>

export const EphemeralVolumeSourceSchema = kubernetesObject('EphemeralVolumeSource', {
  volumeClaimTemplate: PersistentVolumeClaimTemplateSchema,
})
export type EphemeralVolumeSource = Static<typeof EphemeralVolumeSourceSchema>

export const HostPathVolumeSourceSchema = kubernetesObject('HostPathVolumeSource', { path: text(), type: text() }, [
  'path',
])
export type HostPathVolumeSource = Static<typeof HostPathVolumeSourceSchema>

export const ImageVolumeSourceSchema = kubernetesObject('ImageVolumeSource', { reference: text(), pullPolicy: text() })
export type ImageVolumeSource = Static<typeof ImageVolumeSourceSchema>

export const NFSVolumeSourceSchema = kubernetesObject(
  'NFSVolumeSource',
  { server: text(), path: text(), readOnly: bool() },
  ['server', 'path'],
)
export type NFSVolumeSource = Static<typeof NFSVolumeSourceSchema>

export const PersistentVolumeClaimVolumeSourceSchema = kubernetesObject(
  'PersistentVolumeClaimVolumeSource',
  { claimName: text(), readOnly: bool() },
  ['claimName'],
)
export type PersistentVolumeClaimVolumeSource = Static<typeof PersistentVolumeClaimVolumeSourceSchema>

export const ClusterTrustBundleProjectionSchema = kubernetesObject(
  'ClusterTrustBundleProjection',
  { name: text(), signerName: text(), labelSelector: LabelSelectorSchema, optional: bool(), path: text() },
  ['path'],
)
export type ClusterTrustBundleProjection = Static<typeof ClusterTrustBundleProjectionSchema>

export const ConfigMapProjectionSchema = kubernetesObject('ConfigMapProjection', {
  name: text(),
  items: list(KeyToPathSchema),
  optional: bool(),
})
export type ConfigMapProjection = Static<typeof ConfigMapProjectionSchema>

export const DownwardAPIProjectionSchema = kubernetesObject('DownwardAPIProjection', {
  items: list(DownwardAPIVolumeFileSchema),
})
export type DownwardAPIProjection = Static<typeof DownwardAPIProjectionSchema>

export const PodCertificateProjectionSchema = kubernetesObject(
  'PodCertificateProjection',
  {
    signerName: text(),
    keyType: text(),
    maxExpirationSeconds: int32(),
    credentialBundlePath: text(),
    keyPath: text(),
    certificateChainPath: text(),
    userAnnotations: map(text()),
  },
  ['signerName', 'keyType'],
)
export type PodCertificateProjection = Static<typeof PodCertificateProjectionSchema>

export const SecretProjectionSchema = kubernetesObject('SecretProjection', {
  name: text(),
  items: list(KeyToPathSchema),
  optional: bool(),
})
export type SecretProjection = Static<typeof SecretProjectionSchema>

export const ServiceAccountTokenProjectionSchema = kubernetesObject(
  'ServiceAccountTokenProjection',
  { audience: text(), expirationSeconds: int64(), path: text() },
  ['path'],
)
export type ServiceAccountTokenProjection = Static<typeof ServiceAccountTokenProjectionSchema>

export const VolumeProjectionSchema = kubernetesObject('VolumeProjection', {
  secret: SecretProjectionSchema,
  downwardAPI: DownwardAPIProjectionSchema,
  configMap: ConfigMapProjectionSchema,
  serviceAccountToken: ServiceAccountTokenProjectionSchema,
  clusterTrustBundle: ClusterTrustBundleProjectionSchema,
  podCertificate: PodCertificateProjectionSchema,
})
export type VolumeProjection = Static<typeof VolumeProjectionSchema>

export const ProjectedVolumeSourceSchema = kubernetesObject('ProjectedVolumeSource', {
  sources: list(VolumeProjectionSchema),
  defaultMode: int32(),
})
export type ProjectedVolumeSource = Static<typeof ProjectedVolumeSourceSchema>

export const VolumeSchema = kubernetesObject(
  'Volume',
  {
    name: text(),
    hostPath: HostPathVolumeSourceSchema,
    emptyDir: EmptyDirVolumeSourceSchema,
    gcePersistentDisk: GCEPersistentDiskVolumeSourceSchema,
    awsElasticBlockStore: AWSElasticBlockStoreVolumeSourceSchema,
    gitRepo: GitRepoVolumeSourceSchema,
    secret: SecretVolumeSourceSchema,
    nfs: NFSVolumeSourceSchema,
    iscsi: ISCSIVolumeSourceSchema,
    glusterfs: GlusterfsVolumeSourceSchema,
    persistentVolumeClaim: PersistentVolumeClaimVolumeSourceSchema,
    rbd: RBDVolumeSourceSchema,
    flexVolume: FlexVolumeSourceSchema,
    cinder: CinderVolumeSourceSchema,
    cephfs: CephFSVolumeSourceSchema,
    flocker: FlockerVolumeSourceSchema,
    downwardAPI: DownwardAPIVolumeSourceSchema,
    fc: FCVolumeSourceSchema,
    azureFile: AzureFileVolumeSourceSchema,
    configMap: ConfigMapVolumeSourceSchema,
    vsphereVolume: VsphereVirtualDiskVolumeSourceSchema,
    quobyte: QuobyteVolumeSourceSchema,
    azureDisk: AzureDiskVolumeSourceSchema,
    photonPersistentDisk: PhotonPersistentDiskVolumeSourceSchema,
    projected: ProjectedVolumeSourceSchema,
    portworxVolume: PortworxVolumeSourceSchema,
    scaleIO: ScaleIOVolumeSourceSchema,
    storageos: StorageOSVolumeSourceSchema,
    csi: CSIVolumeSourceSchema,
    ephemeral: EphemeralVolumeSourceSchema,
    image: ImageVolumeSourceSchema,
  },
  ['name'],
)
export type Volume = Static<typeof VolumeSchema>
