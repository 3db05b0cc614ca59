/** The room's door. */
export { createArtifacts } from './artifacts.ts'
export type { Artifacts, ArtifactsOptions } from './artifacts.ts'
export { appendToKey, artifactFileName, artifactKey, backendOf, withKey } from './keys.ts'
export type { Backend } from './keys.ts'
export { completeLocation } from './location.ts'
export type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream, SecretReader } from './port.ts'
export type { PluginEndpoint, PluginLookup } from './plugin/plugin-driver.ts'
export type { ArchiveLimits } from './archive/entry.ts'
