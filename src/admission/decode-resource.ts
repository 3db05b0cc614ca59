/** An object that came as JSON over REST. */
import { resourceKinds } from '../resources/index.ts'
import { decode } from './decode.ts'
import type { Manifest } from './manifest.ts'
import { type Problem, pathText } from './problem.ts'
import { rawOf } from './raw-node.ts'

export type DecodeResourceOptions = {
  readonly strict?: boolean
  /** Fields of the request around the object, such as `workflow`, for Go's words. */
  readonly around?: readonly string[]
}

/** An object that came as JSON over REST, read as Argo's server reads it: unknown fields are dropped unless `strict`. */
export function decodeResource<K extends Manifest['kind']>(
  kind: K,
  value: unknown,
  options: DecodeResourceOptions = {},
): { readonly manifest: Extract<Manifest, { kind: K }> | null; readonly problems: readonly Problem[] } {
  const known = resourceKinds.find((candidate) => candidate.kind === kind)
  if (!known) return { manifest: null, problems: [{ message: `kind "${kind}" is unknown` }] }
  const decoded = decode(rawOf(value), known.schema, {
    strict: options.strict ?? false,
    scalarsAsText: false,
    sortKeys: false,
    ...(options.around ? { around: options.around } : {}),
  })
  if (decoded.fault) {
    return {
      manifest: null,
      problems: [{ message: decoded.fault.message, path: pathText(decoded.fault.path), aborts: true }],
    }
  }
  const manifest = { kind, resource: decoded.value } as Extract<Manifest, { kind: K }>
  const problems = decoded.unknown.map(({ path }) => ({
    message: `unknown field "${pathText(path)}"`,
    path: pathText(path),
  }))
  return { manifest, problems: options.strict ? problems : [] }
}
