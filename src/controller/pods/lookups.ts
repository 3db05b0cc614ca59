/** What a pod's spec refers to: ConfigMaps, Secrets and claims of its namespace. */
import type { ConfigMap, Secret } from '../../resources/index.ts'

export interface Lookups {
  configMap(namespace: string, name: string): ConfigMap | null
  secret(namespace: string, name: string): Secret | null
  /** Whether a claim of that name exists. */
  hasClaim(namespace: string, claimName: string): boolean
}

/**
 * Something the pod refers to is not there (yet): it waits, as in Kubernetes. The message begins with the reason, such
 * as `CreateContainerConfigError: secret "s" not found`.
 */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}
