/** Paths of a container that are mounted more than once. */
import type { VolumeMount } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

/** What is mounted at each path, or the first path that is taken twice. */
export function mountsFault(
  prefix: string,
  mounts: readonly VolumeMount[] | undefined,
  named: string,
  place: Place,
): { readonly paths: Map<string, string> } | { readonly fault: Fault } {
  const paths = new Map<string, string>()
  for (const [index, { name, mountPath }] of (mounts ?? []).entries()) {
    const before = paths.get(mountPath)
    if (before !== undefined) {
      const message = `${prefix}volumeMounts[${index}].mountPath '${mountPath}' already mounted in ${before}`
      return { fault: fault(message, inside(place, index, 'mountPath')) }
    }
    paths.set(mountPath, `${named}${name}`)
  }
  return { paths }
}
