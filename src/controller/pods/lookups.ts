/** What a pod's spec refers to: ConfigMaps, Secrets and claims of its namespace. */
import type { ConfigMap, PersistentVolumeClaim, Secret } from '../../resources/index.ts'

export interface Lookups {
  configMap(namespace: string, name: string): ConfigMap | null
  secret(namespace: string, name: string): Secret | null
  claim(namespace: string, claimName: string): PersistentVolumeClaim | null
}

/**
 * Something the pod refers to is not there (yet): it waits, as in Kubernetes. The message begins with the reason, such
 * as `CreateContainerConfigError: secret "s" not found`.
 */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}
