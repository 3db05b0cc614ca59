/** Kinds of volume that need a cloud or a storage cluster: read and kept, never mounted. */
import { LocalObjectReferenceSchema } from './meta.ts'
import { type Static, bool, int32, kubernetesObject, list, map, text } from './schema.ts'

export const AWSElasticBlockStoreVolumeSourceSchema = kubernetesObject(
  'AWSElasticBlockStoreVolumeSource',
  { volumeID: text(), fsType: text(), partition: int32(), readOnly: bool() },
  ['volumeID'],
)
export type AWSElasticBlockStoreVolumeSource = Static<typeof AWSElasticBlockStoreVolumeSourceSchema>

export const AzureDiskVolumeSourceSchema = kubernetesObject(
  'AzureDiskVolumeSource',
  { diskName: text(), diskURI: text(), cachingMode: text(), fsType: text(), readOnly: bool(), kind: text() },
  ['diskName', 'diskURI'],
)
export type AzureDiskVolumeSource = Static<typeof AzureDiskVolumeSourceSchema>

export const AzureFileVolumeSourceSchema = kubernetesObject(
  'AzureFileVolumeSource',
  { secretName: text(), shareName: text(), readOnly: bool() },
  ['secretName', 'shareName'],
)
export type AzureFileVolumeSource = Static<typeof AzureFileVolumeSourceSchema>

export const CephFSVolumeSourceSchema = kubernetesObject(
  'CephFSVolumeSource',
  {
    monitors: list(text()),
    path: text(),
    user: text(),
    secretFile: text(),
    secretRef: LocalObjectReferenceSchema,
    readOnly: bool(),
  },
  ['monitors'],
)
export type CephFSVolumeSource = Static<typeof CephFSVolumeSourceSchema>

export const CinderVolumeSourceSchema = kubernetesObject(
  'CinderVolumeSource',
  { volumeID: text(), fsType: text(), readOnly: bool(), secretRef: LocalObjectReferenceSchema },
  ['volumeID'],
)
export type CinderVolumeSource = Static<typeof CinderVolumeSourceSchema>

export const CSIVolumeSourceSchema = kubernetesObject(
  'CSIVolumeSource',
  {
    driver: text(),
    readOnly: bool(),
    fsType: text(),
    volumeAttributes: map(text()),
    nodePublishSecretRef: LocalObjectReferenceSchema,
  },
  ['driver'],
)
export type CSIVolumeSource = Static<typeof CSIVolumeSourceSchema>

export const FCVolumeSourceSchema = kubernetesObject('FCVolumeSource', {
  targetWWNs: list(text()),
  lun: int32(),
  fsType: text(),
  readOnly: bool(),
  wwids: list(text()),
})
export type FCVolumeSource = Static<typeof FCVolumeSourceSchema>

export const FlexVolumeSourceSchema = kubernetesObject(
  'FlexVolumeSource',
  { driver: text(), fsType: text(), secretRef: LocalObjectReferenceSchema, readOnly: bool(), options: map(text()) },
  ['driver'],
)
export type FlexVolumeSource = Static<typeof FlexVolumeSourceSchema>

export const FlockerVolumeSourceSchema = kubernetesObject('FlockerVolumeSource', {
  datasetName: text(),
  datasetUUID: text(),
})
export type FlockerVolumeSource = Static<typeof FlockerVolumeSourceSchema>

export const GCEPersistentDiskVolumeSourceSchema = kubernetesObject(
  'GCEPersistentDiskVolumeSource',
  { pdName: text(), fsType: text(), partition: int32(), readOnly: bool() },
  ['pdName'],
)
export type GCEPersistentDiskVolumeSource = Static<typeof GCEPersistentDiskVolumeSourceSchema>

export const GitRepoVolumeSourceSchema = kubernetesObject(
  'GitRepoVolumeSource',
  { repository: text(), revision: text(), directory: text() },
  ['repository'],
)
export type GitRepoVolumeSource = Static<typeof GitRepoVolumeSourceSchema>

export const GlusterfsVolumeSourceSchema = kubernetesObject(
  'GlusterfsVolumeSource',
  { endpoints: text(), path: text(), readOnly: bool() },
  ['endpoints', 'path'],
)
export type GlusterfsVolumeSource = Static<typeof GlusterfsVolumeSourceSchema>

export const ISCSIVolumeSourceSchema = kubernetesObject(
  'ISCSIVolumeSource',
  {
    targetPortal: text(),
    iqn: text(),
    lun: int32(),
    iscsiInterface: text(),
    fsType: text(),
    readOnly: bool(),
    portals: list(text()),
    chapAuthDiscovery: bool(),
    chapAuthSession: bool(),
    secretRef: LocalObjectReferenceSchema,
    initiatorName: text(),
  },
  ['targetPortal', 'iqn', 'lun'],
)
export type ISCSIVolumeSource = Static<typeof ISCSIVolumeSourceSchema>

export const PhotonPersistentDiskVolumeSourceSchema = kubernetesObject(
  'PhotonPersistentDiskVolumeSource',
  { pdID: text(), fsType: text() },
  ['pdID'],
)
export type PhotonPersistentDiskVolumeSource = Static<typeof PhotonPersistentDiskVolumeSourceSchema>

export const PortworxVolumeSourceSchema = kubernetesObject(
  'PortworxVolumeSource',
  { volumeID: text(), fsType: text(), readOnly: bool() },
  ['volumeID'],
)
export type PortworxVolumeSource = Static<typeof PortworxVolumeSourceSchema>

export const QuobyteVolumeSourceSchema = kubernetesObject(
  'QuobyteVolumeSource',
  { registry: text(), volume: text(), readOnly: bool(), user: text(), group: text(), tenant: text() },
  ['registry', 'volume'],
)
export type QuobyteVolumeSource = Static<typeof QuobyteVolumeSourceSchema>

export const RBDVolumeSourceSchema = kubernetesObject(
  'RBDVolumeSource',
  {
    monitors: list(text()),
    image: text(),
    fsType: text(),
    pool: text(),
    user: text(),
    keyring: text(),
    secretRef: LocalObjectReferenceSchema,
    readOnly: bool(),
  },
  ['monitors', 'image'],
)
export type RBDVolumeSource = Static<typeof RBDVolumeSourceSchema>

export const ScaleIOVolumeSourceSchema = kubernetesObject(
  'ScaleIOVolumeSource',
  {
    gateway: text(),
    system: text(),
    secretRef: LocalObjectReferenceSchema,
    sslEnabled: bool(),
    protectionDomain: text(),
    storagePool: text(),
    storageMode: text(),
    volumeName: text(),
    fsType: text(),
    readOnly: bool(),
  },
  ['gateway', 'system', 'secretRef'],
)
export type ScaleIOVolumeSource = Static<typeof ScaleIOVolumeSourceSchema>

export const StorageOSVolumeSourceSchema = kubernetesObject('StorageOSVolumeSource', {
  volumeName: text(),
  volumeNamespace: text(),
  fsType: text(),
  readOnly: bool(),
  secretRef: LocalObjectReferenceSchema,
})
export type StorageOSVolumeSource = Static<typeof StorageOSVolumeSourceSchema>

export const VsphereVirtualDiskVolumeSourceSchema = kubernetesObject(
  'VsphereVirtualDiskVolumeSource',
  { volumePath: text(), fsType: text(), storagePolicyName: text(), storagePolicyID: text() },
  ['volumePath'],
)
export type VsphereVirtualDiskVolumeSource = Static<typeof VsphereVirtualDiskVolumeSourceSchema>
