/** Patches in a request's body: a list is a JSON patch (RFC 6902), an object a merge patch (RFC 7386). */
import { jsonPatch, mergePatch } from '../../controller/tasks/patch.ts'
import { invalid } from './faults.ts'

/** @throws HttpFault 400 for a JSON patch that cannot be done */
export function patched(current: object, patch: unknown): unknown {
  if (!Array.isArray(patch)) return mergePatch(current, patch)
  try {
    return jsonPatch(current, patch)
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error))
  }
}
